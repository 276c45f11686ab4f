"""``quantray data export``: the tables of an imported file as Parquet, each file whole or absent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.errors import ConfigError, DataError, near_miss
from quantray.files.duckdb_file import Catalog, open_market, quoted, reading_error, text
from quantray.files.durable import fresh_file, room
from quantray.files.marks import kind_of
from quantray.intake.columns import BATCH, SHAPES, TABLES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Parquet alone: it keeps types, and no spreadsheet runs the names that are in it.
END, WRITTEN = ".parquet", "FORMAT parquet, COMPRESSION zstd"


@dataclass(frozen=True, slots=True)
class Exported:
    """One table, and the file that holds it now."""

    table: str
    rows: int
    path: Path


def export_data(given: Path, out: Path, tables: Sequence[str] = ()) -> list[Exported]:
    """Write each of the tables to ``out/TABLE.parquet``, in the order of their keys.

    ConfigError or DataError where there is no such table, or a file of that name already; DiskError without room.
    """
    import duckdb

    connection, catalog = open_market(str(given), [str(out)] if out.is_dir() else ())
    try:
        there = [table for table in TABLES if ("main", table) in catalog.tables]
        for table in tables:
            if table not in there:
                raise DataError(f"{given}: {near_miss(table, there, what='table')}")
        wanted = [table for table in there if not tables or table in tables]
        if not wanted:
            raise DataError(f"{given} has none of the tables {', '.join(TABLES)}; quantray data import makes them")
    finally:
        connection.close()
    for path in (paths := {table: out / f"{table}{END}" for table in wanted}).values():
        if kind_of(path) is not None:
            raise ConfigError(f"{path} is there already; move it away, or give --out another folder")
    out.mkdir(parents=True, exist_ok=True)
    connection, catalog = open_market(str(given), str(out))
    try:
        return [_export(connection, catalog, table, path) for table, path in paths.items()]
    except duckdb.Error as error:
        raise reading_error(str(given), error) from None
    finally:
        connection.close()


def _export(connection: DuckDBPyConnection, catalog: Catalog, table: str, path: Path) -> Exported:
    source = catalog.source(("main", table))
    columns = [str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
    kept = [name for name in columns if name != BATCH]
    by = [name for name in (*SHAPES[table].key, *kept) if name in kept]
    listed = ", ".join(map(quoted, kept))
    order = ", ".join(map(quoted, dict.fromkeys(by)))
    with room(path, "the tables that were written before are whole"), fresh_file(path) as work:
        (n,) = connection.execute(
            f"COPY (SELECT {listed} FROM {source} ORDER BY {order}) TO {text(str(work))} ({WRITTEN})"
        ).fetchone() or (0,)
    return Exported(table, int(n), path)
