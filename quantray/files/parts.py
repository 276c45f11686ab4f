"""A table as the files it lies in: each with its own columns and types, none with those of another."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.errors import DataError
from quantray.files.delimited import Dialect, dialect_of
from quantray.files.duckdb_file import quoted
from quantray.files.folders import DELIMITED, kind_of
from quantray.files.origin import BATCH

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Part:
    """Files whose columns have the same names and types, or one table of a database (no files).

    ``columns``: name in the file -> (SQL of the column, DuckDB type). ``twice`` are names that stand in it twice.
    """

    source: str  # what follows FROM
    columns: dict[str, tuple[str, str]]
    files: tuple[Path, ...] = ()
    dialect: Dialect | None = None
    twice: frozenset[str] = frozenset()
    origin: str = ""  # how it was imported (quantray.files.origin)

    @property
    def batch(self) -> str | None:
        """SQL of the number of a row's batch in an imported table (quantray.files.origin), which is in time order."""
        return quoted(BATCH) if not self.files and BATCH in self.columns else None

    @property
    def delimited(self) -> bool:
        return self.dialect is not None

    @cached_property
    def zones(self) -> dict[str, str]:
        """Column -> the time zone in which a Parquet file says it was written; DuckDB keeps the instant only."""
        if not self.files or self.delimited:
            return {}
        from pyarrow.parquet import read_schema

        types = {field.name: field.type for field in read_schema(self.files[0])}
        return {name: kind.tz for name, kind in types.items() if getattr(kind, "tz", None)}

    def each(self) -> Iterator[tuple[Path | None, Part]]:
        """One part a file."""
        if not self.files:
            yield None, self
        for file in self.files:
            yield file, replace(self, source=_reader([file], self.dialect), files=(file,))


def parts_of(connection: DuckDBPyConnection, files: Sequence[Path], names: tuple[str, ...] = ()) -> list[Part]:
    """The files, those with the same columns and types together. Raises DataError for what cannot be read.

    ``names`` are those of the columns of text without a header.
    """
    alike: dict[tuple[Dialect | None, tuple[tuple[str, tuple[str, str]], ...]], list[Part]] = {}
    for file in files:
        part = _part(connection, file, names)
        alike.setdefault((part.dialect, tuple(sorted(part.columns.items()))), []).append(part)
    return [_together(parts) for parts in alike.values()]


def _together(parts: list[Part]) -> Part:
    files = tuple(file for part in parts for file in part.files)
    return replace(parts[0], source=_reader(files, parts[0].dialect), files=files)


def part_of_table(connection: DuckDBPyConnection, source: str) -> Part:
    """A table or view of a database."""
    return Part(source, _described(connection, source))


def _part(connection: DuckDBPyConnection, file: Path, names: tuple[str, ...]) -> Part:
    import duckdb

    if kind_of(file) == DELIMITED:
        dialect = dialect_of(file, names)
        folded = [name.casefold() for name in dialect.header]
        columns = {name: (f"c{i}", "VARCHAR") for i, name in enumerate(dialect.header)}
        return Part(
            _reader([file], dialect), columns, (file,), dialect, frozenset(n for n in folded if folded.count(n) > 1)
        )
    source = _reader([file], None)
    try:
        return Part(source, _described(connection, source), (file,))
    except duckdb.Error as error:
        first = str(error).strip().splitlines()[0]
        raise DataError(f"{file} cannot be read: {first}; {_damage(file)}") from None


def _damage(file: Path) -> str:
    with file.open("rb") as content:
        head = content.read(4)
        if head != b"PAR1":
            return "it is no Parquet file, whatever its name says" if head else "it is empty"
        content.seek(-4, 2)
        return "it is damaged" if content.read(4) == b"PAR1" else "it is cut off; copy it again"


def _described(connection: DuckDBPyConnection, source: str) -> dict[str, tuple[str, str]]:
    rows = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    return {row[0]: ('"' + row[0].replace('"', '""') + '"', str(row[1])) for row in rows}


def _reader(files: Sequence[Path], dialect: Dialect | None) -> str:
    listed = ", ".join("'" + glob.escape(str(file)).replace("'", "''") + "'" for file in files)
    if dialect is not None:
        return dialect.reader(f"[{listed}]")
    return f"read_parquet([{listed}], hive_types_autocast = false, binary_as_string = true)"
