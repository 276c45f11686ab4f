"""A small market of calls in a DuckDB file, as the command line reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.builders.call_tables import call_rows, candle_rows, write_duckdb

CALLERS = ("Anna", "Bert", "Carla")
ASSETS = [f"T{i}" for i in range(6)]


def calls(*more: tuple[str, str, float]) -> pa.Table:
    """Twelve calls of each caller, spread over ten hours and six assets."""
    rows = [(who, ASSETS[(i + k) % 6], 5 + 50 * i + k) for k, who in enumerate(CALLERS) for i in range(12)]
    return call_rows(*rows, *more)


def candles(minutes: int = 900, **columns: Any) -> pa.Table:
    """Minute candles that rise to twice their first price and a little more."""
    return candle_rows({asset: range(minutes) for asset in ASSETS}, **columns)


def market(folder: Path, **tables: pa.Table) -> list[str]:
    """A small market in a DuckDB file, and the overrides that read it."""
    path = write_duckdb(folder, **{"calls": calls(), "candles": candles(), **tables})
    return [f"data.duckdb={path.name}", "data.cache=cache", "policy.hold=1h", "constraints.min_trades=1"]


def left_behind(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"market.duckdb", "cache"}
