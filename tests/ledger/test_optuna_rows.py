"""Rows of Optuna's tables: the same text as its own."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantray.ledger.optuna_rows import _json, distributions
from tests.builders.odd_trials import ODD

VALUES = st.one_of(st.floats(), st.integers(), st.booleans(), st.none(), st.text(), st.lists(st.floats()))


@given(VALUES)
def test_a_value_is_written_as_json_dumps_writes_it(value: object) -> None:
    assert _json(value) == json.dumps(value)


@pytest.mark.parametrize("name", list(ODD))
def test_levels_are_the_real_values(name: str) -> None:
    """Never indices, and lists as text, because Optuna takes no list."""
    made = distributions(ODD)[name]
    if isinstance(ODD[name], dict):
        assert (made.low, made.high) == (ODD[name]["low"], ODD[name]["high"])
        assert made.log == ODD[name].get("log", False)
        return
    assert [json.dumps(v) if isinstance(v, list) else v for v in ODD[name]] == list(made.choices)
