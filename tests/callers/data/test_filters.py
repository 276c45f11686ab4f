"""Filters of calls, each with the count of what it leaves out."""

import pytest

from quantray.callers.data import CallSettings
from quantray.errors import DataError
from tests.builders.call_tables import call_rows
from tests.builders.loaded_calls import DAY, ROWS, loaded


def test_every_filter_counts_what_it_leaves_out(tmp_path):
    table = call_rows(
        ("a", "X", 1), ("a", "X", 2), ("b", "X", 3), ("c", "X", 4), ("a", "Y", 5), ("a", "Z", 6), ("a", "X", 500),
        ("d", "X", 7), ("a", "X", DAY * 3),
        chain=["SOL", "sol", "Sol", "sol", "eth", "sol", "sol", "sol", "sol"],
        mcap=[5.0, 5, 5, 5, 5, None, 5, 5, 5],
    )  # fmt: skip
    settings = CallSettings(
        callers=("a", "b", "d"), chain="SOL", min_mcap=1, max_mcap=9, dedupe_window="1m", min_per_caller=2
    )
    calls = loaded(tmp_path, table, settings, to="2025-01-02")
    assert calls.call_id == ("c0", "c6")
    assert calls.counts == {
        "read": 9, "aliased": 0, "incomplete": 0, "outside_dates": 1, "other_chain": 1, "outside_mcap": 1,
        "other_callers": 1, "duplicates": 1, "below_min_per_caller": 2, "kept": 2,
    }  # fmt: skip
    counted = sum(n for name, n in calls.counts.items() if name not in ("read", "aliased"))
    assert counted == calls.counts["read"]


@pytest.mark.parametrize(
    ("window", "kept"), [(0, "c0 c2 c3 c4"), ("10m", "c0 c3 c4"), ("11m", "c0 c4"), ("1h", "c0 c4")]
)
def test_within_the_window_the_first_call_is_kept(tmp_path, window, kept):
    table = call_rows(("a", "X", 0), ("a", "X", 0), ("a", "X", 10), ("a", "X", 11), ("a", "Y", 5))
    calls = loaded(tmp_path, table, CallSettings(dedupe_window=window))
    assert sorted(calls.call_id) == kept.split()
    assert calls.counts["duplicates"] == 5 - len(calls)


def test_no_caller_left_says_where_they_went(tmp_path):
    with pytest.raises(DataError, match="no caller left: 5 calls read, of these left out: 5 outside dates"):
        loaded(tmp_path, call_rows(*ROWS), from_="2026-01-01")
    with pytest.raises(DataError, match="5 below min per caller"):
        loaded(tmp_path, call_rows(*ROWS), CallSettings(min_per_caller=9))
    with pytest.raises(DataError, match=r"market.duckdb \(calls\) has no calls; load some"):
        loaded(tmp_path, call_rows(*ROWS).slice(0, 0))
