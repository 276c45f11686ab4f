"""The tables of calls and candles, opened read-only, whatever kind of file they are in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from quantray.calls.settings import TS_UNITS, CallsData
from quantray.data.source import TZ_TYPES, Table, data_files, reader_of, table_of
from quantray.errors import DataError, near_miss
from quantray.files.duckdb_file import confined, open_market

TABLES = ("calls", "candles")
PLAIN_TYPES = ("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S")
WHOLE = ("BIGINT", "INTEGER", "UBIGINT", "UINTEGER", "HUGEINT")


@contextmanager
def opened(settings: CallsData, *keys: str) -> Iterator[dict[str, Table]]:
    """The tables named by ``keys`` (calls, candles) on one connection that ends with the block."""
    if settings.kind == "synthetic":
        from quantray.calls.synthetic_file import synthetic_source

        settings = synthetic_source(settings)
    connection, sources = _sources(settings, keys or TABLES)
    try:
        yield {
            key: table_of(connection, key, where, source, getattr(settings.columns, key))
            for key, (where, source) in sources.items()
        }
    finally:
        connection.close()


def _sources(settings: CallsData, keys: tuple[str, ...]) -> tuple[Any, dict[str, tuple[str, str]]]:
    """A connection, and key -> (name for messages, what follows FROM)."""
    if settings.kind == "parquet":
        for key in keys:
            if getattr(settings, key) is None:
                raise DataError(f"data=calls_parquet needs a file of {key}: data.{key}=FILE")
        files = {key: data_files(key, getattr(settings, key)) for key in keys}
        connection = confined([file for found in files.values() for file in found])
        return connection, {key: (getattr(settings, key), reader_of(found)) for key, found in files.items()}
    if settings.duckdb is None:
        raise DataError("data=calls_duckdb needs a file: data.duckdb=calls.duckdb")
    connection, market = open_market(settings.duckdb, settings.allow_paths)
    sources = {}
    try:
        for key in keys:
            name = getattr(settings, key) or key
            found = market.find(name)
            if found is None:
                hint = near_miss(name, market.shown, what="table")
                raise DataError(f"{settings.duckdb} has no table of {key}: {hint} (or name it with data.{key}=TABLE)")
            sources[key] = (f"{settings.duckdb} ({getattr(settings, key) or found[1]})", market.source(found))
    except BaseException:
        connection.close()
        raise
    return connection, sources


def ns_of(table: Table, unit: str | None) -> str:
    """SQL for the table's ``ts`` as UTC nanoseconds. A timestamp without a zone is UTC; a number needs its unit."""
    table.require("ts")
    kind, column = table.types["ts"], table.column("ts")
    if kind in (*TZ_TYPES, *PLAIN_TYPES):
        return f"epoch_ns({column})"
    if kind not in WHOLE:
        raise DataError(f"{table.where}: {table.names['ts']!r} has type {kind}; store timestamps, or whole numbers")
    if unit is None:
        raise DataError(
            f"{table.where}: {table.names['ts']!r} holds whole numbers; say of what: data.ts_unit=s, ms, us or ns"
        )
    (latest,) = table.row(f"SELECT max(abs({column}::HUGEINT)) FROM {{t}}")
    if latest is not None and int(latest) * TS_UNITS[unit] >= 2**63:
        raise DataError(
            f"{table.where}: {latest} in {table.names['ts']!r} is no time in {unit}; give the right data.ts_unit"
        )
    return f"({column}::BIGINT * {TS_UNITS[unit]})"


def between(table: Table, unit: str | None, start_ns: int, end_ns: int) -> str:
    """Condition on the raw column, so that DuckDB skips what lies outside: at least [start, end)."""
    kind, column = table.types["ts"], table.column("ts")
    if kind in WHOLE:
        step = TS_UNITS[str(unit)]
        low, high = str(start_ns // step), str(-(-end_ns // step))
    else:
        make = "make_timestamptz" if kind in TZ_TYPES else "make_timestamp"
        low, high = (f"{make}({us})::{kind}" for us in (start_ns // 1000, -(-end_ns // 1000)))
    return f"{column} >= {low} AND {column} < {high}"
