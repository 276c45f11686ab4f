"""Tables of a data set, read by DuckDB without ever opening one for writing."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quantray.data.settings import DataSettings, mapped
from quantray.errors import DataError, near_miss
from quantray.files.duckdb_file import confined, existing, open_market, quoted, reading_error, text

READERS = {".parquet": "read_parquet", ".pq": "read_parquet", ".csv": "read_csv", ".gz": "read_csv", ".tsv": "read_csv"}
TZ_TYPES = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One table: where it is, and which of our columns it has under which name and type."""

    connection: Any
    key: str  # underlying | chain | options
    where: str  # for messages
    source: str  # what follows FROM
    names: dict[str, str]
    types: dict[str, str]
    present: tuple[str, ...]  # every column of the table

    def has(self, *columns: str) -> bool:
        return all(c in self.names for c in columns)

    def column(self, name: str) -> str:
        return quoted(self.names[name])

    def number(self, name: str) -> str:
        """The column as a double, NaN where it is null or absent."""
        if name not in self.names:
            return f"'nan'::DOUBLE AS {quoted(name)}"
        return f"coalesce({self.column(name)}::DOUBLE, 'nan'::DOUBLE) AS {quoted(name)}"

    def numbers(self, names: Sequence[str]) -> str:
        return ", ".join(self.number(name) for name in names)

    def between(self, start_ns: int, stop_ns: int) -> str:
        """Condition: stamped in [start, stop)."""
        ends = (f"make_timestamptz({us})::{self.types['ts']}" for us in (start_ns // 1000, -(-stop_ns // 1000)))
        return " AND ".join(f"{self.column('ts')} {sign} {end}" for sign, end in zip((">=", "<"), ends, strict=True))

    def of(self, symbol: str | None, column: str = "symbol") -> str:
        """Condition: rows of this underlying, where the table tells them apart."""
        return f"{self.column(column)} = {text(symbol)}" if symbol is not None and self.has(column) else "true"

    def fetch(self, query: str) -> dict[str, np.ndarray]:
        """Columns of ``SELECT query`` (``{t}`` is the table), in the file's order."""
        return guarded(self.where, lambda: self.connection.execute(query.replace("{t}", self.source)).fetchnumpy())

    def row(self, query: str) -> tuple[Any, ...]:
        return guarded(self.where, lambda: self.connection.execute(query.replace("{t}", self.source)).fetchone())

    def require(self, *columns: str) -> None:
        """Refuse a table without one of these columns."""
        for name in columns:
            if not self.has(name):
                raise DataError(
                    f"{self.where} has no column {name!r}: {near_miss(name, self.present, what='column')} "
                    f"(or map it with data.columns.{self.key}.{name}=NAME)"
                )

    def require_zoned(self) -> None:
        """Times must say which instant they mean."""
        self.require("ts")
        if self.types["ts"] not in TZ_TYPES:
            raise DataError(
                f"{self.where}: timestamps in {self.names['ts']!r} have no timezone (type {self.types['ts']}); "
                "store them as UTC timestamps with a timezone"
            )
        (missing,) = self.row(f"SELECT count(*) FROM {{t}} WHERE {self.column('ts')} IS NULL")
        if missing:
            raise DataError(f"{self.where}: {missing} rows have no timestamp in {self.names['ts']!r}")


def spelt(name: str, present: Iterable[str]) -> str | None:
    """``name`` as it is written among the names ``present``: in SQL case does not matter, but the same case wins."""
    alike = sorted(other for other in present if other.casefold() == name.casefold())
    return name if name in alike else next(iter(alike), None)


def open_tables(settings: DataSettings) -> dict[str, Table]:
    """The tables that the settings name, opened read-only; ``chain`` is absent where options bring their own."""
    if settings.kind == "duckdb":
        connection, sources = _duckdb_sources(settings)
    else:
        given = {key: getattr(settings, key) for key in ("underlying", "chain", "options")}
        if given["chain"] == "synthetic":
            given["chain"] = None
        files = {key: data_files(key, path) for key, path in given.items() if path is not None}
        connection = confined([file for found in files.values() for file in found])
        sources = {key: (given[key], reader_of(found)) for key, found in files.items()}
    maps = settings.columns
    try:
        return {k: table_of(connection, k, where, source, getattr(maps, k)) for k, (where, source) in sources.items()}
    except BaseException:
        connection.close()
        raise


def _duckdb_sources(settings: DataSettings) -> tuple[Any, dict[str, tuple[str, str]]]:
    if settings.duckdb is None:
        raise DataError("data=duckdb needs a file: data.duckdb=market.duckdb")
    connection, market = open_market(settings.duckdb, settings.allow_paths)
    sources = {}
    for key in ("underlying", "chain", "options"):
        name = getattr(settings, key)
        if name == "synthetic" and key == "chain":
            continue
        found = market.find(name or key)
        if found is not None:
            sources[key] = (f"{settings.duckdb} ({name or found[1]})", market.source(found))
            continue
        hint = near_miss(name or key, market.shown, what="table")
        if name is not None:
            raise DataError(f"data.{key}: {settings.duckdb}: {hint}")
        if key == "underlying" or (key == "options" and settings.chain != "synthetic"):
            raise DataError(f"{settings.duckdb} has no table {key!r}: {hint}")
    return connection, sources


def data_files(key: str, given: str) -> list[Path]:
    """The file that ``data.<key>`` gives, or those of its folder: Parquet or CSV, all of one kind. DataError else."""
    path = existing(key, given)
    files = sorted(p for p in path.rglob("*") if p.suffix in READERS) if path.is_dir() else [path]
    readers = {READERS.get(p.suffix.lower()) for p in files}
    if len(readers) != 1 or None in readers:
        what = "no file" if not files else "a mixture of files, or one"
        raise DataError(f"data.{key}={given} has {what} that is Parquet (.parquet) or CSV (.csv)")
    return files


def reader_of(files: list[Path]) -> str:
    """What follows FROM for files of :func:`data_files`."""
    return f"{READERS[files[0].suffix.lower()]}([{', '.join(text(glob.escape(str(p))) for p in files)}])"


def table_of(connection: Any, key: str, where: str, source: str, columns: Any) -> Table:
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


def guarded(where: str, work: Any) -> Any:
    """Do ``work``; what DuckDB raises becomes a DataError about ``where``."""
    import duckdb

    try:
        return work()
    except duckdb.Error as error:
        raise reading_error(where, error) from None
