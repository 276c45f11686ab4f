"""SQL of the START of a row's interval from what a layout says of its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from quantray.errors import DataError
from quantray.files.conventions import UNITS
from quantray.files.duckdb_file import text
from quantray.files.formats.layout import Time
from quantray.files.remedies import no_instant
from quantray.files.typed import Cell, Reading, instant, is_text

#: No such file's time lies outside 1990 to 2200, so a unit that leads there is wrong. Seconds since 1970.
FIRST_S, LAST_S = 631_152_000, 7_258_118_400
SHIFTS = (" + INTERVAL 1 HOUR", " - INTERVAL 1 HOUR")
#: Digits of times of our days -> their unit.
DIGITS = {10: "s", 13: "ms", 16: "us", 19: "ns"}


#: Gives an expression a name, under which it is worked out once.
Let = Callable[[str], str]


def shift_s(stamp: str, interval_s: int | None, what: str, key: str) -> int:
    """Seconds from a row's stamp back to the START of its interval. DataError without an interval."""
    if stamp == "start":
        return 0
    if interval_s is None:
        known = "at the end of its interval" if stamp == "end" else "at the moment that it shows"
        raise DataError(
            f"{what}: a row is stamped {known}, so it stands for the interval before; say how long that is with "
            f"data.interval=1m (or data.stamp={{{key}: start}} where times are starts)"
        )
    return interval_s


def gathered_s(interval_s: int | None, what: str) -> int:
    """Seconds of the interval into which events are gathered. DataError without one."""
    if interval_s is None:
        raise DataError(f"{what}: it holds events, of which each interval's last counts: say data.interval=1s (or 1m)")
    return interval_s


def event(raw: str, unit: str | None, seconds: int) -> Cell:
    """START of the interval in which an event happened, a whole number of ``unit`` since 1970."""
    n, step = _counted(raw), UNITS[unit or "ns"]
    low, high = (s * 1_000_000_000 // step for s in (FIRST_S, LAST_S))
    each = seconds * 1_000_000_000 // step
    value = f"CASE WHEN {n} BETWEEN {low} AND {high} THEN make_timestamptz({n} // {each} * {seconds * 1_000_000}) END"
    return Cell(value, f"({raw} IS NOT NULL AND {value} IS NULL)", remedy=no_instant(None, unit))


def start(cell: Cell, seconds: int) -> Cell:
    """The cell's instant, so much earlier."""
    if not seconds:
        return cell
    return replace(
        cell, value=f"make_timestamptz(epoch_us(({cell.value})::TIMESTAMPTZ) - {seconds * 1_000_000})", native=False
    )


def moment(
    what: str, raws: list[tuple[str, str]], time: Time, of_day: str | None, reading: Reading, let: Let
) -> Cell:  # fmt: skip
    """The instant that a row's time names; ``raws``: SQL and type of each of its parts, in order."""
    zone, unit = reading.timezone, reading.ts_unit
    (raw, kind), *more = raws
    if of_day is not None:
        return _since_midnight(raw, kind, of_day, time, reading, let)
    if time.form is not None or more:
        x = " || ' ' || ".join(f"trim({sql}::VARCHAR)" for sql, _ in raws)
        form = reading.date_format or time.form
        naive = f"TRY_STRPTIME({x}, {text(form)})" if form else _naive(x)
        return _on_the_wall(let(x), naive, zone, unit, let)
    if unit is not None and (is_text(kind) or kind.endswith("INT") or kind in ("INTEGER", "UINTEGER")):
        number = whole(raw, unit)
        if zone is None or not is_text(kind):
            return number
        words = _written(raw, zone, unit, let)
        value = f"CASE WHEN TRY_CAST({raw} AS HUGEINT) IS NULL THEN {words.value} ELSE {number.value} END"
        return replace(number, value=value, bad=f"({raw} IS NOT NULL AND {value} IS NULL)")
    if is_text(kind) and zone is not None:
        return _written(raw, zone, unit, let)
    return instant(what, raw, kind, reading)


def _written(x: str, zone: str, unit: str | None, let: Let) -> Cell:
    """ISO text: what names its zone keeps it, what names none is on the clock of ``zone``; a date alone is no time."""
    ends = " OR ".join(f"suffix({x}, '{word}')" for word in ("Z", "z", "UTC", "GMT", "EST"))  # BST is two zones
    named = f"(contains({x}, '+') OR {x} LIKE '____-__-__%-%' OR {ends})"
    cell = _on_the_wall(x, _naive(x), zone, unit, let)
    value = f"CASE WHEN length({x}) < 16 THEN NULL WHEN {named} THEN TRY_CAST({x} AS TIMESTAMPTZ) ELSE {cell.value} END"
    value = let(value)
    return Cell(value, f"({value} IS NULL AND trim({x}) <> '')", remedy=no_instant(zone, unit))


def _naive(x: str) -> str:
    """A time without a zone: the cast passes over what stands behind a clock (PM, Europe/Rome), so only a digit may."""
    return f"CASE WHEN right(rtrim({x}), 1) BETWEEN '0' AND '9' THEN TRY_CAST({x} AS TIMESTAMP) END"


def whole(raw: str, unit: str) -> Cell:
    """The instant of a whole number of ``unit`` since 1970."""
    n = _counted(raw)
    if unit == "digits":
        cases = " ".join(f"WHEN {digits} THEN {_micro(n, name)}" for digits, name in DIGITS.items())
        value = f"CASE length({n}::VARCHAR) {cases} END"
    else:
        value = _micro(n, unit)
    value = f"make_timestamptz({value})"
    return Cell(value, f"({raw} IS NOT NULL AND {value} IS NULL)", remedy=no_instant(None, unit))


def _counted(raw: str) -> str:
    """A whole number; a broken one, as a spreadsheet writes of a long one (1.72382E+18), is none: a cast rounds it."""
    return f"CASE WHEN contains({raw}::VARCHAR, '.') THEN NULL ELSE TRY_CAST({raw} AS BIGINT) END"


def _micro(n: str, unit: str) -> str:
    """Microseconds since 1970 of a number that lies in the years of markets; null for others, and for parts of one."""
    step = UNITS[unit]
    low, high = (s * 1_000_000_000 // step for s in (FIRST_S, LAST_S))
    us = f"{n} // 1000" if step == 1 else f"{n} * {step // 1000}"
    exact = f" AND {n} % 1000 = 0" if step == 1 else ""
    return f"CASE WHEN {n} BETWEEN {low} AND {high}{exact} THEN {us} END"


def _since_midnight(raw: str, kind: str, of_day: str, time: Time, reading: Reading, let: Let) -> Cell:
    """A date, and a number of units since midnight of the clock on the wall (24 h later on the same wall at most)."""
    step = UNITS[str(time.unit)] // 1000
    day = raw if kind == "DATE" else f"TRY_STRPTIME(trim({raw}::VARCHAR), {text(time.form or '%Y%m%d')})"
    n = _counted(of_day)
    us = f"CASE WHEN {n} BETWEEN 0 AND {86_400_000_000 // step} THEN {n} * {step} END"
    naive = f"({day}::TIMESTAMP + to_microseconds({us}))"
    return _on_the_wall(f"({raw}::VARCHAR || ' ' || {of_day}::VARCHAR)", naive, reading.timezone, time.unit, let)


def _on_the_wall(x: str, naive: str, zone: str | None, unit: str | None, let: Let) -> Cell:
    """The instant of a time without a zone, on the clock of ``zone``: none where that skips it or shows it twice."""
    if zone is None:
        raise DataError(
            "times have no timezone: say where their clock stands with data.timezone=America/New_York (or UTC)"
        )
    naive = let(naive)
    if zone == "UTC":
        value = f"make_timestamptz(epoch_us({naive}))"
    else:
        there = let(f"timezone({text(zone)}, {naive})")
        back = [f"timezone({text(zone)}, {there}{shift})" for shift in ("", *SHIFTS)]
        odd = f"{back[0]} <> {naive} OR {back[1]} = {naive} OR {back[2]} = {naive}"
        # clocks change at night: by day nothing has to be compared
        value = f"CASE WHEN (hour({naive}) < 5 OR hour({naive}) = 23) AND ({odd}) THEN NULL ELSE {there} END"
    return Cell(value, f"({x} IS NOT NULL AND {value} IS NULL)", remedy=no_instant(zone, unit))
