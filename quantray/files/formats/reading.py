"""A part of a table as a layout reads it: cells under our names, and what is set aside. SQL, nothing is read yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from quantray.errors import DataError, near_miss
from quantray.files.duckdb_file import quoted, text
from quantray.files.formats.contract_sql import built, no_contract, taken_apart, unbuildable, underlying
from quantray.files.formats.heads import plain
from quantray.files.formats.layout import Column, Contract, Layout
from quantray.files.formats.times import moment, shift_s, start
from quantray.files.parts import Part
from quantray.files.typed import Cell, Reading, day, is_text, label, number, right

LABELS = ("symbol", "underlying", "asset", "caller", "call_id", "chain", "chat", "message", "text")


@dataclass(frozen=True, slots=True)
class Ask:
    """What the settings say about one table; it goes before what the format says. ``exchange``: its own zone."""

    timezone: str | None = None
    ts_unit: str | None = None
    date_format: str | None = None
    stamp: str | None = None
    interval_s: int | None = None
    adjusted: str | None = None  # accept
    symbol: str | None = None
    exchange: str = "UTC"
    key: str = "underlying"

    @property
    def reading(self) -> Reading:
        """What it says about the types of columns."""
        return Reading(self.timezone, self.ts_unit, self.date_format, self.exchange)


@dataclass(frozen=True)
class Read:
    """How one part is read: our name -> the cell, its name in the file, and the SQL that shows what stands there.

    ``aside``: reason -> condition of rows that are set aside. ``sides``: a row is one for each of them.
    """

    part: Part
    names: dict[str, str]
    cells: dict[str, Cell]
    raws: dict[str, str]
    aside: dict[str, str] = field(default_factory=dict)
    sides: tuple[str, ...] = ()
    by_name: bool = False  # a column comes from the file's name
    said: tuple[str, ...] = ()

    @cached_property
    def native(self) -> bool:
        """Whether nothing is converted, so that DuckDB passes over parts of a file by the file's own statistics."""
        plainly = not self.part.delimited and not self.aside and not self.sides
        return plainly and all(cell.native for cell in self.cells.values())

    @property
    def fine(self) -> bool:
        """Whether its times are finer than a microsecond."""
        name = self.names.get("ts")
        return name in self.part.columns and self.part.columns[name][1] == "TIMESTAMPTZ_NS"

    @property
    def source(self) -> str:
        """What follows FROM: the columns of the file, and ``side`` where a row is a call and a put."""
        return self._source("")

    @property
    def numbered(self) -> str:
        """The same with ``line``, which counts the rows of each file from 1."""
        return self._source("row_number() OVER () AS line")

    def _source(self, line: str) -> str:
        more = [*(["filename"] if self.by_name else []), *(["file_index"] if self.part.files else [])]
        found = self.part.source
        if line:
            found = f"(SELECT *, {', '.join([*more, line])} FROM {found})"
        if self.sides:
            letters = ", ".join(text(side) for side in self.sides)
            kept = more if not line else []
            found = f"(SELECT *, {', '.join([*kept, f'unnest([{letters}]) AS side'])} FROM {found})"
        return found

    def of(self, part: Part) -> Read:
        """The same reading of one of the part's files."""
        return replace(self, part=part)

    @property
    def why(self) -> str:
        """SQL of the reason for which a row is set aside; null for one that is taken."""
        cases = " ".join(f"WHEN {rule} THEN {text(reason)}" for reason, rule in self.aside.items())
        return f"CASE {cases} END" if cases else "NULL"

    def select(self, ours: Iterable[str], kinds: dict[str, str], file: str | None = None, why: bool = False) -> str:
        """SQL of the part's rows; ``file`` is the number of the row's file, where there are several.

        With ``why`` each row says in a column ``aside`` for which reason it is set aside, if any.
        """
        columns = [
            f"{self.cells[name].strict if name in self.cells else 'NULL'}::{kinds[name]} AS {quoted(name)}"
            for name in ours
        ]
        columns += [f"({file})::INTEGER AS file"] if file else []
        columns += [f"({self.why})::VARCHAR AS aside"] if why else []
        return f"SELECT {', '.join(columns)} FROM {self.source}"


def read_as(part: Part, layout: Layout, ask: Ask) -> Read:
    """Cells of the part under our names. DataError for what the settings leave open, or the layout cannot read."""
    return _Maker(part, layout, ask).read()


class _Maker:
    """What is gathered while a layout is laid on a part."""

    def __init__(self, part: Part, layout: Layout, ask: Ask) -> None:
        self.part, self.layout, self.ask = part, layout, ask
        self.place = str(part.files[0]) if len(part.files) == 1 else part.source[:80]
        self.found = {plain(name): name for name in part.columns}
        self.names: dict[str, str] = {}
        self.cells: dict[str, Cell] = {}
        self.raws: dict[str, str] = {}

    def read(self) -> Read:
        layout, ask = self.layout, self.ask
        if layout.refuse:
            raise DataError(f"{self.place}: {layout.refuse}")
        if layout.adjusted and ask.adjusted != "accept":
            raise DataError(
                f"{self.place}: prices of {layout.title or layout.name} are adjusted for splits and dividends, and the "
                "strikes of options are not; order them unadjusted, or say data.adjusted=accept"
            )
        self._contract()
        for ours, column in layout.columns.items():
            self._column(ours, column)
        if layout.time is not None:
            self._time()
        aside = {reason: self._rule(rule) for reason, rule in layout.aside.items()}
        by_name = any(column.group is not None for column in layout.each())
        return Read(self.part, self.names, self.cells, self.raws, aside, tuple(layout.sides), by_name, self._said())

    def _said(self) -> tuple[str, ...]:
        time, ask = self.layout.time, self.ask
        said = [self.layout.title or self.layout.name]
        if time is not None:
            stamp = ask.stamp or time.stamp
            zone = ask.timezone or time.zone
            said.append(f"times are {STAMP_WORDS[stamp]}" + (f", on the clock of {zone}" if zone else ""))
        return (*said, *self.layout.doubts)

    def sql(self, column: Column) -> tuple[str, str] | None:
        """SQL and type of what the column says; None where the file has no such column."""
        if column.value is not None:
            return text(column.value), "VARCHAR"
        if column.group is not None:
            return self._of_name(column.group), "VARCHAR"
        name = str(column.source)
        if "{side}" in name and self.layout.sides:
            each = [self._raw(name.replace("{side}", side)) for side in self.layout.sides]
            if any(one is None for one in each):
                return None
            cases = " ".join(
                f"WHEN {text(side)} THEN {one[0]}" for side, one in zip(self.layout.sides, each, strict=True) if one
            )
            return f"CASE side {cases} END", str(each[0] and each[0][1])
        raw = self._raw(name)
        if raw is None:
            return None
        if column.nulls:
            listed = ", ".join(text(value) for value in column.nulls)
            return f"CASE WHEN {raw[0]}::VARCHAR IN ({listed}) THEN NULL ELSE {raw[0]} END", raw[1]
        return raw

    def _raw(self, name: str) -> tuple[str, str] | None:
        if name == "side" and self.layout.sides:
            cases = " ".join(f"WHEN {text(side)} THEN {text(is_)}" for side, is_ in self.layout.sides.items())
            return f"CASE side {cases} END", "VARCHAR"
        theirs = self.found.get(plain(name))
        return None if theirs is None else self.part.columns[theirs]

    def _of_name(self, group: str) -> str:
        import re

        at = re.compile(str(self.layout.file)).groupindex[group]
        return f"regexp_extract(filename, {text(f'(?:^|/)(?:{self.layout.file})$')}, {at})"

    def need(self, column: Column, what: str) -> tuple[str, str]:
        found = self.sql(column)
        if found is None:
            raise DataError(
                f"{self.place} has no column for {what}: {near_miss(column.shown, self.part.columns, what='column')}"
            )
        return found

    def _put(self, ours: str, name: str, raw: str, cell: Cell) -> None:
        self.names[ours], self.cells[ours], self.raws[ours] = name, cell, raw

    def _column(self, ours: str, column: Column) -> None:
        found = self.sql(column)
        if found is None:
            return
        raw, kind = found
        what = f"{self.place}: column {column.shown!r}"
        if ours in LABELS:
            cell = label(what, raw, kind)
        elif ours == "right":
            cell = right(what, raw, kind)
        elif ours in ("expiry", "session_date"):
            cell, _ = day(what, raw, kind, self._reading(None), None)
        else:
            cell = scaled(number(what, raw, kind), column.per)
        self._put(ours, column.shown, raw, cell)

    def _reading(self, unit: str | None) -> Reading:
        time, ask = self.layout.time, self.ask
        zone = ask.timezone or (time.zone if time else None)
        return Reading(zone, unit, ask.date_format, ask.exchange)

    def _time(self) -> None:
        time, ask = self.layout.time, self.ask
        assert time is not None
        shown = " ".join(part.shown for part in time.parts)
        what = f"{self.place}: column {shown!r}"
        raws = [self.need(part, "the time of a row") for part in time.parts]
        of_day = None if time.of_day is None else self.need(time.of_day, "the time of day")[0]
        cell = moment(what, raws, time, of_day, self._reading(ask.ts_unit or time.unit))
        seconds = shift_s(ask.stamp or time.stamp, ask.interval_s, what, ask.key)
        raw = " || ' ' || ".join([*(f"{sql}::VARCHAR" for sql, _ in raws), *([f"{of_day}::VARCHAR"] if of_day else [])])
        self._put("ts", shown, raw, start(cell, seconds))

    def _contract(self) -> None:
        contract = self.layout.contract
        if contract is None:
            return
        if contract.occ is not None:
            raw, _ = self.need(contract.occ, "the contract")
            for ours, cell in taken_apart(f"{raw}::VARCHAR").items():
                self._put(ours, contract.occ.shown, raw, cell)
            return
        self._of_parts(contract)

    def _of_parts(self, contract: Contract) -> None:
        assert contract.root
        assert contract.expiry
        assert contract.strike
        assert contract.right
        for ours, column in (("root", contract.root), ("expiry", contract.expiry), ("strike", contract.strike),
                             ("right", contract.right)):  # fmt: skip
            raw, kind = self.need(column, f"a contract's {ours}")
            what = f"{self.place}: column {column.shown!r}"
            if ours == "root":
                root = f"ltrim(trim({raw}::VARCHAR), '^$.')"
                self._put("symbol", column.shown, raw, Cell(root))
                self._put("underlying", column.shown, raw, Cell(underlying(root)))
            elif ours == "expiry":
                cell, ends = day(what, raw, kind, self._reading(contract.unit), None)
                self._put(ours, column.shown, raw, cell)
                self._put("expires", column.shown, raw, ends)
            elif ours == "strike":
                self._put(ours, column.shown, raw, scaled(number(what, raw, kind), column.per))
            else:
                self._put(ours, column.shown, raw, right(what, raw, kind))
        value = {name: self.cells[name].value for name in ("symbol", "expiry", "right", "strike")}
        symbol = built(value["symbol"], value["expiry"], value["right"], value["strike"])
        bad = unbuildable(value["symbol"], value["strike"])
        shown = " || ' ' || ".join(f"{self.raws[name]}::VARCHAR" for name in ("symbol", "strike"))
        self._put("symbol", "root and strike", shown, Cell(symbol, bad, remedy=no_contract))

    def _rule(self, rule: dict[str, str | None] | object) -> str:
        """Condition that all of a rule's columns have these values; a column that the file lacks never does."""
        assert isinstance(rule, dict)
        conditions = []
        for name, value in rule.items():
            found = self.sql(Column(name))
            if found is None:
                conditions.append("false")
                continue
            raw, kind = found
            empty = f"nullif(trim({raw}::VARCHAR), '')" if is_text(kind) else raw
            number_of = f"TRY_CAST({empty} AS DOUBLE) = {value}"
            same = number_of if _is_number(value) else f"{empty}::VARCHAR = {text(value)}"
            conditions.append(f"{empty} IS NULL" if value is None else f"coalesce({same}, false)")
        return f"({' AND '.join(conditions)})"


STAMP_WORDS = {
    "start": "the START of the interval",
    "end": "the END of the interval (START = time - interval)",
    "at": "moments (known from then on, so of the interval before)",
}


def scaled(cell: Cell, per: int) -> Cell:
    """A number in units of which ``per`` make one of ours; divided, so that the nearest double is found."""
    return cell if per == 1 else replace(cell, value=f"({cell.value} / {per}::DOUBLE)", native=False)


def _is_number(value: str | None) -> bool:
    try:
        return value is not None and float(value) == float(value)
    except ValueError:
        return False
