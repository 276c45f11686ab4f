"""Types that are ours: SQL that reads one column of a file as a number, an instant, a date or a label.

A value is read as what the column means or not at all: text that is no number, a time that names no instant and a date
that has two readings stop the reading, with the row and a remedy (``quantray.files.remedies``). Nothing is cast after a
guess at the first rows, and nothing is rounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from quantray.errors import DataError
from quantray.files.conventions import FIRST, LAST, UNITS
from quantray.files.remedies import no_date, no_instant, no_number, no_right

NUMERIC = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\)")
WHOLE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?")
ZONED = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS")
NAIVE = ("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S")
NOTHING = '"NULL"'  # a column without a single value

_DAY = r"\d{4}-\d\d-\d\d"
_CLOCK = r"[T ]\d\d:\d\d(:\d\d([.]\d{1,6}0*)?)?"
_OFFSET = r" ?(Z|z|UTC|[+-]\d\d(:?\d\d)?)"
_MIDNIGHT = r"[T ]00:00(:00([.]0+)?)?"
_USUAL = "____-__-__T__:__:__Z"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file may leave open, as the settings say it, and the exchange's own time zone."""

    timezone: str | None = None  # of times that name none
    ts_unit: str | None = None  # of times that are whole numbers
    date_format: str | None = None  # of dates that are not written YYYY-MM-DD
    exchange: str = "UTC"


@dataclass(frozen=True, slots=True)
class Cell:
    """SQL of one column: its value, and the condition under which there is none to be had although the file has one.

    ``native``: the file's own type, so that nothing is converted and parts of a file can be passed over by it.
    """

    value: str
    bad: str | None = None
    native: bool = False
    remedy: object = None  # value as text -> the rest of the sentence

    @property
    def strict(self) -> str:
        """The value; DuckDB raises where it cannot be read."""
        return (
            self.value if self.bad is None else f"CASE WHEN {self.bad} THEN error('unreadable') ELSE {self.value} END"
        )


def number(what: str, raw: str, kind: str) -> Cell:
    """A double. Text must be a number as a program writes it; empty text is no value."""
    if NUMERIC.fullmatch(kind):
        return Cell(f"{raw}::DOUBLE", native=True)
    if kind == NOTHING:
        return Cell("NULL::DOUBLE", native=True)
    if not is_text(kind):
        raise DataError(f"{what} has type {kind}; it must hold numbers")
    x = f"{raw}::VARCHAR"
    value = f"TRY_CAST({x} AS DOUBLE)"  # blanks around it do not matter to the cast
    # DuckDB takes 1_000 for a number, no file format does. A branch is looked at where its condition holds, so what is
    # a number pays for nothing else
    bad = f"coalesce(CASE WHEN {value} IS NULL THEN trim({x}) <> '' ELSE contains({x}, '_') END, false)"
    return Cell(value, bad, remedy=no_number)


def flag(raw: str) -> Cell:
    """True or false, as a type or in words that DuckDB knows for them; empty text is neither."""
    x = f"nullif(trim({raw}::VARCHAR), '')"
    value = f"TRY_CAST({x} AS BOOLEAN)"
    return Cell(value, f"({x} IS NOT NULL AND {value} IS NULL)")


def label(what: str, raw: str, kind: str) -> Cell:
    """Text as it stands; a whole number as its digits."""
    if kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL"):
        raise DataError(f"{what} has type {kind}; names must be stored as text, or 7 and 7.0 are two of them")
    return Cell(f"{raw}::VARCHAR", native=True)


def right(what: str, raw: str, kind: str) -> Cell:
    """``C`` or ``P``."""
    plain = label(what, raw, kind).value
    cases = "WHEN 'C' THEN 'C' WHEN 'CALL' THEN 'C' WHEN 'P' THEN 'P' WHEN 'PUT' THEN 'P'"
    value = f"CASE {plain} {cases} ELSE CASE upper(trim({plain})) {cases} END END"
    return Cell(value, f"({raw} IS NOT NULL AND {value} IS NULL)", native=True, remedy=no_right)


def instant(what: str, raw: str, kind: str, reading: Reading) -> Cell:
    """A timestamp with time zone. A time without zone, or a bare number, needs the reading's word for it."""
    zone = reading.timezone
    if kind in ZONED:
        return Cell(raw, native=True)
    if kind in NAIVE:
        if zone is None:
            raise DataError(
                f"{what}: timestamps have no timezone (type {kind}); store them as UTC timestamps with a timezone, or "
                "say where their clock stands with data.timezone=America/New_York"
            )
        value, bad = _local(raw, kind, zone)
        return Cell(value, bad, remedy=no_instant(zone, reading.ts_unit))
    if not is_text(kind) and not NUMERIC.fullmatch(kind):
        raise DataError(
            f"{what} has type {kind}; it must hold timestamps with a timezone, such as 2024-11-27T14:30:00Z"
        )
    x = _written(raw, kind)
    cases = [_when(x, f"{_DAY}{_CLOCK}{_OFFSET}", _parsed(x))]
    if is_text(kind):  # as most programs write it: told without a pattern's cost
        plain = f"{raw}::VARCHAR"
        cases.insert(0, f"WHEN {plain} LIKE '{_USUAL}' AND {plain} >= '1' THEN {_parsed(plain)}")
    if zone is not None:
        cases.append(_when(x, f"{_DAY}{_CLOCK}", _shown_once(x, zone)))
    if reading.ts_unit is not None:
        cases.append(_when(x, r"\d{1,19}", _epoch(x, reading.ts_unit)))
    value = f"CASE {' '.join(cases)} END"
    bad = f"(CASE WHEN {value} IS NULL THEN {x} IS NOT NULL ELSE false END)"
    return Cell(value, bad, remedy=no_instant(zone, reading.ts_unit))


def day(what: str, raw: str, kind: str, reading: Reading, written_in: str | None) -> tuple[Cell, Cell]:
    """A date, and the instant at which it ends where the file gives a time of day (else null).

    Midnight in the zone the file is written in, in UTC or on the exchange's own clock is the plain date of that clock.
    """
    if kind == NOTHING:
        return Cell("NULL::DATE", native=True), Cell("NULL::TIMESTAMPTZ", native=True)
    if kind == "DATE":
        return Cell(raw, native=True), Cell("NULL::TIMESTAMPTZ", native=True)
    zone, remedy = reading.timezone, no_date(reading.date_format, reading.timezone)
    if kind in ZONED:
        date, ends = _of_instant(f"{raw}::TIMESTAMPTZ", reading, written_in)
    elif kind in NAIVE:
        plain = f"{raw}::TIMESTAMP"
        date, ends = _of_instant(f"timezone('{zone}', {plain})", reading, zone) if zone else ("NULL", "NULL")
        midnight = f"{plain} = date_trunc('day', {plain})"
        date, ends = (
            f"CASE WHEN {midnight} THEN {a} ELSE {b} END" for a, b in ((f"{plain}::DATE", date), ("NULL", ends))
        )
    elif is_text(kind) or NUMERIC.fullmatch(kind):
        date, ends = _of_text(_written(raw, kind), reading)
    else:
        raise DataError(f"{what} has type {kind}; it must hold dates, such as 2024-11-27")
    bad = f"({raw} IS NOT NULL AND ({date}) IS NULL)" if not is_text(kind) else (
        f"(nullif(trim({raw}::VARCHAR), '') IS NOT NULL AND ({date}) IS NULL)")  # fmt: skip
    return Cell(f"({date})::DATE", bad, native=True, remedy=remedy), Cell(f"({ends})::TIMESTAMPTZ", native=True)


def _of_text(x: str, reading: Reading) -> tuple[str, str]:
    if reading.date_format is not None:
        form = reading.date_format.replace("'", "''")
        return f"TRY_STRPTIME({x}, '{form}')::DATE", "NULL"
    zone = reading.timezone
    found = [(r"(19|20)\d{6}", f"TRY_STRPTIME({x}, '%Y%m%d')::DATE", "NULL"),
             (f"{_DAY}{_MIDNIGHT}({_OFFSET})?", f"TRY_CAST(left({x}, 10) AS DATE)", "NULL"),
             (f"{_DAY}{_CLOCK}{_OFFSET}", *_of_instant(_parsed(x), reading, None))]  # fmt: skip
    if zone is not None:
        local = _shown_once(x, zone)
        found.append((f"{_DAY}{_CLOCK}", *_of_instant(local, reading, zone)))
    if reading.ts_unit is not None:
        found.append((r"\d{1,19}", *_of_instant(_epoch(x, reading.ts_unit), reading, None)))
    date, ends = (" ".join(_when(x, pattern, pair[k]) for pattern, *pair in found) for k in (0, 1))
    plain = f"WHEN {x} LIKE '____-__-__' THEN"  # nearly every row, and far cheaper than a pattern
    return f"CASE {plain} TRY_CAST({x} AS DATE) {date} END", f"CASE {plain} NULL {ends} END"


def _of_instant(t: str, reading: Reading, written_in: str | None) -> tuple[str, str]:
    """(date, end) of an instant: midnight of one of the clocks is that clock's date, else the exchange's date."""
    clocks = list(dict.fromkeys(z for z in (written_in, "UTC", reading.exchange) if z is not None))
    local = {z: f"timezone('{z}', {t})" for z in clocks}
    midnight = {z: f"{at} = date_trunc('day', {at})" for z, at in local.items()}
    date = " ".join(f"WHEN {midnight[z]} THEN {local[z]}::DATE" for z in clocks)
    return (
        f"CASE {date} ELSE {local[reading.exchange]}::DATE END",
        f"CASE WHEN {' OR '.join(midnight.values())} THEN NULL ELSE {t} END",
    )


def _local(raw: str, kind: str, zone: str) -> tuple[str, str]:
    """Instant of a time on a wall, and whether the clock never shows it, shows it twice, or it is finer than 1 us."""
    x = f"{raw}::TIMESTAMP"
    value = f"timezone('{zone}', {x})"
    back = f"timezone('{zone}', {value})"
    twice = " OR ".join(f"timezone('{zone}', {value} {sign} INTERVAL 1 HOUR) = {x}" for sign in "+-")
    fine = f" OR epoch_ns({raw}) % 1000 <> 0" if kind == "TIMESTAMP_NS" else ""
    return value, f"({raw} IS NOT NULL AND ({back} <> {x} OR {twice}{fine}))"


def _shown_once(x: str, zone: str) -> str:
    """Instant of a time on a wall, as text; null where the clock never shows it, or shows it twice."""
    naive, hour = f"TRY_CAST({x} AS TIMESTAMP)", f"substr({x}, 12, 2)"
    there = f"timezone('{zone}', {naive})"
    back = [f"timezone('{zone}', {there}{shift})" for shift in ("", " + INTERVAL 1 HOUR", " - INTERVAL 1 HOUR")]
    odd = f"{back[0]} <> {naive} OR {back[1]} = {naive} OR {back[2]} = {naive}"
    # clocks change at night: by day nothing has to be compared
    return f"CASE WHEN ({hour} < '05' OR {hour} = '23') AND ({odd}) THEN NULL ELSE {there} END"


def _epoch(x: str, unit: str) -> str:
    """Instant of a whole number as text; null where that lies outside any market."""
    us = f"(TRY_CAST({x} AS HUGEINT) * {UNITS[unit]} / 1000)::HUGEINT"
    whole = f"TRY_CAST({x} AS HUGEINT) * {UNITS[unit]} % 1000 = 0"
    low, high = (f"epoch_us(TIMESTAMP '{end}')" for end in (FIRST, LAST))
    return f"CASE WHEN {whole} AND {us} >= {low} AND {us} < {high} THEN make_timestamptz({us}::BIGINT) END"


def _written(raw: str, kind: str) -> str:
    """The column as text; a whole number that was stored as a double without its point."""
    if kind in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN {raw} = trunc({raw}) THEN {raw}::HUGEINT::VARCHAR ELSE {raw}::VARCHAR END"
    return f"nullif(trim({raw}::VARCHAR), '')"


def _parsed(x: str) -> str:
    return f"TRY_CAST({x} AS TIMESTAMPTZ)"


def _when(x: str, pattern: str, value: str) -> str:
    return f"WHEN regexp_full_match({x}, '{pattern}') THEN {value}"


def is_text(kind: str) -> bool:
    return kind == "VARCHAR" or kind.startswith("ENUM")
