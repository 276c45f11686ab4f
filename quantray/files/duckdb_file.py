"""The one way to open DuckDB for data that somebody else wrote.

A DuckDB file is a program: its views and macros run with the rights of whoever opens it. Here it is attached read-only
on a connection that reaches the named files alone, loads no extension and whose configuration is locked before any SQL
of the file is bound. Views over the user's own files work through ``data.allow_paths``.
"""

from __future__ import annotations

import glob
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.errors import DataError, near_miss
from quantray.interrupts import interruptible

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Names of catalogs that DuckDB keeps for itself; a file of such a name is attached as ``market``.
OWN = ("system", "temp", "memory", "main")
OPTIONS = {
    "autoload_known_extensions": "false", "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false", "allow_persistent_secrets": "false", "python_enable_replacements": "false",
}  # fmt: skip
MAGIC = b"DUCK"  # at byte 8 of each of its files
#: What else a file may begin with -> what it is, and what to do with it.
KINDS = {
    b"SQLite format 3": (
        "an SQLite database",
        "copy its tables into a DuckDB file, or write them as Parquet or CSV for data=parquet",
    ),
    b"PAR1": ("a Parquet file", "read it with data=parquet"),
    b"\x1f\x8b": ("a gzip file", "read it with data=parquet if it is a .csv.gz, else unpack it"),
    b"PK\x03\x04": ("a zip archive", "unpack it"),
    b"ARROW1": ("an Arrow file", "write it as Parquet and read that with data=parquet"),
}

#: Part of what DuckDB says -> what to do.
SAYINGS = {
    "storage version number": "it was written by a newer DuckDB: install that version (pip install -U duckdb), or "
    "write its tables as Parquet there",
    "encrypted database": "quantray has no key for data; copy its tables into a file that is not encrypted",
    "Could not set lock": "another program has it open for writing; close it there, or give a copy",
    "already attached": "it is open in this process; close that connection first",
    "checksum": "the file is damaged; restore it from a copy",
    "Could not read enough bytes": "the file is cut off; copy it again",
    "Out of Memory": "what has no room in memory is kept in the working directory meanwhile: free some space there",
}


@dataclass(frozen=True, slots=True)
class Catalog:
    """An attached file: the name of its catalog, and the tables and views of every schema, sorted."""

    path: str  # as the user gave it
    name: str
    tables: tuple[tuple[str, str], ...]  # (schema, table)

    def find(self, given: str) -> tuple[str, str] | None:
        """(schema, table) that ``given`` names: ``calls``, ``main.calls``, ``raw."my calls"``, ``file.raw.calls``.

        Case does not matter, but the same case wins. A bare name is of the schema main, else of the only schema that
        has it; DataError where several do.
        """
        for parts in (parts_of(given), [given]):
            found = self._named(parts)
            if len({schema for schema, _ in found}) > 1:
                shown = ", ".join(f"{schema}.{table}" for schema, table in found)
                raise DataError(f"{self.path}: several schemas have a table {given!r}: {shown}; name one of these")
            if found:
                return next((pair for pair in found if pair[1] == parts[-1]), found[0])
        return None

    def _named(self, parts: list[str]) -> list[tuple[str, str]]:
        if not parts or len(parts) > 3:
            return []
        if len(parts) == 3 and parts[0].casefold() not in (self.name.casefold(), Path(self.path).stem.casefold()):
            return []
        table, schema = parts[-1].casefold(), parts[-2].casefold() if len(parts) > 1 else None
        found = [pair for pair in self.tables if pair[1].casefold() == table]
        if schema is not None:
            return [pair for pair in found if pair[0].casefold() == schema]
        return [pair for pair in found if pair[0] == "main"] or found

    @property
    def shown(self) -> tuple[str, ...]:
        """Names as :meth:`find` takes them, for near misses."""
        return tuple(table if schema == "main" else f"{schema}.{table}" for schema, table in self.tables)

    def source(self, pair: tuple[str, str]) -> str:
        """What follows FROM: the full name, which no schema or macro of the file can shadow."""
        return ".".join(quoted(name) for name in (self.name, *pair))


def confined(
    files: Iterable[Path] = (), allow: str | Sequence[str] = (), *, database: Path | None = None, **config: str | int
) -> DuckDBPyConnection:
    """A connection that reaches ``files``, what lies below ``allow``, and nothing else; its times are UTC.

    In memory, or the file ``database`` for writing to it. Raises DataError where a path of ``allow`` does not exist.
    """
    import duckdb

    allowed = [existing("allow_paths", given) for given in ([allow] if isinstance(allow, str) else allow)]
    spill = f".quantray-{secrets.token_hex(8)}.tmp"  # beside the work, as DuckDB's own, but nobody else's
    options: dict[str, str | bool | int | float | list[str]] = {"temp_directory": spill, **OPTIONS, **config}
    connection = interruptible(duckdb.connect(":memory:" if database is None else str(database), config=options))
    try:
        connection.execute("SET TimeZone = 'UTC'")
        for name, paths in (
            ("allowed_paths", [*files, *(p for p in allowed if not p.is_dir())]),
            ("allowed_directories", [p for p in allowed if p.is_dir()]),
        ):
            spelt = dict.fromkeys(way for path in paths for way in _spellings(path))
            connection.execute(f"SET {name} = [{', '.join(map(text, spelt))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
    except BaseException:
        connection.close()
        raise
    return connection


def _spellings(path: Path) -> Iterable[str]:
    """Every way in which the path may be asked for: as it is, resolved, and as the pattern that means it alone."""
    for way in (str(path), os.path.realpath(path)):
        yield way
        yield glob.escape(way)


def open_market(
    given: str, allow: str | Sequence[str] = (), more: Sequence[Path] = (), memory_limit: str = "80%"
) -> tuple[DuckDBPyConnection, Catalog]:
    """A confined connection with the DuckDB file ``given`` attached read-only, and what it holds.

    It reaches the files ``more`` too, which are ours.

    Raises DataError for what is no DuckDB file or cannot be read, with what to do about it.
    """
    path = existing("duckdb", given)
    check_header(path)
    connection = confined([path, path.with_name(f"{path.name}.wal"), *more], allow, memory_limit=memory_limit)
    try:
        name = "market" if path.stem.casefold() in OWN else path.stem
        return connection, attached(connection, path, given, name)
    except BaseException:
        connection.close()
        raise


def attached(connection: DuckDBPyConnection, path: Path, given: str, name: str) -> Catalog:
    """Attach a DuckDB file read-only under ``name``; nothing of it is run or bound."""
    import duckdb

    query = (
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = $1 AND NOT internal UNION ALL "
        "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = $1 AND NOT internal ORDER BY ALL"
    )
    try:
        connection.execute(f"ATTACH {text(str(path))} AS {quoted(name)} (READ_ONLY, TYPE duckdb)")
        rows = connection.execute(query, [name]).fetchall()
    except duckdb.Error as error:
        raise reading_error(given, error) from None
    return Catalog(given, name, tuple((str(schema), str(table)) for schema, table in rows))


def check_header(path: Path) -> None:
    """Refuse a file that does not begin as DuckDB's do, saying what it is: DuckDB itself would fetch an extension."""
    if not path.is_file():
        raise DataError(f"data.duckdb={path} is {'a folder' if path.is_dir() else 'no regular file'}; give a file")
    try:
        found = other_kind(path)
    except OSError as error:
        raise DataError(f"data.duckdb={path} cannot be read: {error.strerror}; check its permissions") from None
    if found is not None:
        raise DataError(f"data.duckdb={path} cannot be read: it is {found[0]}; {found[1]}")


def other_kind(path: Path) -> tuple[str, str] | None:
    """(what a file is that is no DuckDB file, what to do with it); None where it begins as DuckDB's do. OSError."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head[8:12] == MAGIC:
        return None
    if not head:
        return "empty", "the program that writes it did not finish; write it again"
    for sign, told in KINDS.items():
        if head.startswith(sign):
            return told
    if b"\0" not in head:
        return "no DuckDB file but text", "read it with data=parquet if it is CSV"
    return "no DuckDB file", "give one, or a Parquet or CSV file with data=parquet"


def reading_error(where: str, error: Exception) -> DataError:
    """What DuckDB says, as a sentence about ``where`` with a remedy."""
    first = str(error).strip().splitlines()[0]
    if "Cannot access" in first and "disabled by configuration" in first:
        return _beyond(where, first.partition('"')[2].rpartition('"')[0])
    if "extension" in first.casefold():
        return DataError(
            f"{where} cannot be read: it needs an extension of DuckDB ({first}), and quantray loads none for data; "
            "copy what it shows into a table or a Parquet file"
        )
    for sign, remedy in SAYINGS.items():
        if sign in first:
            return DataError(f"{where} cannot be read: {first}; {remedy}")
    return DataError(f"{where} cannot be read: {first}; is the file whole and of the kind its name says?")


def _beyond(where: str, wanted: str) -> DataError:
    """A view asked for a file that it was not allowed to read."""
    if "://" in wanted:
        return DataError(
            f"{where} reads {wanted}; data is read from local files alone: download it and read that, or copy what it "
            "shows into a table"
        )
    folder = wanted
    while glob.has_magic(folder):
        folder = os.path.dirname(folder) or "."
    return DataError(
        f"{where} reads {wanted}, which no setting allows; if that is yours and it may be read, say so with "
        f"data.allow_paths=[{folder}]"
    )


def existing(key: str, given: str) -> Path:
    """The path that ``data.<key>`` gives, or DataError with the near miss beside it."""
    path = Path(given).expanduser()
    if not given or not path.exists():
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = f": {near_miss(path.name, beside, what='file')}" if beside else ""
        raise DataError(f"data.{key}={given} does not exist{hint}")
    return path


def parts_of(given: str) -> list[str]:
    """A dotted name in its parts; double quotes keep a dot or a blank: ``raw."my calls"`` is raw, my calls."""
    parts: list[str] = []
    word, inside, i = "", False, 0
    while i < len(given):
        letter = given[i]
        if letter == '"' and inside and given[i + 1 : i + 2] == '"':
            word, i = word + letter, i + 1
        elif letter == '"' and (inside or not word):
            inside = not inside
        elif letter == "." and not inside:
            parts, word = [*parts, word], ""
        else:
            word += letter
        i += 1
    return [*parts, word]


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str | None) -> str:
    """An SQL string."""
    return "'" + str(value).replace("'", "''") + "'"
