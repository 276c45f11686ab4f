"""``results.duckdb``: the tables of a run in one file to be asked in SQL, beside whatever a person keeps there."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.errors import ConfigError, DataError
from quantray.files.duckdb_file import confined, other_kind, quoted, text
from quantray.files.durable import room, sync_file, sync_folder
from quantray.files.marks import kind_of, refuse_link

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: The tables of a run of the optimiser, written anew by each.
TABLES = ("policies", "best", "survivors", "trades", "calls")
#: Begins the comment on each of them, by which they are told from a person's own.
OURS = "quantray:"
MEMORY = "512MB"
_SETTINGS: dict[str, Any] = {"memory_limit": MEMORY, "threads": 2}
_NAMES = (
    "SELECT table_name AS name, comment FROM duckdb_tables() WHERE schema_name = 'main' AND "
    "database_name = current_database() UNION ALL SELECT view_name, 'a view' FROM duckdb_views() WHERE "
    "schema_name = 'main' AND database_name = current_database() AND NOT internal"
)


def check_database(path: Path, names: Sequence[str] = TABLES) -> None:
    """ConfigError, before work starts, where the file is no DuckDB database, or has a table that is not ours by name.

    One that another program has open is looked at when it is written.
    """
    import duckdb

    kind = kind_of(path)
    if kind is None:
        return
    refuse_link(path)
    if kind != "file" or other_kind(path) is not None:
        raise ConfigError(f"{path} is in the way: it is no DuckDB file; move it away, or give another run_dir=DIR")
    try:
        with confined(database=path, access_mode="READ_ONLY", **_SETTINGS) as connection:
            refuse_foreign(connection, path, names)
    except duckdb.Error:
        return


def refuse_foreign(connection: DuckDBPyConnection, path: Path, names: Sequence[str] = TABLES) -> None:
    """ConfigError where a table or view has one of the ``names`` of ours and is not marked as ours."""
    mine = _theirs_and_ours(connection, names)[0]
    if mine:
        raise ConfigError(
            f"{path} holds {', '.join(mine)}, which quantray did not make there and would replace; rename "
            f"{'it' if len(mine) == 1 else 'them'}, move the file away, or give another run_dir=DIR"
        )


def _theirs_and_ours(connection: DuckDBPyConnection, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of ours that others took, and names of ours that are ours."""
    found = connection.execute(_NAMES).fetchall()
    known = {name.lower(): str(comment or "") for name, comment in found}
    there = [name for name in names if name in known]
    ours = [name for name in there if known[name].startswith(OURS)]
    return [name for name in there if name not in ours], ours


def write_database(path: Path, tables: Mapping[str, Sequence[Path]], work: Path) -> Path:
    """Write ``tables`` (name -> Parquet files) into the database, in place of those of an earlier run.

    Other tables, views and everything else in it stay. It is written in the folder ``work`` and moved to its place, so
    a reader finds the old one or the new one, whole. DataError when the earlier file cannot be read or is open
    elsewhere, ConfigError when a table of a person has one of the names, DiskError without room.
    """
    import duckdb

    fresh = work / path.name
    try:
        with room(path, "every result is stored, and the other files are written"):
            if kind_of(path) is None:
                _fill(fresh, tables)
            else:
                _continue(path, fresh, tables)
            sync_file(fresh)
            os.replace(fresh, path)
            sync_folder(path.parent)
    except duckdb.Error as error:
        raise DataError(
            f"{path} cannot be read or written: {str(error).splitlines()[0]}; close it where it is open, or move it "
            "away. The other files are written, and the same command goes on from here"
        ) from None
    return path


def _continue(path: Path, fresh: Path, tables: Mapping[str, Sequence[Path]]) -> None:
    """A copy of the database as it is, with our tables replaced; nobody changes it meanwhile."""
    refuse_link(path)
    if (found := other_kind(path)) is not None:
        raise DataError(f"{path} cannot be read: it is {found[0]}; move it away")
    if path.with_name(f"{path.name}.wal").exists():  # of a program that died: taken in by opening it
        confined(database=path, **_SETTINGS).close()
    with confined(database=path, access_mode="READ_ONLY", **_SETTINGS) as kept:
        refuse_foreign(kept, path, tuple(tables))
        shutil.copyfile(path, fresh)
        _fill(fresh, tables)


def _fill(fresh: Path, tables: Mapping[str, Sequence[Path]]) -> None:
    reached = [file for files in tables.values() for file in files]
    with confined(reached, database=fresh, **_SETTINGS) as connection:
        for name in _theirs_and_ours(connection, tuple(tables))[1]:
            connection.execute(f"DROP TABLE {quoted(name)}")
        connection.execute("CHECKPOINT")  # so that their room is used again
        for name, files in tables.items():
            if files:
                connection.execute(f"CREATE TABLE {quoted(name)} AS FROM read_parquet({_list(files)})")
                connection.execute(f"COMMENT ON TABLE {quoted(name)} IS '{OURS} written anew by every run'")
        connection.execute("CHECKPOINT")


def _list(files: Sequence[Path]) -> str:
    return "[" + ", ".join(text(glob.escape(str(file))) for file in files) + "]"
