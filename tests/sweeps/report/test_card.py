"""The card of a sweep in every shape that a sweep ends in."""

from __future__ import annotations

import pytest

from quantray.sweeps.report.card import study_card, study_line
from tests.builders.sweep_pages import SHAPES


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_has_a_card(shape: str) -> None:
    r = SHAPES[shape]()
    card = study_card(r)
    assert card.word == r.verdict.word
    said = " ".join(card.sentences)
    assert r.verdict.headline in said or r.best is None
    assert bool(card.tiles) == (r.shown is not None)
    assert len(set(card.sentences)) == len(card.sentences)
    assert f"{r.counts.complete:,} of {r.counts.attempts:,} candidate" in study_line(r)
    held = r.shown is not None and r.shown.outside is not None
    assert ("held out" in study_line(r)) == held
