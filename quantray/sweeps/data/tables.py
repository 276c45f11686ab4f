"""The tables of a data set with our names and our types, whatever the files are called and hold.

Prices, sizes and strikes are doubles, ``ts`` is an instant, ``expiry`` a date with, beside it, the instant at which the
contract ends where the data say so (``expires``). Each file is read by its own columns (docs/data.md, "Types").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.errors import DataError
from quantray.files.delimited import broken_row
from quantray.files.duckdb_file import text
from quantray.files.formats import Read
from quantray.files.formats.matching import place_of
from quantray.files.formats.reading import LABELS
from quantray.files.parts import Part
from quantray.files.tables import Table, guarded

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Columns of which a file without them would mean something else than a file with them: all files or none.
DECIDING = ("ts", "symbol", "underlying", "expiry", "strike", "right", "multiplier", "session_date")


def typed_table(connection: DuckDBPyConnection, key: str, where: str, found: list[Read]) -> Table:
    """The parts of one table as one; rows of one file stand in its order.

    Raises DataError for what cannot be read, and for files of one folder that differ in a column that decides. Text is
    read once, into memory, when this is called; so is what has rows that are set aside, which are counted.
    """
    ours = list(dict.fromkeys(name for f in found for name in f.cells))
    _check_alike(where, found, ours)
    kinds = {name: _kind(name, found) for name in ours}
    files = sum(max(len(f.part.files), 1) for f in found)
    several = files > 1 or any(f.part.batch for f in found)
    explain = _explainer(connection, where, found)
    aside, withdrawn = Counter[str](), Counter[str]()
    if all(f.native for f in found):
        source = f"({_union(found, ours, kinds, several)})"
    else:
        source = f"typed_{key}"
        _store(connection, source, found, ours, kinds, several, where, explain)
        aside, withdrawn = _set_aside(connection, source, found)
    names = {name: name for name in (*ours, *(("file",) if several else ()))}
    present = tuple(dict.fromkeys(name for f in found for name in f.part.columns))
    return Table(
        connection, key, where, source, names, kinds, present, explain,
        files=tuple(file for f in found for file in f.part.files), aside=aside, withdrawn=withdrawn,
        said=tuple(dict.fromkeys(line for f in found for line in f.said)),
        origin="; ".join(dict.fromkeys(f.part.origin for f in found if f.part.origin)),
    )  # fmt: skip


def _set_aside(connection: DuckDBPyConnection, source: str, found: list[Read]) -> tuple[Counter[str], Counter[str]]:
    """Take the rows that are set aside out of the table; count them by reason, and those that withdraw a quote."""
    reasons = {reason for f in found for reason in f.aside}
    if not reasons and not any(f.withdrawn for f in found):
        return Counter(), Counter()
    rows = connection.execute(f"SELECT aside, count(*) FROM {source} WHERE aside IS NOT NULL GROUP BY ALL").fetchall()
    aside = Counter({str(reason): int(n) for reason, n in sorted(rows) if reason in reasons})
    if aside:
        connection.execute(f"DELETE FROM {source} WHERE aside IN ({', '.join(map(text, aside))})")
    return aside, Counter({str(reason): int(n) for reason, n in sorted(rows) if reason not in reasons})


def _check_alike(where: str, found: list[Read], ours: list[str]) -> None:
    for name in ours:
        lacks = [f.part.files[0] for f in found if name not in f.cells and f.part.files]
        if lacks and name in DECIDING:
            has = next(f.part.files[0] for f in found if name in f.cells)
            raise DataError(
                f"{where}: {lacks[0].name} has no column {name!r} and {has.name} has; give every file of the folder "
                "the same columns"
            )


def _kind(name: str, found: list[Read]) -> str:
    if name == "ts":
        fine = any(f.fine for f in found)
        return "TIMESTAMPTZ_NS" if fine else "TIMESTAMP WITH TIME ZONE"
    if name in ("expiry", "session_date"):
        return "DATE"
    return {"expires": "TIMESTAMPTZ", "right": "VARCHAR", **dict.fromkeys(LABELS, "VARCHAR")}.get(name, "DOUBLE")


def _union(found: list[Read], ours: list[str], kinds: dict[str, str], several: bool) -> str:
    first, selects = 0, []
    for f in found:
        number_of = f"file_index + {first}" if f.part.files else f.part.batch or str(first)
        selects.append(f.select(ours, kinds, number_of if several else None))
        first += max(len(f.part.files), 1)
    return " UNION ALL ".join(selects)


def _store(
    connection: DuckDBPyConnection, name: str, found: list[Read], ours: list[str], kinds: dict[str, str],
    several: bool, where: str, explain: Callable[[], DataError | None],
) -> None:  # fmt: skip
    """Read the parts into a table of the connection's own: text is parsed once, not once a session."""
    at, why = 0, any(f.aside or f.withdrawn for f in found)
    for f in found:
        # all of its files at once: planning a statement a file would take longer than reading a small one
        number_of = f.part.batch or (f"file_index + {at}" if f.part.files else str(at))
        select = f.select(ours, kinds, number_of if several else None, why=why)
        into = f"INSERT INTO {name} {select}" if at else f"CREATE TABLE {name} AS {select}"
        guarded(place_of(where, f.part), partial(connection.execute, into), explain)
        at += max(len(f.part.files), 1)


def _explainer(connection: DuckDBPyConnection, where: str, found: list[Read]) -> Callable[[], DataError | None]:
    """A function that looks for the row which cannot be read, after DuckDB failed."""

    def explain() -> DataError | None:
        for f in found:
            for file, one in f.part.each():
                said = _unreadable(connection, str(file or where), one, f)
                if said is not None:
                    return DataError(said)
        return None

    return explain


def _unreadable(connection: DuckDBPyConnection, place: str, part: Part, found: Read) -> str | None:
    import duckdb

    for ours, cell in found.cells.items():
        if cell.bad is None:
            continue
        name = found.names[ours]
        query = (
            f"SELECT line, v FROM (SELECT line, ({found.raws[ours]})::VARCHAR AS v, {cell.bad} AS bad "
            f"FROM {found.of(part).numbered}) WHERE bad ORDER BY line LIMIT 1"
        )
        try:
            row = connection.execute(query).fetchone()
        except duckdb.Error as error:
            return broken_row(Path(place), str(error))
        if row is not None:
            remedy = cell.remedy(row[1]) if callable(cell.remedy) else "cannot be read"
            return f"{place}: column {name!r}, row {row[0]}: {row[1]!r} {remedy}"
    return None
