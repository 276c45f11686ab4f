"""A plan of another kind is answered in one way, by commands and by a notebook's functions."""

from __future__ import annotations

import pytest

import quantray as qr
from quantray.config.kinds import EXAMPLES, KINDS, kind_of
from quantray.config.plans import load_callers, load_plan, load_sweep


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_told_in_the_same_words(kind: str) -> None:
    plan = load_plan(EXAMPLES[kind])
    assert kind_of(plan) == kind
    for wanted, load in (("sweep", load_sweep), ("optimise", load_callers)):
        if wanted == kind:
            continue
        with pytest.raises(qr.ConfigError) as said:
            load(EXAMPLES[kind], asked="this command")
        head = f"{plan.study} is {KINDS[kind]}, which "
        assert str(said.value) == f"{head}this command does not take; give {EXAMPLES[wanted]}"
        with pytest.raises(qr.ConfigError) as said:
            (qr.sweep if wanted == "sweep" else qr.optimise)(plan)  # type: ignore[operator]
        assert str(said.value) == f"{head}qr.{wanted} does not take; call qr.{kind}"
    assert kind_of("a sweep") is None
