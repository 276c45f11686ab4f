"""Times as tables have them, as UTC nanoseconds: whatever their type, unit and zone.

A row whose time is missing, unreadable or impossible is no reason to refuse the others: it is counted and left out. A
column of which most rows are that is refused, because then the setting is wrong and not the rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from quantray.errors import DataError
from quantray.files.conventions import UNITS
from quantray.files.duckdb_file import quoted, text
from quantray.files.tables import TZ_TYPES, Table

PLAIN_TYPES = ("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S")
WHOLE = ("BIGINT", "INTEGER", "UBIGINT", "UINTEGER", "HUGEINT", "UHUGEINT")
BROKEN = ("DOUBLE", "FLOAT", "DECIMAL")
#: A time outside is none: 1970, year 1 and 9999 are what programs write where they know of no time.
FIRST, LAST = "1971-01-01", "2099-01-01"
FIRST_S, LAST_S = 31_536_000, 4_070_908_800
STORE = "store times of the years 1971 to 2098"
READ = "NS"  # stands for the type of a column that :func:`timed` has read
_CLOCK = r"\d{1,2}:\d\d(:\d\d(\.\d+)?)?( ?[AaPp][Mm])?"
_DAY = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}"
_HOURS = r"(T| +)\d{1,2}:\d\d(:\d\d(\.\d+)?)?"
_ZONED = r":\d\d(:\d\d(\.\d+)?)?\s*(z|utc|gmt|[+-]\d\d(:?\d\d)?)$"


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a column of times is read."""

    ns: str  # SQL: UTC nanoseconds, NULL where it is no time
    wrong: str  # what to do where most rows are no times
    bounds: tuple[str, str] | None = None  # of the column itself, where it serves as it is when every row is a time


def timed(
    table: Table, unit: str | None, zone: str | None, *, days: bool, date: str | None = None
) -> tuple[Table, int]:
    """The table with times that :func:`quantray.callers.data.source.ns_of` can take, and how many rows have none.

    ``unit`` of numbers, ``zone`` of what names none (None: UTC); ``days``: a date alone is its midnight; ``date``: the
    day of times that are a clock alone. Raises DataError for a type that is no time, numbers without a unit, and where
    most rows are no times.
    """
    table.require("ts")
    column = table.column("ts")
    if date is not None:
        table, column = _dated(table, column, date)
    how = _reading(table, column, unit, zone, days)
    if how.bounds is not None and _all_inside(table, column, how.bounds):
        return table, 0  # DuckDB skips what lies outside a stretch
    total, filled, good = table.row(f"SELECT count(*), count({column}), count({how.ns}) FROM {{t}}")
    if 2 * (filled - good) > filled:
        shown = table.row(
            f"SELECT {column}::VARCHAR FROM {{t}} WHERE {column} IS NOT NULL AND {how.ns} IS NULL LIMIT 1"
        )
        wrong = how.wrong
        if re.fullmatch(_CLOCK, str(shown[0]).strip()):
            wrong = "a clock says no day: say which with data.date=2025-05-06, or write the date beside it"
        raise DataError(
            f"{table.where}: {filled - good:,} of {filled:,} rows have no time in {table.names['ts']!r}, like "
            f"{shown[0]!r}; {wrong}"
        )
    inner = f"SELECT * REPLACE ({how.ns} AS {column}) FROM {table.source}"
    source = f"(SELECT * FROM ({inner}) WHERE {column} IS NOT NULL)"
    return replace(table, source=source, types={**table.types, "ts": READ}), int(total - good)


def _dated(table: Table, column: str, date: str) -> tuple[Table, str]:
    """The table whose clocks stand on a day; what has a date keeps it."""
    if table.types["ts"] not in ("VARCHAR", "TIME"):
        return table, column
    word = f"trim({column}::VARCHAR)"
    clock = (
        f"CASE WHEN regexp_full_match({word}, '.*[AaPp][Mm]') THEN "
        f"strftime(try_strptime({word}, ['%I:%M:%S %p', '%I:%M %p']), '%H:%M:%S') ELSE {word} END"
    )
    made = f"CASE WHEN regexp_full_match({word}, {text(_CLOCK)}) THEN {text(date)} || ' ' || {clock} ELSE {word} END"
    source = f"(SELECT * REPLACE ({made} AS {column}) FROM {table.source})"
    return replace(table, source=source, types={**table.types, "ts": "VARCHAR"}), column


def _all_inside(table: Table, column: str, bounds: tuple[str, str]) -> bool:
    """Whether every row has a time from the first bound to before the second."""
    low, high = bounds
    (inside,) = table.row(
        f"SELECT count(*) = count({column}) AND min({column}) >= {low} AND max({column}) < {high} FROM {{t}}"
    )
    return bool(inside)


def _reading(table: Table, column: str, unit: str | None, zone: str | None, days: bool) -> _Reading:
    kind = table.types["ts"]
    if kind in TZ_TYPES:
        own = kind if kind.endswith("_NS") else "TIMESTAMPTZ"  # DuckDB compares no two precisions with a zone
        return _Reading(_inside(column, _epoch(column, kind), own), STORE, _bounds(own))
    if kind in PLAIN_TYPES:
        return _Reading(_plain(column, zone, kind), STORE, _bounds("TIMESTAMP") if zone in (None, "UTC") else None)
    if kind in WHOLE or kind.partition("(")[0] in BROKEN:
        return _number(table, column, unit, whole=kind in WHOLE)
    if kind == "VARCHAR":
        return _text(column, unit, zone, days)
    if kind == "DATE" and days:
        return _Reading(_plain(f"{column}::TIMESTAMP", zone), STORE)
    name = table.names["ts"]
    more = {
        "DATE": "a date alone says no time of a call; ",
        "TIME": "a clock says no day, which data.date=2025-05-06 would; ",
    }.get(kind, "")
    raise DataError(f"{table.where}: {name!r} has type {kind}; {more}store timestamps, or numbers with data.ts_unit")


def _inside(value: str, ns: str, kind: str) -> str:
    """``ns`` where the time lies in the years that data may come from; only there does it fit into 64 bits."""
    low, high = _bounds(kind)
    return f"CASE WHEN {value} >= {low} AND {value} < {high} THEN TRY({ns}) END"  # all rows are worked out


def _epoch(value: str, kind: str = "") -> str:
    """Nanoseconds of a timestamp; DuckDB's own epoch_ns fails for a column that holds the year 9999 anywhere."""
    return f"epoch_ns({value})" if kind.endswith("_NS") else f"(epoch_us({value}) * 1000)"


def _plain(value: str, zone: str | None, kind: str = "") -> str:
    """A time without a zone. An hour that a change of clocks skips or repeats could mean two things: it is none."""
    if zone in (None, "UTC"):
        return _inside(value, _epoch(value, kind), "TIMESTAMP")
    there = f"timezone({text(zone)}, {value}::TIMESTAMP)"
    shifted = [f"timezone({text(zone)}, {there} {sign} INTERVAL 1 HOUR)" for sign in "+-"]
    clear = " AND ".join([f"timezone({text(zone)}, {there}) = {value}", *(f"{s} <> {value}" for s in shifted)])
    return _inside(value, f"CASE WHEN {clear} THEN {_epoch(there)} END", "TIMESTAMP")


def _number(table: Table, column: str, unit: str | None, *, whole: bool) -> _Reading:
    fitting = _fitting(table, column)
    if unit is None:
        likely = f"; they look like {fitting}" if fitting else ""
        raise DataError(
            f"{table.where}: {table.names['ts']!r} holds numbers{likely}: say of what, data.ts_unit=s, ms, us or ns "
            f"(or data.ts_unit={{{table.key}: {fitting or 'ms'}}} for this table alone)"
        )
    hint = f"they look like data.ts_unit={fitting}" if fitting else "give the right data.ts_unit"
    low, high = _limits(unit)
    return _Reading(_scaled(column, unit), f"it is no time in {unit}: {hint}", (f"{low}", f"{high}") if whole else None)


def _bounds(kind: str) -> tuple[str, str]:
    return f"{kind} '{FIRST}'", f"{kind} '{LAST}'"


def _limits(unit: str) -> tuple[int, int]:
    low, high = (bound * 1_000_000_000 // UNITS[unit] for bound in (FIRST_S, LAST_S))
    return low, high


def _scaled(value: str, unit: str) -> str:
    """Nanoseconds of a number; broken ones to the microsecond, which is as far as doubles carry."""
    step = UNITS[unit]
    low, high = _limits(unit)
    ns = f"round({value}::DOUBLE * {step / 1000})::BIGINT * 1000"
    exact = f"CASE WHEN {value} = trunc({value}) THEN {value}::BIGINT * {step} ELSE {ns} END"
    return f"CASE WHEN {value} >= {low} AND {value} < {high} THEN {exact} END"


def _fitting(table: Table, column: str) -> str | None:
    """The unit in which most numbers are times of this century: there is at most one."""
    counts = ", ".join(f"count({_scaled(column, unit)})" for unit in UNITS)
    filled, *found = table.row(f"SELECT count({column}), {counts} FROM {{t}}")
    return next((unit for unit, n in zip(UNITS, found, strict=True) if 2 * n > filled), None)


def _text(column: str, unit: str | None, zone: str | None, days: bool) -> _Reading:
    """ISO times with or without a zone; numbers where there is a unit."""
    word = f"nullif(trim({column}), '')"
    iso = f"regexp_replace({word}, ' *([+-]\\d\\d):?(\\d\\d)$', '\\1:\\2')"
    zoned = f"try_cast({iso} AS TIMESTAMPTZ)"
    plain = _plain(f"try_cast({word} AS TIMESTAMP)", zone)
    number = _scaled(f"try_cast({word} AS DOUBLE)", unit) if unit is not None else "NULL"
    naive = f"{_DAY}({_HOURS})?" if days else f"{_DAY}{_HOURS}"
    # the cast passes over what stands behind a clock: PM, EST or Europe/Rome would be hours that nobody reads
    ns = (
        f"CASE WHEN try_cast({word} AS DOUBLE) IS NOT NULL THEN {number} "
        f"WHEN {word} LIKE '____-__-__ __:__:__' AND right({word}, 1) BETWEEN '0' AND '9' THEN {plain} "
        f"WHEN regexp_matches(lower({word}), {text(_ZONED)}) "
        f"THEN {_inside(zoned, _epoch(zoned), 'TIMESTAMPTZ')} "
        f"WHEN regexp_full_match({word}, {text(naive)}) THEN {plain} END"
    )
    return _Reading(ns, "write 2025-05-06 12:00:00 (with Z or +02:00 where it is not UTC), or numbers and data.ts_unit")


def started(table: Table, ns: str, shift_ns: int) -> Table:
    """The table with every time ``shift_ns`` earlier: candles that are stamped at their end."""
    column = quoted(table.names["ts"])
    source = f"(SELECT * REPLACE (({ns}) - {shift_ns} AS {column}) FROM {table.source})"
    return replace(table, source=source, types={**table.types, "ts": READ})
