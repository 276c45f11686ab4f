"""Outages of the source: told beforehand, or seen in assets that end together."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.callers.data import (
    CoverageSettings,
)  # fmt: skip
from quantray.callers.data.outages import Outage, unexplained_ns
from quantray.errors import ConfigError
from tests.builders.call_tables import call_rows, candle_rows, minute
from tests.builders.coverages import covered, reasons


@pytest.mark.slow
def test_outages_are_flagged_and_one_without_an_end_is_the_end_of_the_source(tmp_path):
    file = tmp_path / "outages.yaml"
    file.write_text(
        "- {asset: X, from: 2025-01-01T00:30:00Z, to: '2025-01-01T00:40:00'}\n- {asset: Y, from: 2025-01-02}\n"
    )
    candles = candle_rows({"X": range(2000), "Y": range(1440), "Z": range(2000)})
    calls = call_rows(("a", "X", 10), ("a", "X", 60), ("a", "Y", 1400), ("a", "Z", 1400))
    coverage = covered(tmp_path, calls, candles, settings=CoverageSettings(outages=str(file)))
    assert reasons(coverage) == {"c0": "none", "c1": "none", "c2": "too_new", "c3": "none"}
    assert coverage.vendor_gap.tolist() == [True, False, True, False]
    assert reasons(covered(tmp_path, calls, candles))["c2"] == "none"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a: 1", "must be a list"), ("- 3", "must be a mapping of asset"), ("- {from: x}", "'x' is no time"),
        ("- {from: 2025-01-02, to: 2025-01-01}", "does not lie before"), ("- {form: 2025-01-02}", "must be a mapping"),
    ],
)  # fmt: skip
def test_a_wrong_list_of_outages_is_refused(tmp_path, content, sentence):
    file = tmp_path / "outages.yaml"
    file.write_text(content)
    with pytest.raises(ConfigError, match=sentence):
        covered(tmp_path, call_rows(("a", "X", 1)), candle_rows({"X": range(100)}),
                settings=CoverageSettings(outages=str(file)))  # fmt: skip


@pytest.mark.slow
def test_assets_that_end_together_are_a_file_that_ends(tmp_path):
    calls = call_rows(*[("a", asset, 80) for asset in ("A", "B", "C", "LONE", "LONG")], ("a", "A", 10))
    candles = candle_rows({**{asset: range(100) for asset in "ABC"}, "LONE": range(95), "LONG": range(500)})
    found = covered(tmp_path, calls, candles)
    assert found.common_end_ns == minute(99)
    assert [found.plan.calls.call_id[i] for i in np.flatnonzero(found.cut_off)] == ["c0", "c1", "c2"]
    file = tmp_path / "outages.yaml"
    file.write_text("".join(f"- {{asset: {a}, from: {np.datetime64(minute(100), 'ns')}}}\n" for a in "ABC"))
    known = covered(tmp_path, calls, candles, settings=CoverageSettings(outages=str(file)))
    assert reasons(known) == {
        **dict.fromkeys(("c0", "c1", "c2"), "too_new"),
        **dict.fromkeys(("c3", "c4", "c5"), "none"),
    }
    assert not known.cut_off.any()


def test_two_assets_may_end_together(tmp_path):
    calls = call_rows(*[("a", asset, 80) for asset in ("A", "B", "LONG")])
    found = covered(tmp_path, calls, candle_rows({"A": range(100), "B": range(100), "LONG": range(500)}))
    assert found.common_end_ns is None
    assert not found.cut_off.any()


def test_what_outages_leave_unexplained() -> None:
    outages = (Outage("X", 10, 20), Outage(None, 15, 30), Outage("X", 12, 14), Outage("Y", 0, 99), Outage(None, 50, 55))
    start, end = np.array([0, 12, 30, 40, 60]), np.array([100, 18, 30, 52, 70])
    by_hand = [sum(not any(o.asset in (None, "X") and o.start_ns <= t < o.end_ns for o in outages)
                   for t in range(a, z)) for a, z in zip(start.tolist(), end.tolist(), strict=True)]  # fmt: skip
    assert unexplained_ns(outages, "X", start, end).tolist() == by_hand == [75, 0, 0, 10, 10]
