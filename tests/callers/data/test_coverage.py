import itertools
import math

import numpy as np
import pytest

from quantray.callers.data import (
    CoverageSettings,
    Exclusion,
    Needs,
    describe,
    require_eligible,
)  # fmt: skip
from quantray.errors import DataError
from tests.builders.call_tables import NS, call_rows, candle_rows, changed, minute
from tests.builders.coverages import covered, reasons


def test_each_reason_and_the_first_of_several(tmp_path):
    calls = call_rows(
        ("a", "GOOD", 10), ("a", "GOOD", 480), ("a", "NONE", 10), ("a", "NONE", 480), ("a", "LATE", 10),
        ("a", "EDGE", 10), ("a", "BAD", 10), ("a", "LATEBAD", 10),
    )  # fmt: skip
    candles = candle_rows(
        {"GOOD": range(500), "LATE": [0, 13, 14], "EDGE": [0, 12, 14], "BAD": [0, 10], "LATEBAD": [0, 30]}
    )
    opened = [0.0 if a.endswith("BAD") else o for a, o in zip(candles["asset"].to_pylist(), candles["open"].to_pylist(),
                                                              strict=True)]  # fmt: skip
    coverage = covered(tmp_path, calls, changed(candles, open=opened))
    assert reasons(coverage) == {
        "c0": "none", "c1": "too_new", "c2": "no_candles", "c3": "too_new", "c4": "late_entry", "c5": "none",
        "c6": "bad_price", "c7": "late_entry",
    }  # fmt: skip
    assert coverage.counts == {
        "eligible": 2, "too_new": 2, "no_candles": 1, "late_entry": 2, "bad_price": 1, "low_coverage": 0,
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_a_bad_entry_price_excludes_a_bad_later_price_does_not(tmp_path, bad):
    candles = candle_rows({"X": range(10, 200)})
    opened = candles["open"].to_pylist()
    at_entry, later = [bad, *opened[1:]], [opened[0], bad, *opened[2:]]
    calls = call_rows(("a", "X", 10))
    assert reasons(covered(tmp_path, calls, changed(candles, open=at_entry))) == {"c0": "bad_price"}
    assert reasons(covered(tmp_path, calls, changed(candles, open=later))) == {"c0": "none"}


def test_silence_after_the_entry_excludes_nothing(tmp_path):
    candles = candle_rows({"X": [*range(12)], "Y": range(200)})
    coverage = covered(tmp_path, call_rows(("a", "X", 10), ("a", "Y", 10)), candles)
    assert coverage.eligible.all()
    assert coverage.silent.tolist() == [True, False]
    assert coverage.present.tolist() == [2, 62]
    assert coverage.expected.tolist() == [62, 62]
    assert coverage.thin.tolist() == [True, False]
    assert coverage.longest_gap_s.tolist() == [60 * 60, 0]
    assert describe(coverage)["silent_to_the_end"] == 1


@pytest.mark.slow
def test_nothing_after_the_latest_entry_decides_whether_a_call_is_excluded(tmp_path):
    """Take the asset's candles away after the latest entry: the same calls are eligible, at the same candle."""
    rng = np.random.default_rng(3)
    minutes = {name: np.flatnonzero(rng.random(400) < 0.4) for name in "XYZ"} | {"END": np.arange(600)}
    calls = call_rows(*(("a", "XYZ"[int(rng.integers(3))], float(rng.integers(0, 300))) for _ in range(25)))
    before = covered(tmp_path, calls, candle_rows(minutes))
    assert 0 < before.eligible.sum() < 25
    for row in (*np.flatnonzero(before.eligible)[:3].tolist(), *np.flatnonzero(~before.eligible)[:2].tolist()):
        asset = before.plan.calls.assets[before.plan.calls.asset[row]]
        cut = (before.plan.entry_until_ns[row] - minute(0)) // NS / 60
        fewer = {name: at[at <= cut] if name == asset else at for name, at in minutes.items()}
        after = covered(tmp_path, calls, candle_rows(fewer))
        assert after.eligible[row] == before.eligible[row]
        assert after.entry_ns[row] == before.entry_ns[row]


@pytest.mark.slow
def test_coverage_equals_a_plain_loop(tmp_path):
    rng = np.random.default_rng(7)
    needs = Needs(1800, max_dip_wait_s=300, warmup_s=600, delay_s=45, max_entry_lag_s=180)
    for _ in range(4):
        minutes = {name: np.flatnonzero(rng.random(300) < share) for name, share in (("X", 0.3), ("Y", 0.9), ("Z", 1))}
        calls = call_rows(*(("a", "XYZ"[int(rng.integers(3))], float(rng.integers(0, 18_000)) / 60) for _ in range(40)))
        coverage = covered(tmp_path, calls, candle_rows(minutes), needs)
        plan = coverage.plan
        end_of_source = minute(max(int(m[-1]) for m in minutes.values()) + 1)
        for i in range(len(plan)):
            ts = [minute(int(m)) for m in minutes[plan.calls.assets[plan.calls.asset[i]]]]
            call = int(plan.calls.ts[i])
            start, end = call - 600 * NS, call + (45 + 180 + 300 + 1800) * NS
            entries = [t for t in ts if call + 45 * NS <= t < end]
            late = not entries or entries[0] > call + (45 + 180) * NS
            expected = [t for t in range(minute(-20), minute(400), 60 * NS) if start <= t < end]
            reason = ("too_new" if end_of_source < end else "no_candles" if not entries else
                      "late_entry" if late else "none")  # fmt: skip
            assert Exclusion(int(coverage.reason[i])).name.lower() == reason
            assert coverage.entry_ns[i] == (-1 if late else entries[0])
            assert coverage.present[i] == sum(start <= t < end for t in ts)
            assert coverage.expected[i] == len(expected)
            assert coverage.warmup_present[i] == sum(start <= t < call + 45 * NS for t in ts)
            gaps = [b - a - 60 * NS for a, b in itertools.pairwise(entries)]
            gaps += [end - entries[-1] - 60 * NS] if entries and end - entries[-1] >= 120 * NS else []
            assert coverage.longest_gap_s[i] == (0 if late else max(gaps, default=0) // NS)


@pytest.mark.slow
def test_window_mode_selects_on_the_future_and_says_so(tmp_path):
    candles = candle_rows({"X": range(30), "Y": range(200)})
    calls = call_rows(("a", "X", 10), ("a", "Y", 10))
    by_entry = covered(tmp_path, calls, candles)
    by_window = covered(tmp_path, calls, candles, settings=CoverageSettings("window", 0.5))
    assert by_entry.eligible.all()
    assert by_entry.note is None
    assert reasons(by_window) == {"c0": "low_coverage", "c1": "none"}
    assert "selects on the future" in by_window.note
    assert describe(by_window)["note"] == by_window.note


@pytest.mark.slow
def test_no_call_eligible_and_the_gate_of_excluded_calls(tmp_path):
    candles = candle_rows({"X": range(100)})
    coverage = covered(tmp_path, call_rows(("a", "Y", 10), ("a", "X", 90)), candles)
    with pytest.raises(DataError, match="no call is eligible: too_new=1, no_candles=1 of 2 calls"):
        require_eligible(coverage)
    half = covered(tmp_path, call_rows(("a", "Y", 10), ("a", "X", 10)), candles)
    require_eligible(half)
    with pytest.raises(DataError, match=r"gate max_excluded_calls: 50.00% of the calls are left out \(no_candles=1\)"):
        require_eligible(half, 0.4)
