"""From settings to the tables they name, opened read-only and typed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from quantray.errors import DataError, near_miss
from quantray.files.duckdb_file import Catalog, confined, open_market
from quantray.files.folders import data_files
from quantray.files.parts import Part, part_of_table, parts_of
from quantray.files.tables import Table, guarded
from quantray.files.typed import Reading
from quantray.sweeps.data.sessions import zone_of
from quantray.sweeps.data.settings import DataSettings, of_table
from quantray.sweeps.data.tables import typed_table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Source = tuple[str, list[Part]]  # name for messages, and the files or the table
TABLES = ("underlying", "chain", "options")


def open_tables(settings: DataSettings) -> dict[str, Table]:
    """The tables that the settings name; ``chain`` is absent where options bring their own. Raises DataError."""
    connection, sources = _in_database(settings) if settings.kind == "duckdb" else _in_files(settings)
    try:
        exchange, columns = zone_of(settings.calendar), settings.columns
        return {
            key: typed_table(connection, key, where, parts, getattr(columns, key), reading_of(settings, key, exchange))
            for key, (where, parts) in sources.items()
        }
    except BaseException:
        connection.close()
        raise


def reading_of(settings: DataSettings, key: str, exchange: str) -> Reading:
    """What the settings say about what the table's files leave open."""
    s = settings
    return Reading(of_table(s.timezone, key), of_table(s.ts_unit, key), of_table(s.date_format, key), exchange)


def _in_files(settings: DataSettings) -> tuple[DuckDBPyConnection, dict[str, Source]]:
    given = {key: getattr(settings, key) for key in TABLES}
    if given["chain"] == "synthetic":
        given["chain"] = None
    files = {key: data_files(key, path) for key, path in given.items() if path is not None}
    connection = confined([file for found in files.values() for file in found])
    try:
        return connection, {key: (given[key], parts_of(connection, found)) for key, found in files.items()}
    except BaseException:
        connection.close()
        raise


def _in_database(settings: DataSettings) -> tuple[DuckDBPyConnection, dict[str, Source]]:
    if settings.duckdb is None:
        raise DataError("data=duckdb needs a file: data.duckdb=market.duckdb")
    connection, market = open_market(settings.duckdb, settings.allow_paths)
    try:
        return connection, {key: source for key in TABLES for source in _table(connection, market, settings, key)}
    except BaseException:
        connection.close()
        raise


def _table(connection: DuckDBPyConnection, market: Catalog, settings: DataSettings, key: str) -> Iterator[Source]:
    """The table that serves as ``key``; none for a chain that is modelled or that options bring."""
    name = getattr(settings, key)
    if name == "synthetic" and key == "chain":
        return
    found = market.find(name or key)
    if found is not None:
        where = f"{settings.duckdb} ({name or found[1]})"
        yield where, [guarded(where, lambda: part_of_table(connection, market.source(found)))]
        return
    hint = near_miss(name or key, market.shown, what="table")
    if name is not None:
        raise DataError(f"data.{key}: {settings.duckdb}: {hint}")
    if key == "underlying" or (key == "options" and settings.chain != "synthetic"):
        raise DataError(f"{settings.duckdb} has no table {key!r}: {hint}")
