"""Small files to import, and what an imported file holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from quantray.intake import Limits, Outcome, Request, import_data

HEADER = "asset,ts,open,high,low,close,volume"
EVERY = Limits(3, 1.0)
Candle = tuple[str, int, float, float]  # asset, minute, price, volume


def candles(path: Path, rows: Iterable[Candle]) -> Path:
    """A file of candles of our own columns, in the order of the rows."""
    lines = [f"{a},2025-01-01T{m // 60:02d}:{m % 60:02d}:00Z,{p},{p},{p},{p},{v}" for a, m, p, v in rows]
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def plain_candles(path: Path, asset: str = "A", first: int = 0, n: int = 10) -> Path:
    return candles(path, [(asset, m, 1.0 + m, 5.0) for m in range(first, first + n)])


def taken(into: Path, *sources: object, **told: Any) -> Outcome:
    """Imported, however much of it contradicts."""
    return import_data(Request(tuple(map(str, sources)), into, **{"limits": EVERY, **told}))


def query(file: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(sql).fetchall()


def held(file: Path) -> list[Candle]:
    """The candles of an imported file, sorted."""
    sql = "SELECT asset, (epoch(ts) / 60)::BIGINT - 28928160, open, volume FROM candles ORDER BY ALL"
    return [(str(a), int(m), float(p), float(v)) for a, m, p, v in query(file, sql)]


def content(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every table of ours in one order, without the numbers of batches."""
    names = [t for (t,) in query(file, "SELECT table_name FROM duckdb_tables() WHERE NOT table_name LIKE 'quantray%'")]
    sql = "SELECT COLUMNS(* EXCLUDE quantray_file)::VARCHAR FROM {} ORDER BY ALL"
    return {name: query(file, sql.format(name)) for name in sorted(names)}


def states(outcome: Outcome) -> Sequence[str]:
    return [done.state for done in outcome.done]
