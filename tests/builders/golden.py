"""Files as vendors write them, about twenty rows each, and what a format makes of one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.files import formats
from quantray.files.duckdb_file import confined
from quantray.files.parts import parts_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

GOLDEN = Path(__file__).parents[1] / "golden"
KINDS = {"ts": "TIMESTAMPTZ", "expiry": "DATE", "expires": "TIMESTAMPTZ", "symbol": "VARCHAR", "underlying": "VARCHAR",
         "right": "VARCHAR", "asset": "VARCHAR", "caller": "VARCHAR"}  # fmt: skip
Rows = list[tuple[object, ...]]


def written(rows: str) -> Rows:
    """Rows as a test writes them by hand: a line each, values between blanks; a number is one, and ``-`` is nothing."""
    return [tuple(_value(word) for word in line.split()) for line in rows.strip().splitlines()]


def _value(word: str) -> object:
    try:
        return None if word == "-" else float(word)
    except ValueError:
        return word


def layout_of(path: Path, table: str, named: str | None = None) -> formats.Layout:
    """The layout of the format that is named, or the guessed one."""
    head = formats.head_of(path)
    if named is not None:
        return formats.layout_for(formats.named(named, "data.format"), head, table)
    found = formats.guess(head, table, formats.shelf())
    assert found.layout is not None, found.sentence
    return found.layout


def rows_of(path: Path, table: str, columns: str, ask: formats.Ask | None = None, named: str | None = None) -> Rows:
    """The columns (names with blanks between) of every row that is taken; times as UTC, ``HH:MM:SS`` of their day."""
    found: Rows = []
    with formats.unpacked([path]) as files, confined(files) as connection:
        for file in files:
            read = _read(connection, file, table, ask, named)
            names = columns.split()
            select = read.select(names, {name: KINDS.get(name, "DOUBLE") for name in names}, why=True)
            shown = ", ".join(
                f"strftime({n}, '%Y-%m-%dT%H:%M:%SZ')" if KINDS.get(n) == "TIMESTAMPTZ" else
                f"{n}::VARCHAR" if n == "expiry" else f'"{n}"' for n in names
            )  # fmt: skip
            out = ", ".join(f"'{reason}'" for reason in read.aside) or "''"
            query = f"SELECT {shown} FROM ({select}) WHERE aside IS NULL OR aside NOT IN ({out})"
            found += connection.execute(query).fetchall()
    return found


def aside_of(path: Path, table: str, ask: formats.Ask | None = None, named: str | None = None) -> dict[str, int]:
    """How many rows are set aside, or withdraw a quote, for each reason."""
    found: Counter[str] = Counter()
    with formats.unpacked([path]) as files, confined(files) as connection:
        for file in files:
            select = _read(connection, file, table, ask, named).select(["ts"], KINDS, why=True)
            query = f"SELECT aside, count(*) FROM ({select}) WHERE aside IS NOT NULL GROUP BY aside"
            found.update(dict(connection.execute(query).fetchall()))
    return dict(found)


def _read(
    connection: DuckDBPyConnection, file: Path, table: str, ask: formats.Ask | None, named: str | None
) -> formats.Read:
    layout = layout_of(file, table, named)
    (part,) = parts_of(connection, [file], layout.names)
    return formats.read_as(part, layout, ask or formats.Ask(key=table))
