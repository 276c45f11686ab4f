"""The tables of calls and candles, opened read-only, whatever kind of file they are in."""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.callers.data.columns import CallTable, cleaned
from quantray.callers.data.formatted import Formatted, formatted
from quantray.callers.data.settings import TABLES, CallMaps, CallsData
from quantray.callers.data.times import READ, WHOLE
from quantray.errors import DataError, near_miss
from quantray.files.conventions import UNITS
from quantray.files.delimited import dialect_of
from quantray.files.duckdb_file import confined, open_market, quoted, text
from quantray.files.folders import PARQUET, data_files, kind_of
from quantray.files.origin import origin_of
from quantray.files.tables import TZ_TYPES, Table, table_of
from quantray.protocols import Record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@contextmanager
def opened(settings: CallsData, *keys: str) -> Iterator[dict[str, CallTable]]:
    """The tables named by ``keys`` (calls, candles), cleaned, on one connection that ends with the block."""
    if settings.kind == "synthetic":
        from quantray.callers.data.synthetic_file import synthetic_source

        settings = synthetic_source(settings)
    keys = keys or TABLES
    with formatted(settings, keys) as by_format:
        yield from _opened(settings, keys, by_format)


def _opened(
    settings: CallsData, keys: tuple[str, ...], by_format: dict[str, Formatted]
) -> Iterator[dict[str, CallTable]]:
    plain = tuple(key for key in keys if key not in by_format)
    files = _files(settings, plain)
    more = [file for f in by_format.values() for file in f.files]
    connection, sources, origins = _sources(settings, plain, files, more)
    try:
        sources |= {key: (found.given, found.source(connection)) for key, found in by_format.items()}
        tables = {
            key: table_of(connection, key, where, source, _columns(settings, key, by_format.get(key)))
            for key, (where, source) in sources.items()
        }
        tables = {key: _named_callers(table, files.get(key, [])) for key, table in tables.items()}
        tables = {key: replace(table, origin=origins.get(key, "")) for key, table in tables.items()}
        made = {key: cleaned(table, settings) for key, table in tables.items()}
        for key, found in by_format.items():
            made[key] = replace(made[key], told=found.told, messages=found.messages)
        yield made
    finally:
        connection.close()


def _columns(settings: CallsData, key: str, found: Formatted | None) -> Record:
    """The map of columns; a format has the names that are ours."""
    if found is None:
        return getattr(settings.columns, key)  # type: ignore[no-any-return]
    return getattr(CallMaps(), key)  # type: ignore[no-any-return]


def _files(settings: CallsData, keys: tuple[str, ...]) -> dict[str, list[Path]]:
    """The files of the tables that lie in files."""
    if settings.kind != "parquet":
        return {}
    for key in keys:
        if getattr(settings, key) is None:
            raise DataError(f"data=parquet needs a file of {key}: data.{key}=FILE")
    return {key: data_files(key, getattr(settings, key)) for key in keys}


def _sources(
    settings: CallsData, keys: tuple[str, ...], files: dict[str, list[Path]], more: list[Path]
) -> tuple[DuckDBPyConnection, dict[str, tuple[str, str]], dict[str, str]]:
    """A connection that reaches ``more`` files too, key -> (name for messages, what follows FROM), key -> origin."""
    if settings.kind == "parquet" or not keys:
        connection = confined([*(file for found in files.values() for file in found), *more])
        wanted = {key: [name for name in asdict(getattr(settings.columns, key)).values() if name] for key in files}
        readers = {key: _reader(found, wanted[key]) for key, found in files.items()}
        return connection, {key: (getattr(settings, key), reader) for key, reader in readers.items()}, {}
    if settings.duckdb is None:
        raise DataError("data=duckdb needs a file: data.duckdb=calls.duckdb")
    connection, market = open_market(settings.duckdb, settings.allow_paths, more)
    sources: dict[str, tuple[str, str]] = {}
    origins: dict[str, str] = {}
    try:
        for key in keys:
            name = getattr(settings, key) or key
            found = market.find(name)
            if found is None:
                hint = near_miss(name, market.shown, what="table")
                raise DataError(f"{settings.duckdb} has no table of {key}: {hint} (or name it with data.{key}=TABLE)")
            where = f"{settings.duckdb} ({getattr(settings, key) or found[1]})"
            sources[key], origins[key] = (where, market.source(found)), origin_of(connection, market, found)
    except BaseException:
        connection.close()
        raise
    return connection, sources, origins


def _reader(files: list[Path], wanted: Iterable[str], *, filename: bool = False) -> str:
    """What follows FROM for files: every column of CSV as the text it is, every column by its name in each file.

    What a column holds is ours to say, and where the rows begin is the first line's: a guess from the first rows, or
    from the first file, would change or pass over others. DataError where a ``wanted`` column stands twice in one.
    """
    more = ", filename = true)" if filename else ")"
    if kind_of(files[0]) == PARQUET:
        return f"read_parquet({_list(files)}, union_by_name = true{more}"
    asked, parts = {name.casefold() for name in wanted}, []
    for dialect, alike in groupby(files, dialect_of):
        group = list(alike)
        counts = Counter(name.casefold() for name in dialect.header)
        twice = next(
            (name for name in dialect.header if name.casefold() in asked and counts[name.casefold()] > 1), None
        )
        if twice is not None:
            raise DataError(f"{group[0]} has the column {twice!r} twice; rename or remove one of them")
        columns = {name: f"c{i}" for i, name in enumerate(dialect.header) if name and counts[name.casefold()] == 1}
        shown = ", ".join(["filename"] * filename + [f"{c} AS {quoted(name)}" for name, c in columns.items()])
        source = dialect.reader(_list(group))
        parts.append(f"SELECT {shown} FROM {source.removesuffix(')')}{more}")
    return f"({' UNION ALL BY NAME '.join(parts)})"


def _list(files: list[Path]) -> str:
    return f"[{', '.join(text(glob.escape(str(path))) for path in files)}]"


def _named_callers(table: Table, files: list[Path]) -> Table:
    """Calls whose files say nobody's name: each file is one caller, called as the file is."""
    if table.key != "calls" or table.has("caller") or not files or "caller" in table.present:
        return table
    named = _reader(files, table.names.values(), filename=True)
    stem = "regexp_extract(filename, '([^/\\\\]+?)(\\.[A-Za-z]+){1,2}$', 1)"
    source = f"(SELECT * EXCLUDE (filename), {stem} AS caller FROM {named})"
    return replace(table, source=source, names=table.names | {"caller": "caller"},
                   types=table.types | {"caller": "VARCHAR"})  # fmt: skip


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
