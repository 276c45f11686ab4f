"""A file as a layout reads it: our names, START times, rows set aside."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.errors import DataError
from quantray.files import formats
from quantray.files.duckdb_file import confined
from quantray.files.parts import parts_of

THETA = """symbol,expiration,strike,right,timestamp,bid_size,bid_exchange,bid,bid_condition,ask_size,ask_exchange,ask,ask_condition
SPY,2024-08-16,545.000,CALL,2024-08-16T09:30:00.000,0,0,0.00,0,0,0,0.00,0
SPY,2024-08-16,545.000,CALL,2024-08-16T09:31:00.000,12,5,1.23,50,14,7,1.25,50
SPY,2024-08-16,545.500,PUT,2024-08-16T09:31:00.000,12,5,2.23,50,14,7,2.25,50
"""


def rows(path: Path, table: str, columns: list[str], ask: formats.Ask) -> list[tuple[object, ...]]:
    head = formats.head_of(path)
    found = formats.guess(head, table, formats.shelf())
    assert found.layout is not None, found.sentence
    with confined([path]) as connection:
        (part,) = parts_of(connection, [path], found.layout.names)
        read = formats.read_as(part, found.layout, ask)
        kinds = {"ts": "TIMESTAMPTZ", "symbol": "VARCHAR", "right": "VARCHAR", "expiry": "DATE"}
        select = read.select(columns, {name: kinds.get(name, "DOUBLE") for name in columns}, why=True)
        shown = ", ".join(f"{c}::VARCHAR" if c in ("ts", "expiry") else f'"{c}"' for c in columns)
        return connection.execute(f"SELECT {shown}, aside FROM ({select})").fetchall()


def test_quotes_stamped_at_the_end_belong_to_the_interval_before_and_an_empty_one_is_set_aside(tmp_path: Path):
    path = tmp_path / "quotes.csv"
    path.write_text(THETA)
    found = rows(path, "options", ["ts", "symbol", "strike", "bid", "ask"], formats.Ask(interval_s=60, key="options"))
    assert found[0][-1] == "no quote yet (bid, ask and both sizes 0)"
    assert found[1:] == [
        ("2024-08-16 13:30:00+00", "SPY240816C00545000", 545.0, 1.23, 1.25, None),
        ("2024-08-16 13:30:00+00", "SPY240816P00545500", 545.5, 2.23, 2.25, None),
    ]


def test_without_an_interval_an_end_is_no_start(tmp_path: Path):
    path = tmp_path / "quotes.csv"
    path.write_text(THETA)
    with pytest.raises(DataError, match="say how long that is with data.interval=1m"):
        rows(path, "options", ["ts"], formats.Ask(key="options"))
