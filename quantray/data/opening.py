"""From settings to the tables they name, opened read-only and typed."""

from __future__ import annotations

from typing import Any

from quantray.data.sessions import zone_of
from quantray.data.settings import DataSettings, of_table
from quantray.data.source import Table, attached, guarded, quoted, spelt
from quantray.data.tables import typed_table
from quantray.errors import DataError, near_miss
from quantray.files.folders import data_files
from quantray.files.parts import Part, part_of_table, parts_of
from quantray.files.typed import Reading

TABLES = ("underlying", "chain", "options")


def open_tables(settings: DataSettings) -> dict[str, Table]:
    """The tables that the settings name; ``chain`` is absent where options bring their own. Raises DataError."""
    import duckdb

    connection = duckdb.connect(":memory:")
    try:
        connection.execute("SET TimeZone = 'UTC'")
        sources = _in_database(connection, settings) if settings.kind == "duckdb" else _in_files(connection, settings)
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


def _in_files(connection: Any, settings: DataSettings) -> dict[str, tuple[str, list[Part]]]:
    given = {key: getattr(settings, key) for key in TABLES}
    if given["chain"] == "synthetic":
        given["chain"] = None
    return {k: (path, parts_of(connection, data_files(k, path))) for k, path in given.items() if path is not None}


def _in_database(connection: Any, settings: DataSettings) -> dict[str, tuple[str, list[Part]]]:
    if settings.duckdb is None:
        raise DataError("data=duckdb needs a file: data.duckdb=market.duckdb")
    present = attached(connection, settings.duckdb)
    found = {}
    for key in TABLES:
        name = getattr(settings, key)
        if name == "synthetic" and key == "chain":
            continue
        table = spelt(name or key, present)
        if table is not None:
            where = f"{settings.duckdb} ({table})"
            part = guarded(where, lambda table=table: part_of_table(connection, f"market.{quoted(table)}"))
            found[key] = (where, [part])
        elif name is not None:
            raise DataError(f"data.{key}: {settings.duckdb}: {near_miss(name, present, what='table')}")
        elif key == "underlying" or (key == "options" and settings.chain != "synthetic"):
            raise DataError(f"{settings.duckdb} has no table {key!r}: {near_miss(key, present, what='table')}")
    return found
