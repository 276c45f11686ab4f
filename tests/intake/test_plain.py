"""Files with our own columns, or with columns that were told."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.intake import Request, import_data
from tests.builders.intake import plain_candles, taken


@pytest.mark.parametrize(
    ("header", "name", "table"),
    [
        ("ts,symbol,open,high,low,close,volume", "bars.csv", "underlying"),
        ("ts,symbol,open,high,low,close,volume", "options_2024.csv", "options"),
        ("ts,symbol,bid,ask", "x.csv", "options"),
        ("ts,symbol,last,volume", "x.csv", "options"),
        ("symbol,expiry,strike,right", "x.csv", "chain"),
        ("ts,symbol,expiry,strike,right,bid,ask", "x.csv", "options"),
        ("asset,ts,open,high,low,close,volume", "x.csv", "candles"),
        ("TS,Caller,asset", "x.csv", "calls"),
    ],
)
def test_our_own_columns_say_which_table_it_is(header: str, name: str, table: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(f"{header}\n")
    (done,) = import_data(Request((str(tmp_path / name),), tmp_path / "m.duckdb"), dry_run=True).done
    assert [reading.table for reading in done.readings] == [table]


def test_columns_can_be_told(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(plain_candles(file).read_text().replace("asset,ts", "Pair,Time", 1))
    told = {"candles": {"asset": "Pair", "ts": "Time"}}
    assert taken(tmp_path / "m.duckdb", file, tables=("candles",), columns=told).tables == {"candles": 10}
