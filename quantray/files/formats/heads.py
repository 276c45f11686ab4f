"""What a file shows before it is read: its name, the names of its columns, its first rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from quantray.files.delimited import first_rows, holds_values
from quantray.files.folders import DELIMITED, kind_of

ROWS = 5


@dataclass(frozen=True, slots=True)
class Head:
    """``columns`` is empty where the first line of text holds values; ``rows`` are the rows below the header."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def place(self) -> str:
        """Its name, and the folder's or the archive's that it lies in, as patterns of names are compared with."""
        return "/".join(self.path.parts[-2:])


def head_of(path: Path) -> Head:
    """The head of a file of text or of Parquet. Raises DataError for what cannot be read."""
    if kind_of(path) != DELIMITED:
        return Head(path, _parquet_names(path))
    _, _, rows = first_rows(path, ROWS)
    return Head(path, (), tuple(rows)) if holds_values(rows[0]) else Head(path, rows[0], tuple(rows[1:]))


def _parquet_names(path: Path) -> tuple[str, ...]:
    from pyarrow import ArrowException
    from pyarrow.parquet import read_schema

    try:
        return tuple(read_schema(path).names)
    except (ArrowException, OSError):
        return ()  # whoever reads it says what is wrong


def plain(name: str) -> str:
    """A column's name without case, blanks and brackets around it: ``[QUOTE_DATE]`` is ``quote_date``."""
    return name.strip().strip("[]").strip().casefold()
