"""What stands in a file where a layout says that a value of ours is: SQL over the part's own columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from quantray.errors import DataError, near_miss
from quantray.files.duckdb_file import text
from quantray.files.formats.heads import plain
from quantray.files.formats.layout import Column, Layout
from quantray.files.formats.relation import Ask
from quantray.files.parts import Part
from quantray.files.remedies import no_whole
from quantray.files.typed import Cell, is_text

Raw = tuple[str, str]  # SQL, and DuckDB's type


class Raws:
    """The columns of a part as a layout names them."""

    def __init__(self, part: Part, layout: Layout, ask: Ask, place: str) -> None:
        self.part, self.layout, self.ask, self.place = part, layout, ask, place
        self._found = {plain(name): name for name in part.columns}
        wanted = {plain(str(column.source)) for column in layout.each() if column.source}
        twice = sorted(name for name in part.twice if plain(name) in wanted)
        if twice:
            raise DataError(f"{place} has the column {twice[0]!r} twice; rename or remove one of them")

    def of(self, column: Column) -> Raw | None:
        """None where the file has no such column."""
        found = self._unpolished(column)
        if found is None:
            return None
        sql, kind = found
        if column.strip:
            sql = f"ltrim({sql}::VARCHAR, {text(column.strip)})" if len(column.strip) == 1 else (
                f"regexp_replace({sql}::VARCHAR, {text('^' + re.escape(column.strip))}, '')")  # fmt: skip
        if column.upper:
            sql = f"upper({sql}::VARCHAR)"
        if column.nulls:
            listed = ", ".join(text(value) for value in column.nulls)
            sql = f"CASE WHEN {sql}::VARCHAR IN ({listed}) THEN NULL ELSE {sql} END"
        rule = self.holds(column.absent) if column.absent else "false"
        if rule != "false":
            sql = f"CASE WHEN {rule} THEN NULL ELSE {sql} END"
        return sql, kind

    def need(self, column: Column, what: str) -> Raw:
        """DataError where the file has no such column."""
        found = self.of(column)
        if found is None:
            raise DataError(
                f"{self.place} has no column for {what}: {near_miss(column.shown, self.part.columns, what='column')}"
            )
        return found

    def _unpolished(self, column: Column) -> Raw | None:
        if column.value is not None:
            return text(column.value), "VARCHAR"
        if column.setting is not None:
            if self.ask.symbol is None:
                raise DataError(f"{self.place}: nothing in it names the underlying; say data.symbol=NAME, as SPX")
            return text(self.ask.symbol), "VARCHAR"
        if column.mid:
            bid, ask = (self._raw(name) for name in column.mid)
            return None if bid is None or ask is None else (_mid(bid[0], ask[0]), "DOUBLE")
        if column.group is not None:
            return self._of_name(column), "VARCHAR"
        name = str(column.source)
        if not self.layout.sides or ("{side}" not in name and name != "side"):
            return self._raw(name)
        if name == "side":
            each: list[Raw | None] = [(text(right), "VARCHAR") for right in self.layout.sides.values()]
        else:
            each = [self._raw(name.replace("{side}", side)) for side in self.layout.sides]
        whole = [raw for raw in each if raw is not None]
        if len(whole) < len(each):
            return None
        cases = " ".join(f"WHEN {text(side)} THEN {raw[0]}" for side, raw in zip(self.layout.sides, whole, strict=True))
        return f"CASE side {cases} END", whole[0][1]

    def _raw(self, name: str) -> Raw | None:
        theirs = self._found.get(plain(name))
        return None if theirs is None else self.part.columns[theirs]

    def _of_name(self, column: Column) -> str:
        if not self.part.files:
            raise DataError(f"{self.place}: {column.group} stands in the name of such a file, and a table has none")
        pattern = f"(?:^|/)(?:{self.layout.file})$"
        place, found = re.compile(pattern).groupindex, str(column.group)
        each = {name: f"regexp_extract(filename, {text(pattern)}, {place[name]})" for name in column.groups}
        if found in each:
            return each[found]
        words = re.split(r"\{(\w+)\}", found)  # texts and groups in turn
        return f"concat({', '.join(each[word] if i % 2 else text(word) for i, word in enumerate(words))})"

    def holds(self, rule: Mapping[str, str | None]) -> str:
        """Condition that all of a rule's columns have its values; a column that the file lacks never does."""
        conditions = []
        for name, value in rule.items():
            found = self.of(Column(name))
            if found is None:
                return "false"
            raw, kind = found
            filled = f"nullif(trim({raw}), '')" if is_text(kind) else raw
            if value is None:
                conditions.append(f"{filled} IS NULL")
                continue
            number = f"TRY_CAST({filled} AS DOUBLE) = {value}" if is_number(value) else None
            conditions.append(f"coalesce({number or f'{filled}::VARCHAR = {text(value)}'}, false)")
        return f"({' AND '.join(conditions)})"


def _mid(bid: str, ask: str) -> str:
    """The middle of a quote; null where a side is missing or they are crossed."""
    low, high = (f"TRY_CAST({side}::VARCHAR AS DOUBLE)" for side in (bid, ask))
    return f"CASE WHEN {low} > 0 AND {high} >= {low} THEN round(({low} + {high}) / 2, 6) END"


def scaled(cell: Cell, raw: str, column: Column) -> Cell:
    """A number in units of which ``per`` make one of ours; divided, so that the nearest double is found."""
    if column.fixed != 1:
        # a whole number of so few units is no price: it is 12 dollars, written without a point
        sql = cell.value
        broken = f"contains({raw}::VARCHAR, '.') OR abs({sql}) < {column.fixed} / 1000"
        value = f"CASE WHEN {broken} THEN {sql} ELSE {sql} / {column.fixed}::DOUBLE END"
        return replace(cell, value=value, native=False)
    if column.whole:
        broken = f"coalesce({cell.value} <> trunc({cell.value}), false)"
        cell = replace(cell, bad=broken if cell.bad is None else f"({cell.bad} OR {broken})", remedy=no_whole)
    return cell if column.per == 1 else replace(cell, value=f"({cell.value} / {column.per}::DOUBLE)", native=False)


def is_number(value: str) -> bool:
    """Whether a rule's value is compared as a number."""
    try:
        return float(value) == float(value)
    except ValueError:
        return False
