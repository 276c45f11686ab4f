"""Sorting loses no row and puts what does not exist last; a filter leaves what it says, whatever is typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantray.cli.tui.columns import filtered, multiple_column, name_column, ordered, share_column, time_column

COLUMNS = (name_column("caller", "caller"), multiple_column("ath", "ath"), share_column("end", "end"),
           time_column("after", "after"))  # fmt: skip
VALUES = st.none() | st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.lists(st.fixed_dictionaries({"caller": st.text(max_size=5), "ath": VALUES, "end": VALUES, "after": VALUES}))


@given(ROWS, st.sampled_from(COLUMNS), st.booleans())
def test_sorting_keeps_every_row(rows: list[dict], column, reverse: bool) -> None:
    found = ordered(rows, column, reverse=reverse)
    assert sorted(map(id, found)) == sorted(map(id, rows))
    values = [row[column.key] for row in found]
    there = [v for v in values if v is not None]
    assert values == [*there, *[None] * (len(values) - len(there))]
    if not column.text:
        assert there == sorted(there, reverse=column.high_first is not reverse)


@given(ROWS, st.text(max_size=12))
def test_any_filter_leaves_some_of_the_rows(rows: list[dict], wanted: str) -> None:
    found = filtered(rows, COLUMNS, wanted)
    assert [row for row in rows if any(row is one for one in found)] == found
    if not wanted.split():
        assert found == rows


ROW = {"caller": "[red]Anna", "ath": 2.5, "end": 0.305, "after": 3600.0}


@pytest.mark.parametrize(
    ("wanted", "left"),
    [("anna", True), ("[RED]", True), ("bert", False), ("ath>=2.5x", True), ("ath>2.5", False), ("end>30%", True),
     ("end<30", False), ("after<=1h", True), ("after<59min", False), ("anna ath>2 end>30", True), ("anna ath>3", False),
     ("nothing>2", False), ("ath>=", False)],
)  # fmt: skip
def test_a_filter_means_what_is_shown(wanted: str, left: bool) -> None:
    assert bool(filtered([ROW], COLUMNS, wanted)) is left


def test_what_does_not_exist_meets_no_condition() -> None:
    assert filtered([{**ROW, "ath": None}], COLUMNS, "ath<9") == []
