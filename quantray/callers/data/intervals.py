"""Which interval the candles have. Two intervals in one table are refused: a candle must have one length."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd, log

import numpy as np

from quantray.callers.data.names import numbered
from quantray.callers.data.reach import idle_of
from quantray.callers.market import Inventory
from quantray.durations import NS, written
from quantray.errors import DataError
from quantray.files.tables import Table
from quantray.outlets import logger
from quantray.plain import amount

_log = logger(__name__)

DAY_S = 86_400
MONTHS = 5  # days so many of which are the first of a month by chance once in 20 million
UNLIKELY = 1e-6  # that sparse candles of the interval asked for all lie on the grid of another


@dataclass(frozen=True, slots=True)
class Grid:
    """Interval, where on the clock candles start, and the SQL condition of its rows."""

    interval_s: int
    phase_ns: int
    rows: str
    other: dict[int, int]  # other intervals of the table -> rows
    shift_ns: int = 0  # how much later than its start a candle is stamped


def grid_of(table: Table, ns: str, wanted_s: int | None, stamp: str | None = None) -> Grid:
    """The one interval of the table, or the wanted one of several named by its interval column.

    ``stamp``: whether a candle's time is its ``start`` or its ``end``; None: its start, on the clock's own grid.
    """
    interval, rows, other = _declared(table, wanted_s) if table.has("interval_s") else (wanted_s, "true", {})
    got = table.fetch(f"SELECT DISTINCT {ns} % {DAY_S * NS} AS o FROM {{t}} WHERE {rows} ORDER BY o")
    offsets = np.asarray(got["o"], np.int64)
    if not len(offsets):
        raise DataError(f"{table.where} has no candles; load some")
    found_ns = _common(offsets)
    if interval is None:
        if found_ns % NS:
            raise DataError(
                f"{table.where}: candles must start whole seconds apart; give data.interval, "
                "or the right data.ts_unit where timestamps are numbers"
            )
        interval = found_ns // NS
    else:
        _check_asked(table, ns, rows, interval, found_ns)
    if interval % DAY_S == 0:
        _refuse_months(table, ns, rows)
    phase, shift = _phase(table, int(offsets[0]) % (interval * NS), interval, stamp)
    return Grid(interval, phase, rows, other, shift)


def _check_asked(table: Table, ns: str, rows: str, interval: int, found_ns: int) -> None:
    """The interval that was asked for must be the one that the candles have."""
    if interval > DAY_S:
        days = table.fetch(f"SELECT DISTINCT ({ns}) // {DAY_S * NS} AS d FROM {{t}} WHERE {rows} ORDER BY d")["d"]
        found_ns = found_ns if found_ns < DAY_S * NS or len(days) < 2 else gcd(*np.diff(days).tolist()) * DAY_S * NS
    seen = f"they start {found_ns / NS:g} s apart on the clock"
    if found_ns % (interval * NS):
        raise DataError(
            f"{table.where}: candles of {written(interval)} are expected, but {seen}: they have another interval, or "
            f"intervals are mixed, or the grid is broken; nothing is resampled: give data.interval={_theirs(found_ns)} "
            "if that is theirs, or load one interval"
        )
    times = found_ns // (interval * NS)
    if times > 1:
        (n,) = table.row(f"SELECT count(*) FROM {{t}} WHERE {rows}")
        if (n - 1) * log(times) > -log(UNLIKELY):
            raise DataError(
                f"{table.where}: candles of {written(interval)} are expected, but {seen}, all {n:,} of them; nothing "
                f"is resampled: give data.interval={written(found_ns // NS)}, or load candles of {written(interval)}"
            )


def _refuse_months(table: Table, ns: str, rows: str) -> None:
    """Candles that all start with a month are not a day long, and a month has no length."""
    days, odd = table.row(
        f"SELECT count(DISTINCT d), count(*) FILTER (day(d) <> 1) FROM (SELECT make_timestamp(({ns}) // 1000) AS d "
        f"FROM {{t}} WHERE {rows})"
    )
    if days >= MONTHS and not odd:
        raise DataError(f"{table.where}: its {days} candles all start on the first of a month: candles of a month have "
                        "no fixed length; load candles of a week or shorter")  # fmt: skip


def _theirs(found_ns: int) -> str:
    return written(found_ns // NS) if found_ns % NS == 0 else "…"


def _phase(table: Table, phase: int, interval: int, stamp: str | None) -> tuple[int, int]:
    """(phase of the starts, how much later each is stamped), in ns. DataError where stamps may be ends."""
    step = interval * NS
    ends = phase and step - phase <= NS  # …:59.999, …:59: the last moment of the candle
    if stamp == "end":
        return (0, phase) if ends else (phase, step)
    if phase == 0 or (stamp == "start" and not ends):
        return phase, 0
    (first,) = table.row(f"SELECT min({table.column('ts')})::VARCHAR FROM {{t}}")
    what = "so stamped is the END of a candle" if ends else "so a candle may be stamped at its start or at its end"
    remedy = "data.stamp=end" if ends else "data.stamp=start or data.stamp=end says which"
    raise DataError(
        f"{table.where}: candles of {written(interval)} are stamped {phase / NS:g} s after a multiple of it (the first "
        f"{first}): {what}, and a call would buy at a price of the past; {remedy}"
    )


def _declared(table: Table, wanted_s: int | None) -> tuple[int | None, str, dict[int, int]]:
    """The interval that a column says, the condition of its rows, and other intervals -> rows.

    Where one interval alone is said, rows that say none are taken for it (the clock is asked next); where none is, the
    column says nothing.
    """
    column, called = table.column("interval_s"), repr(table.names["interval_s"])
    value = f"CASE WHEN isfinite({column}::DOUBLE) THEN {column}::DOUBLE END"
    got = table.fetch(f"SELECT {value} AS i, count(*) AS n FROM {{t}} GROUP BY 1 ORDER BY 1 NULLS LAST")
    unknown = np.ma.getmaskarray(got["i"])
    said, n = np.ma.getdata(got["i"])[~unknown], np.ma.getdata(got["n"])
    broken = said[(said != np.floor(said)) | (said < 1)]
    if len(broken):
        raise DataError(f"{table.where}: {called} has {broken[0]:g}; it must be whole seconds, 1 or more")
    there = dict(zip(said.astype(np.int64).tolist(), n[~unknown].tolist(), strict=True))
    silent = int(n[unknown].sum())
    if silent and len(there) > 1:
        raise DataError(f"{table.where}: {amount(silent, 'candle')} without an interval in {called}, where others have "
                        f"{' and '.join(written(i) for i in there)}; fill it")  # fmt: skip
    if silent:
        n_silent = amount(silent, "candle")
        _log.warning("%s: %s without an interval in %s; the clock says it", table.where, n_silent, called)
    if silent and not there:
        return wanted_s, "true", {}
    shown = ", ".join(f"{written(i)} ({amount(n, 'row')})" for i, n in there.items()) or "none"
    if wanted_s is None and len(there) > 1:
        raise DataError(f"{table.where}: intervals are mixed: {shown}; choose one with data.interval=…")
    if wanted_s is None and not there:
        raise DataError(f"{table.where} has no candles; load some")
    interval = wanted_s if wanted_s is not None else next(iter(there))
    if interval not in there:
        raise DataError(f"{table.where}: no candles of data.interval={written(interval)}; there are: {shown}")
    rows = f"{column} = {interval}" if not silent else "true"
    return interval, rows, {i: n for i, n in there.items() if i != interval}


def _common(offsets: np.ndarray) -> int:
    """The largest step on whose grid all starts of candles lie, in ns; a day where they all start at one time."""
    return gcd(DAY_S * NS, *np.diff(offsets).tolist())


def inventory_of(table: Table, ns: str, grid: Grid) -> Inventory:
    """Rows, ends and a fingerprint of every asset's candles, in one scan.

    A row without volume is no candle, as long as the asset has a volume anywhere.
    """
    asset, (idle, traded) = table.column("asset"), idle_of(table)
    values = ", ".join(table.column(c) for c in ("open", "high", "low", "close", "volume"))
    got = table.fetch(
        f"SELECT {asset}::VARCHAR AS asset, {idle} AS idle, count(*) AS n, min({ns}) AS first, max({ns}) AS last, "
        f"sum(hash({ns}, {values})::HUGEINT)::VARCHAR AS print, bool_or({traded}) AS traded FROM {{t}} "
        f"WHERE {grid.rows} AND {asset} IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"
    )
    nameless = int(table.fetch(f"SELECT count(*) AS n FROM {{t}} WHERE {grid.rows} AND {asset} IS NULL")["n"][0])
    if nameless:
        _log.warning("%s: %d candles name no asset and are left out", table.where, nameless)
    names, of = numbered(np.ma.getdata(got["asset"]).tolist())
    still, n = np.asarray(got["idle"], bool), np.asarray(got["n"], np.int64)
    moves = np.zeros(len(names), bool)
    np.logical_or.at(moves, of, np.asarray(got["traded"], bool))
    kept = np.flatnonzero(~(still & moves[of]))
    first, last = np.full(len(names), np.iinfo(np.int64).max), np.full(len(names), -1)
    np.minimum.at(first, of[kept], np.asarray(got["first"], np.int64)[kept])
    np.maximum.at(last, of[kept], np.asarray(got["last"], np.int64)[kept])
    prints: list[list[str]] = [[] for _ in names]
    for row in kept.tolist():
        prints[of[row]].append(str(got["print"][row]))
    return Inventory(
        assets=names,
        rows=np.bincount(of[kept], n[kept], len(names)).astype(np.int64),
        first_ns=first,
        last_ns=last,
        fingerprint=tuple("+".join(some) for some in prints),
        interval_s=grid.interval_s,
        phase_ns=grid.phase_ns,
        source=f"{table.where}; {table.origin}" if table.origin else table.where,
        idle=np.bincount(of[still], n[still], len(names)).astype(np.int64),
        traded=moves,
        other_intervals=grid.other,
    )
