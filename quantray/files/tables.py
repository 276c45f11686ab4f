"""Tables of a data set, read by DuckDB without ever opening one for writing."""

from __future__ import annotations

import glob
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from quantray.errors import DataError, near_miss
from quantray.files.alike import in_parts, looks_like
from quantray.files.duckdb_file import quoted, reading_error, text
from quantray.files.folders import PARQUET, SUFFIXES
from quantray.plain import amount
from quantray.protocols import Record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

T = TypeVar("T")
READERS = {".gz": "read_csv", ".txt": "read_csv"} | {
    n: "read_parquet" if k == PARQUET else "read_csv" for n, k in SUFFIXES.items()
}
_turn = threading.Lock()
_turns: WeakKeyDictionary[Any, threading.Lock] = WeakKeyDictionary()
TZ_TYPES = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One table: where it is, and which of our columns it has under which name and type."""

    connection: DuckDBPyConnection
    key: str  # underlying | chain | options
    where: str  # for messages
    source: str  # what follows FROM
    names: dict[str, str]
    types: dict[str, str]
    present: tuple[str, ...]  # every column of the table
    explain: Callable[[], DataError | None] | None = None  # what DuckDB could not read, where that is known
    files: tuple[Path, ...] = ()  # in the order of the numbers in the column ``file``, where there is one
    aside: Mapping[str, int] = field(default_factory=dict)  # reason -> rows that were set aside while it was read
    withdrawn: Mapping[str, int] = field(default_factory=dict)  # the same of rows that say that nobody quotes
    said: tuple[str, ...] = ()  # what a format decided about it
    origin: str = ""  # how it was imported, where ``quantray data import`` made it

    def has(self, *columns: str) -> bool:
        return all(c in self.names for c in columns)

    def column(self, name: str) -> str:
        return quoted(self.names[name])

    def number(self, name: str) -> str:
        """The column as a double, NaN where it is null or absent."""
        if name not in self.names:
            return f"'nan'::DOUBLE AS {quoted(name)}"
        return f"coalesce({self.column(name)}::DOUBLE, 'nan'::DOUBLE) AS {quoted(name)}"

    def numbers(self, names: Iterable[str]) -> str:
        return ", ".join(self.number(name) for name in names)

    def between(self, start_ns: int, stop_ns: int) -> str:
        """Condition: stamped in [start, stop)."""
        ends = (f"make_timestamptz({us})::{self.types['ts']}" for us in (start_ns // 1000, -(-stop_ns // 1000)))
        return " AND ".join(f"{self.column('ts')} {sign} {end}" for sign, end in zip((">=", "<"), ends, strict=True))

    def of(self, symbol: str | None, column: str = "symbol") -> str:
        """Condition: rows of this underlying, where the table tells them apart."""
        return f"{self.column(column)} = {text(symbol)}" if symbol is not None and self.has(column) else "true"

    def fetch(self, query: str) -> dict[str, np.ndarray]:
        """Columns [r] of ``SELECT query`` (``{t}`` is the table), in the file's order."""
        query = query.replace("{t}", self.source)
        with _turn_of(self.connection):
            found: dict[str, Any] = guarded(
                self.where, lambda: self.connection.execute(query).fetchnumpy(), self.explain
            )
        return found

    def row(self, query: str) -> tuple[Any, ...]:
        query = query.replace("{t}", self.source)
        # all of it is fetched: a result that is half read holds the connection
        with _turn_of(self.connection):
            found = guarded(self.where, lambda: self.connection.execute(query).fetchall(), self.explain)
        assert found  # every query here aggregates, or asks for a row that was counted before
        return tuple(found[0])

    def require(self, *columns: str) -> None:
        """Refuse a table without one of these columns."""
        for name in columns:
            likely = None if self.has(name) else looks_like(name, self.present)
            parts = None if self.has(name) else in_parts(name, self.present)
            if parts is not None:
                raise DataError(f"{self.where} has no column {name!r}: {parts}")
            if likely is not None:
                raise DataError(
                    f"{self.where} has no column {name!r}: column {likely!r} looks like {name}: "
                    f"data.columns.{self.key}.{name}={likely}"
                )
            if not self.has(name):
                raise DataError(
                    f"{self.where} has no column {name!r}: {near_miss(name, self.present, what='column')} "
                    f"(or map it with data.columns.{self.key}.{name}=NAME)"
                )

    def require_times(self) -> None:
        """Refuse a table in which a row has no time."""
        self.require("ts")
        (missing,) = self.row(f"SELECT count(*) FROM {{t}} WHERE {self.column('ts')} IS NULL")
        if missing:
            raise DataError(
                f"{self.where}: {amount(missing, 'row')} without a timestamp in "
                f"{self.names['ts']!r}; remove what has none"
            )


def _turn_of(connection: DuckDBPyConnection) -> threading.Lock:
    """A connection answers one query at a time, and threads ask several."""
    with _turn:
        return _turns.setdefault(connection, threading.Lock())


def spelt(name: str, present: Iterable[str]) -> str | None:
    """``name`` as it is written among the names ``present``: in SQL case does not matter, but the same case wins."""
    alike = sorted(other for other in present if other.casefold() == name.casefold())
    return name if name in alike else next(iter(alike), None)


def reader_of(files: list[Path]) -> str:
    """What follows FROM for files of one kind."""
    return f"{READERS[files[0].suffix.lower()]}([{', '.join(text(glob.escape(str(p))) for p in files)}])"


def table_of(connection: DuckDBPyConnection, key: str, where: str, source: str, columns: Record) -> Table:
    """Match the table's columns with a map of ours; DataError when a column the user named is not there."""
    described = guarded(where, lambda: connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall())
    present = {row[0]: str(row[1]) for row in described}
    names: dict[str, str] = {}
    for ours, (theirs, chosen) in mapped(columns).items():
        found = spelt(theirs, present)
        if found is not None:
            names[ours] = found
        elif chosen:
            raise DataError(f"data.columns.{key}.{ours}: {where}: {near_miss(theirs, present, what='column')}")
    types = {ours: present[theirs] for ours, theirs in names.items()}
    return Table(connection, key, where, source, names, types, tuple(present))


def guarded(where: str, work: Callable[[], T], explain: Callable[[], DataError | None] | None = None) -> T:
    """Do ``work``; what DuckDB raises becomes a DataError about ``where``, or what ``explain`` finds in the rows."""
    import duckdb

    try:
        return work()
    except duckdb.Error as error:
        found = explain() if explain is not None else None
        raise found or reading_error(where, error) from None


def mapped(columns: Record) -> dict[str, tuple[str, bool]]:
    """Our name -> (the file's name, whether the user chose it), of any map of columns; one that is null is not read."""
    given = {f.name: (getattr(columns, f.name), getattr(columns, f.name) != f.default) for f in fields(columns)}
    return {name: pair for name, pair in given.items() if pair[0] is not None}
