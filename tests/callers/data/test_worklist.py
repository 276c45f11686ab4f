"""The worklist of candles that are missing."""

import csv

from quantray.callers.data import (
    listed_calls,
    worklist,
    write_listed,
    write_worklist,
)  # fmt: skip
from tests.builders.call_tables import call_rows, candle_rows
from tests.builders.coverages import covered


def test_the_worklist_names_asset_and_window_once(tmp_path):
    candles = candle_rows({"X": range(20), "Y": range(400)})
    calls = call_rows(("a", "X", 10), ("b", "X", 40), ("a", "X", 300), ("a", "Y", 10), ("a", "Z", 10))
    coverage = covered(tmp_path, calls, candles)
    assert worklist(coverage) == [
        {"asset": "X", "from": "2025-01-01T00:10:00Z", "to": "2025-01-01T01:42:00Z", "calls": 2,
         "reasons": "no_candles thin"},
        {"asset": "X", "from": "2025-01-01T05:00:00Z", "to": "2025-01-01T06:02:00Z", "calls": 1,
         "reasons": "no_candles"},
        {"asset": "Z", "from": "2025-01-01T00:10:00Z", "to": "2025-01-01T01:12:00Z", "calls": 1,
         "reasons": "no_candles"},
    ]  # fmt: skip
    with write_worklist(coverage, tmp_path / "out" / "worklist.csv").open() as file:
        assert [row["calls"] for row in csv.DictReader(file)] == ["2", "1", "1"]
    with write_listed(coverage, tmp_path / "out" / "listed.csv").open() as file:
        listed = list(csv.DictReader(file))
    assert [row["call_id"] for row in listed] == ["c0", "c4", "c1", "c2"]
    assert listed[0]["reason"] == "thin"
    assert listed[1]["entry"] == ""
    assert len(listed_calls(coverage)) == 4
