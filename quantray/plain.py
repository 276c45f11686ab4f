"""Text that came with the data, made harmless: for terminals and pages, and for the cells of a CSV file.

A name may hold what a terminal obeys (escape sequences), what turns a line around (bidirectional marks), what ends a
line where none ends, and what a spreadsheet runs (a cell that begins with ``=``). Tables in Parquet and DuckDB keep
names as they are; everything that is shown goes through :func:`shown`, every CSV file through :func:`cell`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

#: C0 without tab and line feed, DEL, C1, marks of direction, line and paragraph separators, the byte order mark.
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff"
_CONTROL = re.compile(f"[{_CONTROLS}]")
_IN_CELL = re.compile(f"[{_CONTROLS}\n]")
_TO_WRITE = re.compile(rf"(\\*)([{_CONTROLS}\n])|(\\+)(x[0-9a-f]{{2}}|u[0-9a-f]{{4}})")
_WRITTEN = re.compile(r"(\\+)(x[0-9a-f]{2}|u[0-9a-f]{4})")
#: What a spreadsheet takes for the beginning of a formula, behind quotes that stand there already.
_RUNS = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")


def shown(text: str) -> str:
    r"""``text`` with every control character as its code; line feeds and tabs stay.

    >>> shown("caller \x1b[31m")
    'caller \\x1b[31m'
    """
    return text if text.isascii() and text.isprintable() else _CONTROL.sub(_code, text)


def _code(match: re.Match[str]) -> str:
    return _code_of(match[0])


def _code_of(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"


def one_line(text: str) -> str:
    """The same for a name: line feeds and tabs are codes too, so that no name looks like a line of ours."""
    return shown(text).replace("\n", "\\x0a").replace("\t", "\\x09")


def amount(n: int, one: str, several: str = "") -> str:
    """A number with its noun: the one place where a sentence learns to count.

    >>> amount(1, "trade"), amount(1200, "trade"), amount(0, "entry", "entries")
    ('1 trade', '1,200 trades', '0 entries')
    """
    return f"{n:,} {one if n == 1 else several or one + 's'}"


def in_json(text: str) -> str:
    """JSON text in which the same characters are written as JSON's own codes: it reads back as it was."""
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def cell(value: object) -> object:
    """A value as a CSV file may hold it: text that a spreadsheet would run gets a quote in front, controls are codes.

    Numbers are left alone, also those that are text. :func:`original` undoes it exactly.

    >>> cell("=1+1"), cell(-1.5), cell("-1.5"), cell("'=1")
    ("'=1+1", -1.5, '-1.5', "''=1")
    """
    if not isinstance(value, str) or (value.isascii() and value.isalnum()):
        return value
    text = _TO_WRITE.sub(_written, value)
    return f"'{text}" if _RUNS.match(value) and not _NUMBER.fullmatch(value) else text


def original(text: str) -> str:
    """The text that :func:`cell` made ``text`` of; any other text comes back as it is."""
    if text.startswith("'"):
        inner = _WRITTEN.sub(_halved, text[1:])
        if _RUNS.match(inner) and not _NUMBER.fullmatch(inner):
            return inner
    return _WRITTEN.sub(_halved, text)


def _written(match: re.Match[str]) -> str:
    """The code of a control; backslashes before it, or before what only looks like one, are doubled."""
    if match[2] is not None:
        return match[1] * 2 + _code_of(match[2])
    return match[3] * 2 + match[4] if _is_control(match[4]) else match[0]


def _halved(match: re.Match[str]) -> str:
    slashes, odd = divmod(len(match[1]), 2)
    if not _is_control(match[2]):
        return match[0]
    return "\\" * slashes + (chr(int(match[2][1:], 16)) if odd else match[2])


def _is_control(code: str) -> bool:
    number = int(code[1:], 16)
    return (code[0] == "x") == (number < 256) and _IN_CELL.fullmatch(chr(number)) is not None


def write_csv(path: Path, names: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write rows of plain values as CSV: the only place that does besides the tables of a report."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([cell(name) for name in names])
        writer.writerows([[cell(row[name]) for name in names] for row in rows])
