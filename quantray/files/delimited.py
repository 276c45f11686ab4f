"""CSV and its relatives: how a file separates its columns, and what they are called."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from quantray.errors import DataError
from quantray.plain import amount

SEPARATORS = (",", ";", "\t", "|")
HEAD = 1 << 20  # bytes in which the header must end
MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16"),
)  # fmt: skip
SIGNS = {b"PAR1": "a Parquet file", b"PK\x03\x04": "a zip archive or a workbook", b"\xd0\xcf\x11\xe0": "a workbook"}
QUOTED = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written: its separator, the names of its header, whether it is compressed."""

    separator: str
    header: tuple[str, ...]
    gzipped: bool
    headed: bool = True  # the first line names the columns; else ``header`` are names from elsewhere

    def reader(self, path_list: str) -> str:
        """What follows FROM: every column as text, named ``c0``, ``c1``, … Nothing is guessed from the rows."""
        columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(self.header)))
        return (
            f"read_csv({path_list}, auto_detect = false, header = {str(self.headed).lower()}, "
            f"delim = '{self.separator}', quote = '\"', "
            f"escape = '\"', compression = '{'gzip' if self.gzipped else 'none'}', columns = {{{columns}}}, "
            "hive_partitioning = false, nullstr = '')"
        )


def dialect_of(path: Path, names: tuple[str, ...] = ()) -> Dialect:
    """Separator and names from the file's first row; with ``names`` it has no header, and these are what it lacks.

    Raises DataError for what is no UTF-8 text, or has no header.
    """
    separator, gzipped, rows = first_rows(path)
    header = tuple(name.strip() for name in rows[0])
    if names:
        if len(header) != len(names):
            raise DataError(
                f"{path} has {amount(len(header), 'column')} ({separator.join(header)[:60]}) where "
                f"{', '.join(names)} are expected"
            )
        return Dialect(separator, names, gzipped, headed=False)
    if holds_values(header):
        shown = separator.join(rows[0])[:60]
        raise DataError(f"{path}: the first line holds values ({shown}); it must name the columns")
    return Dialect(separator, header, gzipped)


def first_rows(path: Path, most: int = 1) -> tuple[str, bool, list[tuple[str, ...]]]:
    """Separator, whether the file is compressed, and the fields of its first rows. DataError for what is no text."""
    head, gzipped = _head(path)
    _check_text(path, head)
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # the block may end inside a character
            line = head.count(b"\n", 0, error.start) + 1
            raise DataError(f"{path}: line {line} is not UTF-8; save the file as UTF-8") from None
        text = head[: error.start].decode("utf-8-sig")
    first = text.splitlines()[0] if text.strip() else ""
    if not first.strip():
        raise DataError(f"{path} is empty or begins with an empty line; its first line must name the columns")
    counts = {mark: QUOTED.sub("", first).count(mark) for mark in SEPARATORS}
    separator = max(SEPARATORS, key=lambda mark: counts[mark])
    try:
        rows = [tuple(row) for row in islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator), most)]
    except csv.Error:
        raise DataError(
            f"{path}: the first lines cannot be told apart: a quote is opened that nothing closes, or a field is "
            f"longer than {csv.field_size_limit():,} characters; repair it, or copy the file again"
        ) from None
    return separator, gzipped, rows


def holds_values(row: tuple[str, ...]) -> bool:
    """Whether a row cannot be one of names: every field is a number, a time or empty."""
    return all(_is_value(name.strip()) for name in row)


def _head(path: Path) -> tuple[bytes, bool]:
    """The file's first bytes, unpacked, and whether they had to be."""
    try:
        with path.open("rb") as file:
            gzipped = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if gzipped else path.open("rb") as file:
            return file.read(HEAD), gzipped
    except (OSError, EOFError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}; check its permissions, or copy it again") from None


def _check_text(path: Path, head: bytes) -> None:
    if not head.strip():
        raise DataError(f"{path} is empty; the program that writes it did not finish, or there is no data")
    for mark, name in MARKS:
        if head.startswith(mark):
            raise DataError(f"{path} is {name} text; save it as UTF-8")
    for sign, what in SIGNS.items():
        if head.startswith(sign):
            raise DataError(f"{path} is {what}, whatever its name says; rename it, or write it as CSV")
    if b"\0" in head[:4096]:
        raise DataError(f"{path} is no UTF-8 text (UTF-16 without a mark, or a binary file); save it as UTF-8 CSV")


def _is_value(name: str) -> bool:
    return bool(re.fullmatch(r"[-+]?[\d.,:/eE ]*\d[\d.,:/ TZ+-]*", name)) or not name


def broken_row(path: Path, said: str) -> str | None:
    """DuckDB's complaint about a row of the file as a sentence; None where it is about something else."""
    found = re.search(r"CSV Error on Line: (\d+)", said)
    if not found:
        return None
    line = f"{path}: line {found[1]}"
    counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", said)
    if counts:
        return (
            f"{line} has {counts[2]} fields and the header {counts[1]}; repair the line (a text that holds the "
            "separator stands in quotes), or copy the file again if it is cut off"
        )
    if "not utf-8" in said or "Invalid unicode" in said:
        return f"{line} is not UTF-8; save the file as UTF-8"
    if "quote" in said:
        return f"{line} opens a quote that nothing closes; repair the line, or copy the file again if it is cut off"
    reason = next((x for x in said.splitlines()[2:] if x.strip()), said.splitlines()[0])
    return f"{line}: {reason.strip()}; repair the line"
