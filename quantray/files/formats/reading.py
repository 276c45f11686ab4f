"""A part of a table as a layout reads it: cells under our names, and what is set aside. SQL, nothing is read yet."""

from __future__ import annotations

from dataclasses import replace

from quantray.errors import DataError
from quantray.files.duckdb_file import text
from quantray.files.formats.contract_sql import built, no_contract, taken_apart, unbuildable, underlying
from quantray.files.formats.layout import Column, Contract, Layout, Time
from quantray.files.formats.raws import Raws, scaled
from quantray.files.formats.relation import Ask, Lets, Read
from quantray.files.formats.times import event, gathered_s, moment, shift_s, start
from quantray.files.parts import Part
from quantray.files.typed import Cell, Reading, day, label, number, right
from quantray.plain import amount

LABELS = ("symbol", "underlying", "asset", "caller", "call_id", "chain", "chat", "message", "text")
STAMP_WORDS = {
    "start": "times are the start of the interval",
    "end": "times are the end of the interval (START = time - interval)",
    "at": "times are moments, known from then on (START = time - interval)",
}
#: What a row holds that says that nobody quotes any more: no bid, and no ask.
WITHDRAWN = {"bid": "0", "ask": "NULL"}


def read_as(part: Part, layout: Layout, ask: Ask) -> Read:
    """Cells of the part under our names. DataError for what the settings leave open, or the layout cannot read."""
    place = part.source if not part.files else str(part.files[0])
    if len(part.files) > 1:
        place += f" and {amount(len(part.files) - 1, 'file')} like it"
    if layout.refuse:
        raise DataError(f"{place}: {layout.refuse}")
    if layout.adjusted and ask.adjusted != "accept":
        raise DataError(
            f"{place}: prices of {layout.title or layout.name} are adjusted for splits and dividends, and the strikes "
            "of options are not; order them unadjusted, or say data.adjusted=accept"
        )
    return _Maker(Raws(part, layout, ask, place), layout, ask).read()


def _bare(root: str) -> str:
    """A root without the caret, dollar or point of an index before it, and without blanks around it."""
    odd = " OR ".join(f"starts_with({root}, '{mark}')" for mark in (" ", "^", "$", "."))
    return f"CASE WHEN suffix({root}, ' ') OR {odd} THEN ltrim(trim({root}), '^$.') ELSE {root} END"


class _Maker:
    """What is gathered while a layout is laid on a part."""

    def __init__(self, raws: Raws, layout: Layout, ask: Ask) -> None:
        self.found, self.layout, self.ask, self.place = raws, layout, ask, raws.place
        self.names: dict[str, str] = {}
        self.cells: dict[str, Cell] = {}
        self.raws: dict[str, str] = {}
        self.let = Lets()

    def read(self) -> Read:
        layout = self.layout
        self._contract()
        for ours, column in layout.columns.items():
            self._column(ours, column)
        if layout.time is not None:
            self._time(layout.time)
        aside, withdrawn = (
            {reason: self.found.holds(dict(rule)) for reason, rule in rules.items()}
            for rules in (layout.aside, layout.withdrawn)
        )
        nobody = " OR ".join(rule for rule in withdrawn.values() if rule != "false")
        for ours, value in WITHDRAWN.items() if nobody else ():
            if ours in self.cells:
                cell = self.cells[ours]
                self.cells[ours] = replace(cell, value=f"CASE WHEN {nobody} THEN {value} ELSE {cell.value} END")
        return Read(
            self.found.part, self.names, self.cells, self.raws, aside, withdrawn, only=self._only(),
            sides=tuple(layout.sides), once=layout.once,
            last_by=tuple(self.found.need(Column(name), "the order of events")[0] for name in layout.last_by),
            lets=tuple(self.let.layers), by_name=any(column.group is not None for column in layout.each()),
            said=self._said(),
        )  # fmt: skip

    def _only(self) -> str | None:
        """Rows of the underlying that was asked for: a day of a whole exchange is not kept for one of its symbols."""
        if self.ask.symbol is None or "underlying" not in self.cells:
            return None
        its = self.cells["underlying"].value
        return f"({its} = {text(self.ask.symbol)} OR {its} IS NULL)"

    def _said(self) -> tuple[str, ...]:
        time, said = self.layout.time, []
        if time is not None:
            zone = self.ask.timezone or time.zone
            said.append(STAMP_WORDS[self.ask.stamp or time.stamp] + (f", on the clock of {zone}" if zone else ""))
        if self.layout.last_by:
            said.append("of each interval the last event counts")
        return (*said, *self.layout.doubts)

    def _put(self, ours: str, name: str, raw: str, cell: Cell) -> None:
        self.names[ours], self.cells[ours], self.raws[ours] = name, cell, raw

    def _column(self, ours: str, column: Column) -> None:
        found = self.found.of(column)
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
            cell = scaled(number(what, raw, kind), raw, column)
        self._put(ours, column.shown, raw, cell)

    def _reading(self, unit: str | None) -> Reading:
        time, ask = self.layout.time, self.ask
        zone = ask.timezone or (time.zone if time else None)
        return Reading(zone, unit, ask.date_format, ask.exchange)

    def _time(self, time: Time) -> None:
        ask = self.ask
        shown = " ".join(part.shown for part in time.parts)
        what = f"{self.place}: column {shown!r}"
        raws = [self.found.need(part, "the time of a row") for part in time.parts]
        of_day = None if time.of_day is None else self.found.need(time.of_day, "the time of day")[0]
        raw = " || ' ' || ".join([*(f"{sql}::VARCHAR" for sql, _ in raws), *([f"{of_day}::VARCHAR"] if of_day else [])])
        unit = ask.ts_unit or time.unit
        if self.layout.last_by:
            self._put("ts", shown, raw, event(raws[0][0], unit, gathered_s(ask.interval_s, what)))
            return
        cell = moment(what, raws, time, of_day, self._reading(unit), self.let)
        self._put("ts", shown, raw, start(cell, shift_s(ask.stamp or time.stamp, ask.interval_s, what, ask.key)))

    def _contract(self) -> None:
        contract = self.layout.contract
        if contract is None:
            return
        if contract.occ is not None:
            raw, _ = self.found.need(contract.occ, "the contract")
            for ours, cell in taken_apart(f"{raw}::VARCHAR", self.let).items():
                self._put(ours, contract.occ.shown, raw, cell)
            self._put("expires", contract.occ.shown, raw, Cell("NULL::TIMESTAMPTZ"))
            return
        self._of_parts(contract)

    def _of_parts(self, contract: Contract) -> None:
        for ours in ("root", "expiry", "strike", "right"):
            column: Column = getattr(contract, ours)
            raw, kind = self.found.need(column, f"a contract's {ours}")
            what = f"{self.place}: column {column.shown!r}"
            if ours == "root":
                root = self.let(_bare(f"{raw}::VARCHAR"))
                self._put("symbol", column.shown, raw, Cell(root))
                self._put("underlying", column.shown, raw, Cell(underlying(root, self.let)))
            elif ours == "expiry":
                cell, ends = day(what, raw, kind, self._reading(contract.unit), None)
                self._put(ours, column.shown, raw, cell)
                self._put("expires", column.shown, raw, ends)
            elif ours == "strike":
                self._put(ours, column.shown, raw, scaled(number(what, raw, kind), raw, column))
            else:
                self._put(ours, column.shown, raw, right(what, raw, kind))
        for name in ("symbol", "expiry", "right", "strike"):
            self.cells[name] = replace(self.cells[name], value=self.let(self.cells[name].value))
        root, expiry, kind, strike = (self.cells[name].value for name in ("symbol", "expiry", "right", "strike"))
        shown = " || ' ' || ".join(f"{self.raws[name]}::VARCHAR" for name in ("symbol", "strike"))
        symbol = Cell(built(root, expiry, kind, strike), unbuildable(root, strike), remedy=no_contract)
        self._put("symbol", "root and strike", shown, symbol)
