"""Names and values that every tracker takes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantray.passwords import remembered
from quantray.tracking.record import LONGEST_NAME, LONGEST_TEXT, asked, figures, named, study_digest, texts

NAMES = st.text(min_size=1, max_size=300)


def test_nested_values_have_dotted_names() -> None:
    value = {"fees": {"broker": 0.65, "none": None}, "space": {"stop": [-25, -50]}, "on": True, "kind": "tpe"}
    assert texts("", value) == {"fees.broker": "0.65", "space.stop": "[-25, -50]", "on": "true", "kind": "tpe"}
    assert figures("", value) == {"fees.broker": 0.65}


def test_only_finite_numbers_are_figures() -> None:
    value = {"a": math.nan, "b": math.inf, "c": None, "d": True, "e": "1", "f": 2, "g": {"h": -0.5}}
    assert figures("pick", value) == {"pick.f": 2.0, "pick.g.h": -0.5}


@given(st.lists(NAMES, min_size=2, max_size=8, unique=True))
def test_names_stay_apart_and_are_names(names: list[str]) -> None:
    pytest.importorskip("mlflow", reason="mlflow is not installed")
    from mlflow.utils.validation import _validate_metric_name, _validate_param_name

    made = [named(name) for name in names]
    assert len(set(made)) == len(names)
    for name in made:
        assert len(name) <= LONGEST_NAME
        _validate_metric_name(name)
        _validate_param_name(name)


@pytest.mark.parametrize("name", ["pick.value", "n_trades", "exits/stop loss", "a-b.c_d"])
def test_an_ordinary_name_stays_as_it_is(name: str) -> None:
    assert named(name) == name


def test_texts_are_cut_and_clean() -> None:
    with remembered(["postgresql://ann:hunter2secret@db/x"]):
        found = texts("", {"long": "x" * 9000, "said": "postgresql://ann:hunter2secret@db/x", "name": "\x1b[31mred"})
    assert len(found["long"]) == LONGEST_TEXT
    assert "hunter2secret" not in found["said"]
    assert "\x1b" not in found["name"]


def test_names_of_columns_stay_at_home() -> None:
    settings = {"data": {"kind": "csv", "columns": {"ts": "when"}, "synthetic": {"seed": 0}}, "seed": 1}
    assert asked(settings) == {"data": {"kind": "csv"}, "seed": 1}
    made = {"data": {"kind": "synthetic", "columns": {}, "synthetic": {"seed": 0}}}
    assert asked(made) == {"data": {"kind": "synthetic", "synthetic": {"seed": 0}}}


def test_a_study_is_known_by_its_name_and_digests() -> None:
    digests = {"seed": "1", "data": "ab"}
    assert study_digest("a", digests) == study_digest("a", dict(reversed(digests.items())))
    assert len({study_digest("a", digests), study_digest("b", digests), study_digest("a", {"seed": "2"})}) == 3
