"""``results.duckdb``: the tables of a run in one file to be asked in SQL."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from pathlib import Path

from quantray.errors import DataError
from quantray.files.duckdb_file import confined, quoted, text

#: A table that other tools' results were imported into; a new run of the study keeps it.
IMPORTED = "imported_results"
MEMORY = "512MB"


def write_database(path: Path, policies: Path, tables: Mapping[str, Path]) -> Path:
    """Write ``policies`` (a folder of Parquet parts) and ``tables`` (name -> Parquet file) into a fresh database.

    It is written beside and moved into its place, so a reader finds the old one or the new one, whole. What an
    earlier file holds in ``imported_results`` is taken over. DataError when the earlier file cannot be read.
    """
    import duckdb

    fresh = path.with_name(f".{path.name}.new")
    for left in (fresh, fresh.with_name(f"{fresh.name}.wal")):
        left.unlink(missing_ok=True)
    parts = sorted(policies.glob("*.parquet"))
    reached = [*parts, *tables.values(), path, path.with_name(f"{path.name}.wal")]
    with confined(reached, database=fresh, memory_limit=MEMORY, threads=2) as connection:
        if parts:
            connection.execute(f"CREATE TABLE policies AS FROM read_parquet({_list(parts)})")
        for name, file in tables.items():
            connection.execute(f"CREATE TABLE {quoted(name)} AS FROM read_parquet({_list([file])})")
        if path.exists():
            try:
                _take_over(connection, path)
            except duckdb.Error as error:
                connection.close()
                fresh.unlink(missing_ok=True)
                raise DataError(
                    f"{path} cannot be read: {str(error).splitlines()[0]}; close it where it is open, or move it away. "
                    "The other files are written, and the same command goes on from here"
                ) from None
    fresh.replace(path)
    return path


def _take_over(connection: object, path: Path) -> None:
    run = connection.execute  # type: ignore[attr-defined]
    run(f"ATTACH {text(str(path))} AS earlier (READ_ONLY, TYPE duckdb)")
    known = "SELECT 1 FROM duckdb_tables() WHERE database_name = 'earlier' AND schema_name = 'main' AND table_name = ?"
    if run(known, [IMPORTED]).fetchone():
        run(f"CREATE TABLE {IMPORTED} AS FROM earlier.main.{IMPORTED}")
    run("DETACH earlier")


def _list(files: list[Path]) -> str:
    return "[" + ", ".join(text(glob.escape(str(file))) for file in files) + "]"
