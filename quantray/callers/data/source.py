"""The tables of calls and candles, opened read-only, whatever kind of file they are in."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from quantray.callers.data.columns import CallTable, cleaned
from quantray.callers.data.settings import TABLES, CallsData
from quantray.callers.data.times import READ, WHOLE
from quantray.errors import DataError, near_miss
from quantray.files.conventions import UNITS
from quantray.files.duckdb_file import confined, open_market, text
from quantray.files.folders import PARQUET, data_files, kind_of
from quantray.files.origin import origin_of
from quantray.files.tables import TZ_TYPES, Table, table_of


@contextmanager
def opened(settings: CallsData, *keys: str) -> Iterator[dict[str, CallTable]]:
    """The tables named by ``keys`` (calls, candles), cleaned, on one connection that ends with the block."""
    if settings.kind == "synthetic":
        from quantray.callers.data.synthetic_file import synthetic_source

        settings = synthetic_source(settings)
    connection, sources = _sources(settings, keys or TABLES)
    try:
        tables = {
            key: replace(table_of(connection, key, where, source, getattr(settings.columns, key)), origin=origin)
            for key, (where, source, origin) in sources.items()
        }
        yield {key: cleaned(table, settings) for key, table in tables.items()}
    finally:
        connection.close()


def _sources(settings: CallsData, keys: tuple[str, ...]) -> tuple[Any, dict[str, tuple[str, str, str]]]:
    """A connection, and key -> (name for messages, what follows FROM, how it was imported)."""
    if settings.kind == "parquet":
        for key in keys:
            if getattr(settings, key) is None:
                raise DataError(f"data=parquet needs a file of {key}: data.{key}=FILE")
        files = {key: data_files(key, getattr(settings, key)) for key in keys}
        connection = confined([file for found in files.values() for file in found])
        return connection, {key: (getattr(settings, key), _reader(found), "") for key, found in files.items()}
    if settings.duckdb is None:
        raise DataError("data=duckdb needs a file: data.duckdb=calls.duckdb")
    connection, market = open_market(settings.duckdb, settings.allow_paths)
    sources = {}
    try:
        for key in keys:
            name = getattr(settings, key) or key
            found = market.find(name)
            if found is None:
                hint = near_miss(name, market.shown, what="table")
                raise DataError(f"{settings.duckdb} has no table of {key}: {hint} (or name it with data.{key}=TABLE)")
            where = f"{settings.duckdb} ({getattr(settings, key) or found[1]})"
            sources[key] = (where, market.source(found), origin_of(connection, market, found))
    except BaseException:
        connection.close()
        raise
    return connection, sources


def _reader(files: list[Path]) -> str:
    """What follows FROM for files: every column of CSV as the text it is, every column by its name in each file.

    What a column holds is ours to say: a guess from the first rows, or from the first file, would change the others.
    """
    names = ", ".join(text(glob.escape(str(path))) for path in files)
    if kind_of(files[0]) == PARQUET:
        return f"read_parquet([{names}], union_by_name = true)"
    return f"read_csv([{names}], all_varchar = true, header = true, union_by_name = true)"


def ns_of(table: Table, unit: str | None) -> str:
    """SQL for the table's ``ts`` as UTC nanoseconds. A timestamp without a zone is UTC; a number has its unit."""
    kind, column = table.types["ts"], table.column("ts")
    if kind == READ:
        return column
    return f"epoch_ns({column})" if kind not in WHOLE else f"({column}::BIGINT * {UNITS[str(unit)]})"


def between(table: Table, unit: str | None, start_ns: int, end_ns: int) -> str:
    """Condition on the raw column, so that DuckDB skips what lies outside: at least [start, end)."""
    kind, column = table.types["ts"], table.column("ts")
    if kind == READ or kind in WHOLE:
        step = 1 if kind == READ else UNITS[str(unit)]
        low, high = str(start_ns // step), str(-(-end_ns // step))
    else:
        make = "make_timestamptz" if kind in TZ_TYPES else "make_timestamp"
        low, high = (f"{make}({us})::{kind}" for us in (start_ns // 1000, -(-end_ns // 1000)))
    return f"{column} >= {low} AND {column} < {high}"
