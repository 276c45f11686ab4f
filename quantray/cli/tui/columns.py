"""Columns of the tables on the screens: how a value is told, sorted and filtered."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from quantray.callers.report.baseline.words import count, multiple, seconds, share

#: One caller or one call as plain values; None: does not exist, or is not known yet.
Row = Mapping[str, Any]
_SPANS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_COMPARED = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq}
_CONDITION = re.compile(r"(.+?)(>=|<=|>|<|=)([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)(s|m|min|h|d|x|%)?")


class Column(NamedTuple):
    """``title`` heads it and names it in a filter; ``width`` cells, 0: what the others leave."""

    key: str
    title: str
    width: int
    told: Callable[[Any], str] = str
    high_first: bool = True
    text: bool = False  # stands at the left; sorted by letters
    scale: float = 1.0  # a share is compared in percent, as it is shown

    def cell(self, row: Row) -> str:
        value = row.get(self.key)
        return "" if value is None and self.text else self.told(value)


def name_column(key: str, title: str) -> Column:
    """What a row is called; it takes the room that the others leave."""
    return Column(key, title, 0, told=_text, high_first=False, text=True)


def text_column(key: str, title: str, width: int) -> Column:
    return Column(key, title, width, told=_text, high_first=False, text=True)


def multiple_column(key: str, title: str, width: int = 8) -> Column:
    return Column(key, title, width, multiple)


def time_column(key: str, title: str, width: int = 8) -> Column:
    return Column(key, title, width, seconds, high_first=False)


def share_column(key: str, title: str, width: int = 8, *, high_first: bool = True) -> Column:
    return Column(key, title, width, share, high_first, scale=100.0)


def count_column(key: str, title: str, width: int = 7) -> Column:
    return Column(key, title, width, count)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def ordered(rows: Sequence[Row], column: Column, *, reverse: bool = False) -> list[Row]:
    """The better end first, ``reverse``: the other one; what does not exist comes last either way.

    Rows that are equal stay in the order in which they were given.
    """
    known = [row for row in rows if row.get(column.key) is not None]
    rest = [row for row in rows if row.get(column.key) is None]
    if column.text:
        return [*sorted(known, key=lambda row: str(row[column.key]).casefold(), reverse=reverse), *rest]
    falling = column.high_first is not reverse
    return [*sorted(known, key=lambda row: float(row[column.key]), reverse=falling), *rest]


def filtered(rows: Sequence[Row], columns: Sequence[Column], wanted: str) -> list[Row]:
    """Rows that every word of ``wanted`` leaves: part of a text, or a condition such as ``ath>=2`` or ``2x>30%``."""
    tests = [_test(columns, word) for word in wanted.split()]
    return [row for row in rows if all(test(row) for test in tests)]


def _test(columns: Sequence[Column], word: str) -> Callable[[Row], bool]:
    """A word as a test of a row."""
    found = _CONDITION.fullmatch(word)
    named = {c.title.replace(" ", "").casefold(): c for c in columns if not c.text}
    column = named.get(found[1].casefold()) if found else None
    if found is not None and column is not None:
        compare, bound = _COMPARED[found[2]], float(found[3]) * _SPANS.get(found[4] or "", 1.0)
        key, scale = column.key, column.scale
        return lambda row: row.get(key) is not None and compare(float(row[key]) * scale, bound)
    part, texts = word.casefold(), [c.key for c in columns if c.text]
    return lambda row: any(part in str(row.get(key) or "").casefold() for key in texts)
