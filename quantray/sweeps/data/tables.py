"""The tables of a data set with our names and our types, whatever the files are called and hold.

Prices, sizes and strikes are doubles, ``ts`` is an instant, ``expiry`` a date with, beside it, the instant at which the
contract ends where the data say so (``expires``). Each file is read by its own columns (docs/data.md, "Types").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.errors import DataError, near_miss
from quantray.files.delimited import broken_row
from quantray.files.duckdb_file import quoted
from quantray.files.parts import Part
from quantray.files.tables import Table, guarded, mapped, spelt
from quantray.files.typed import Cell, Reading, day, instant, label, number, right
from quantray.protocols import Record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LABELS = ("symbol", "underlying")
#: Columns of which a file without them would mean something else than a file with them: all files or none.
DECIDING = ("ts", "symbol", "underlying", "expiry", "strike", "right", "multiplier", "session_date")


@dataclass(frozen=True, slots=True)
class _Found:
    """One part's columns: ours -> the name in the file, and the cells that read them."""

    part: Part
    names: dict[str, str]
    cells: dict[str, Cell]

    def select(self, ours: Iterable[str], kinds: dict[str, str], file: str | None) -> str:
        """SQL of the part's rows; ``file`` is the number of the row's file, where there are several."""
        columns = [
            f"{self.cells[name].strict if name in self.cells else 'NULL'}::{kinds[name]} AS {quoted(name)}"
            for name in ours
        ]
        return f"SELECT {', '.join(columns + ([f'({file})::INTEGER AS file'] if file else []))} FROM {self.part.source}"


def typed_table(
    connection: DuckDBPyConnection, key: str, where: str, parts: list[Part], columns: Record,
    reading: Reading,
) -> Table:  # fmt: skip
    """The parts of one table as one; rows of one file stand in its order.

    Raises DataError for a column the user named that is not there, for one of a type that cannot be ours, and for
    files of one folder that differ in a column that decides. Text is read once, into memory, when this is called.
    """
    found = [_match(part, key, where, columns, reading) for part in parts]
    ours = list(dict.fromkeys(name for f in found for name in f.cells))
    if not ours:
        wanted = [name for name, _ in mapped(columns).values()]
        has = ", ".join(found[0].part.columns)
        raise DataError(
            f"{where} has none of the columns {', '.join(wanted)}: it has {has}; the first line of a CSV file must "
            "name the columns, and data.columns says which of them are meant"
        )
    _check_alike(where, found, ours)
    kinds = {name: _kind(name, found) for name in ours}
    files = sum(max(len(f.part.files), 1) for f in found)
    several = files > 1
    explain = _explainer(connection, where, found)
    if all(c.native for f in found for c in f.cells.values()) and not any(f.part.delimited for f in found):
        source = f"({_union(found, ours, kinds, several)})"
    else:
        source = f"typed_{key}"
        _store(connection, source, found, ours, kinds, several, where, explain)
    names = {name: name for name in (*ours, *(("file",) if several else ()))}
    present = tuple(dict.fromkeys(name for f in found for name in f.part.columns))
    paths = tuple(file for f in found for file in f.part.files)
    return Table(connection, key, where, source, names, kinds, present, explain, paths)


def _match(part: Part, key: str, where: str, columns: Record, reading: Reading) -> _Found:
    place = _place(where, part)
    names: dict[str, str] = {}
    for ours, (theirs, chosen) in mapped(columns).items():
        name = spelt(theirs, part.columns)
        if name is not None:
            alike = [n for n in part.columns if n.casefold() == theirs.casefold()]
            if name.casefold() in part.twice or (name != theirs and len(alike) > 1):
                raise DataError(f"{place} has the column {name!r} twice; rename or remove one of them")
            names[ours] = name
        elif chosen:
            raise DataError(f"data.columns.{key}.{ours}: {place}: {near_miss(theirs, part.columns, what='column')}")
    _check_typos(place, key, columns, names, part)
    cells: dict[str, Cell] = {}
    for ours, name in names.items():
        sql, kind = part.columns[name]
        what = f"{place}: column {name!r}"
        if ours == "ts":
            cells[ours] = instant(what, sql, kind, reading)
        elif ours in ("expiry", "session_date"):
            cells[ours], ends = day(what, sql, kind, reading, part.zones.get(name) if "TIMESTAMP" in kind else None)
            if ours == "expiry":
                cells["expires"] = ends
        elif ours in LABELS:
            cells[ours] = label(what, sql, kind)
        else:
            cells[ours] = (right if ours == "right" else number)(what, sql, kind)
    return _Found(part, names, cells)


def _place(where: str, part: Part) -> str:
    return str(part.files[0]) if len(part.files) == 1 else where


def _check_typos(place: str, key: str, columns: Record, names: dict[str, str], part: Part) -> None:
    """Refuse a column that is ours but for a slip of the pen: left out, it would change results without a word."""
    free = [name for name in part.columns if name not in names.values()]
    for ours, (theirs, _) in mapped(columns).items():
        near = [name for name in free if ours not in names and one_slip(theirs.casefold(), name.casefold())]
        if near:
            raise DataError(
                f"{place} has no column {ours!r}: unknown column {theirs!r}; did you mean {near[0]!r}? (rename it, or "
                f"map it with data.columns.{key}.{ours}={near[0]})"
            )


def one_slip(a: str, b: str) -> bool:
    """Whether one letter more, less, other, or two exchanged turn ``a`` (of three letters or more) into ``b``."""
    if len(a) < 3 or a == b or abs(len(a) - len(b)) > 1:
        return a != b and a == b.replace(" ", "").replace("_", "")
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    x, y = a[start:], b[start:]
    return x[1:] == y[1:] or x[1:] == y or x == y[1:] or (x[:2] == y[:2][::-1] and x[2:] == y[2:])


def _check_alike(where: str, found: list[_Found], ours: list[str]) -> None:
    for name in ours:
        lacks = [f.part.files[0] for f in found if name not in f.cells and f.part.files]
        if lacks and name in DECIDING:
            has = next(f.part.files[0] for f in found if name in f.cells)
            raise DataError(
                f"{where}: {lacks[0].name} has no column {name!r} and {has.name} has; give every file of the folder "
                "the same columns"
            )


def _kind(name: str, found: list[_Found]) -> str:
    if name == "ts":
        fine = any(f.part.columns[f.names["ts"]][1] == "TIMESTAMPTZ_NS" for f in found)
        return "TIMESTAMPTZ_NS" if fine else "TIMESTAMP WITH TIME ZONE"
    if name in ("expiry", "session_date"):
        return "DATE"
    return {"expires": "TIMESTAMPTZ", "right": "VARCHAR", **dict.fromkeys(LABELS, "VARCHAR")}.get(name, "DOUBLE")


def _union(found: list[_Found], ours: list[str], kinds: dict[str, str], several: bool) -> str:
    first, selects = 0, []
    for f in found:
        number_of = f"file_index + {first}" if f.part.files else str(first)
        selects.append(f.select(ours, kinds, number_of if several else None))
        first += max(len(f.part.files), 1)
    return " UNION ALL ".join(selects)


def _store(
    connection: DuckDBPyConnection, name: str, found: list[_Found], ours: list[str], kinds: dict[str, str],
    several: bool, where: str, explain: Callable[[], DataError | None],
) -> None:  # fmt: skip
    """Read the parts into a table of the connection's own: text is parsed once, not once a session."""
    at = 0
    for f in found:
        for _, one in f.part.each():
            select = _Found(one, f.names, f.cells).select(ours, kinds, str(at) if several else None)
            into = f"INSERT INTO {name} {select}" if at else f"CREATE TABLE {name} AS {select}"
            guarded(_place(where, one), partial(connection.execute, into), explain)
            at += 1


def _explainer(connection: DuckDBPyConnection, where: str, found: list[_Found]) -> Callable[[], DataError | None]:
    """A function that looks for the row which cannot be read, after DuckDB failed."""

    def explain() -> DataError | None:
        for f in found:
            for file, one in f.part.each():
                said = _unreadable(connection, str(file or where), one, f)
                if said is not None:
                    return DataError(said)
        return None

    return explain


def _unreadable(connection: DuckDBPyConnection, place: str, part: Part, found: _Found) -> str | None:
    import duckdb

    for ours, cell in found.cells.items():
        if cell.bad is None:
            continue
        name = found.names[ours]
        raw = part.columns[name][0]
        query = (
            f"SELECT n, v FROM (SELECT row_number() OVER () AS n, {raw}::VARCHAR AS v, {cell.bad} AS bad "
            f"FROM {part.source}) WHERE bad LIMIT 1"
        )
        try:
            row = connection.execute(query).fetchone()
        except duckdb.Error as error:
            return broken_row(Path(place), str(error))
        if row is not None:
            remedy = cell.remedy(row[1]) if callable(cell.remedy) else "cannot be read"
            return f"{place}: column {name!r}, row {row[0]}: {row[1]!r} {remedy}"
    return None
