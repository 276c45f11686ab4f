"""Small tables of calls and candles in real DuckDB files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from quantray.callers.data import CallsData

NS = 1_000_000_000
START = int(np.datetime64("2025-01-01T00:00", "ns").astype(np.int64))  # minute 0 of every table


def minute(number: float) -> int:
    """UTC nanoseconds of a minute (or a part of one) after START."""
    return START + round(number * 60) * NS


def call_rows(*rows: tuple[str, str, float], **columns: Sequence[Any]) -> pa.Table:
    """Calls from (caller, asset, minute); ids c0, c1, … in that order."""
    table = {
        "call_id": [f"c{i}" for i in range(len(rows))],
        "caller": [r[0] for r in rows],
        "asset": [r[1] for r in rows],
        "ts": pa.array([minute(r[2]) // 1000 for r in rows], pa.timestamp("us", tz="UTC")),
    }
    return pa.table({**table, **columns})


def candle_rows(
    minutes: dict[str, Sequence[float]], *, step: float = 1, price: float = 1.0, **columns: Any
) -> pa.Table:
    """Candles of each asset at the minutes given; open price * (1 + minute / 1000), a little higher high, lower low."""
    asset = [name for name, at in minutes.items() for _ in at]
    at = np.array([m for many in minutes.values() for m in many], float)
    opened = price * (1 + at / 1000)
    close = price * (1 + (at + step) / 1000)
    table = {
        "asset": asset,
        "ts": pa.array([minute(m) // 1000 for m in at], pa.timestamp("us", tz="UTC")),
        "open": opened,
        "high": np.maximum(opened, close) * 1.001,
        "low": np.minimum(opened, close) * 0.999,
        "close": close,
        "volume": np.full(len(at), 5.0),
    }
    return pa.table({**table, **columns})


def write_duckdb(folder: Path, *, name: str = "market.duckdb", **tables: pa.Table) -> Path:
    """A DuckDB file with these tables."""
    path = folder / name
    path.unlink(missing_ok=True)
    connection = duckdb.connect(str(path))
    try:
        for table, rows in tables.items():
            connection.register("rows", rows)
            connection.execute(f'CREATE TABLE "{table}" AS SELECT * FROM rows')
            connection.unregister("rows")
    finally:
        connection.close()
    return path


def data_of(folder: Path, calls: pa.Table, candles: pa.Table | None = None, **settings: Any) -> CallsData:
    """Settings that read these tables from a DuckDB file in ``folder``, with the cache there too."""
    tables = {"calls": calls} if candles is None else {"calls": calls, "candles": candles}
    path = write_duckdb(folder, **tables)
    return CallsData("duckdb", duckdb=str(path), cache=str(folder / "cache"), **settings)


def changed(table: pa.Table, **columns: Any) -> pa.Table:
    """The same table with other or further columns."""
    for name, values in columns.items():
        column = values if isinstance(values, pa.Array) else pa.array(values)
        at = table.schema.get_field_index(name)
        table = table.append_column(name, column) if at < 0 else table.set_column(at, name, column)
    return table
