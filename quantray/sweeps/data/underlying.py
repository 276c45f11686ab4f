"""Bars of the underlying: read, checked, laid on the session's grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantray.errors import DataError
from quantray.files.tables import Table
from quantray.sweeps.data.sessions import NS, Window

PRICES = ("open", "high", "low", "close")
UNITS_APART = 10.0  # of the close: no bar reaches so far, in the median
BLOCK_S, BLOCK_BARS = 1800, 25  # a block with this many bars shows its interval


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Columns of the underlying's rows between the first open and the last close, in time order."""

    ts: np.ndarray  # [r] int64 ns, start of the bar
    columns: dict[str, np.ndarray]  # open high low close volume vwap vwap_running, [r] each

    def of(self, window: Window) -> slice:
        low, high = np.searchsorted(self.ts, (window.open_ns, window.close_ns))
        return slice(int(low), int(high))


def has_volume(table: Table, symbol: str | None) -> bool:
    """Whether any row of the underlying has a volume; asked of the whole table, so that dates do not change it."""
    if not table.has("volume"):
        return False
    volume = table.column("volume")
    (most,) = table.row(
        f"SELECT max(CASE WHEN isnan({volume}) THEN NULL ELSE {volume} END) FROM {{t}} WHERE {table.of(symbol)}"
    )
    return most is not None and most > 0


def in_time_order(
    where: str, ts: np.ndarray, columns: dict[str, np.ndarray], file: np.ndarray | None
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The rows [r] in time order: each file must be, and the files of a folder come in any order."""
    if file is None:
        check_order(where, ts)
        return ts, columns
    back = (np.diff(ts) < 0) & (np.diff(file) == 0)
    if back.any():
        at = int(np.argmax(back)) + 1
        raise DataError(f"{where}: timestamps are not sorted: {stamp(ts[at])} follows {stamp(ts[at - 1])} in one file")
    order = np.argsort(ts, kind="stable")
    check_order(where, ts[order])
    return ts[order], {name: column[order] for name, column in columns.items()}


def check_order(where: str, ts: np.ndarray) -> None:
    """Times ``ts`` [r] (UTC ns) are strictly increasing, or DataError."""
    step = np.diff(ts)
    if (step < 0).any():
        at = int(np.argmax(step < 0)) + 1
        raise DataError(f"{where}: timestamps are not sorted: {stamp(ts[at])} follows {stamp(ts[at - 1])}")
    if (step == 0).any():
        raise DataError(
            f"{where}: timestamp {stamp(ts[int(np.argmax(step == 0))])} is duplicated; keep one of its rows"
        )


def stamp(ns: int | np.integer) -> str:
    """UTC in ISO, to the second where that is exact."""
    shown = str(np.datetime64(int(ns), "ns"))
    return shown.removesuffix(".000000000") + "Z"


def bad_prices(columns: dict[str, np.ndarray], rows: np.ndarray, traded: bool) -> dict[str, np.ndarray]:
    """Which of the ``rows`` [r] hold no number that the column may have, by column.

    Prices are above 0, a volume is 0 or more where the underlying is ``traded``; a VWAP may be absent.
    """
    bad = {name: rows & ~(np.isfinite(columns[name]) & (columns[name] > 0)) for name in PRICES}
    if traded:
        bad["volume"] = rows & ~(np.isfinite(columns["volume"]) & (columns["volume"] >= 0))
    for name in ("vwap", "vwap_running"):
        column = columns[name]
        bad[name] = rows & ~np.isnan(column) & ~((column > 0) & np.isfinite(column))
    return bad


def other_units(columns: dict[str, np.ndarray]) -> dict[str, float]:
    """``columns`` [r] in another unit than the close, as cents beside dollars: how many times it each is (median)."""
    found = {}
    priced = columns["close"] > 0  # others are refused
    for name in ("open", "high", "low", "vwap", "vwap_running"):
        ratio = columns[name][priced] / columns["close"][priced]
        known = ratio[~np.isnan(ratio)]
        times = float(np.median(known)) if known.size else 1.0
        if not 1 / UNITS_APART < times < UNITS_APART:
            found[name] = times
    return found


def inconsistent(columns: dict[str, np.ndarray]) -> np.ndarray:
    """Bars whose open or close lies outside their own low and high [r]."""
    opened, high, low, close = (columns[p] for p in PRICES)
    found: np.ndarray = (low > np.minimum(opened, close)) | (high < np.maximum(opened, close))
    return found


def interval_of(where: str, bars: Bars, windows: tuple[Window, ...], given: int | None) -> int:
    """Seconds between bars: as given or inferred, one for the whole data set. Raises DataError when mixed."""
    return interval_from(where, steps_of(where, bars, windows), given)


@dataclass(frozen=True, slots=True)
class Steps:
    """How far apart a session's bars are."""

    first_ns: int
    step_s: int  # greatest common divisor of their distances from the first
    bars: int
    blocks: list[tuple[int, int]]  # of each half hour: that of their distances from the open, and number of bars


def steps_of(where: str, bars: Bars, windows: Sequence[Window]) -> list[Steps]:
    """Steps of each session that has bars. Raises DataError where a time is no whole second."""
    found = []
    for window in windows:
        ts = bars.ts[bars.of(window)]
        if len(ts):
            blocks = _blocks(ts - window.open_ns, where)
            found.append(Steps(int(ts[0]), int(np.gcd.reduce(ts - ts[0])) // NS, len(ts), blocks))
    return found


def interval_from(where: str, steps: Sequence[Steps], given: int | None) -> int:
    """:func:`interval_of` sessions with these steps."""
    blocks = [block for session in steps for block in session.blocks]
    found = int(np.gcd.reduce([g for g, _ in blocks], dtype=np.int64)) if blocks else 0
    if found == 0:
        raise DataError(f"{where}: too few bars to tell their interval; give data.interval")
    telling = {g for g, size in blocks if size >= BLOCK_BARS and g > 0}
    if telling - {found}:
        raise DataError(
            f"{where}: bars of {found} s are mixed with bars of {max(telling)} s; load one interval at a time"
        )
    _check_begin(where, steps, found)
    if given is not None and given != found and (telling or found % given):
        raise DataError(f"{where}: data.interval is {given} s but the bars are {found} s apart")
    return given or found


def _check_begin(where: str, sessions: Sequence[Steps], found: int) -> None:
    """Refuse bars that keep a distance from the session's grid, as those stamped …:59 do.

    Their times have a common divisor that is finer than their steps: on its grid nearly every bar would be a carried
    one, and a latency or an age of one bar a fraction of theirs.
    """
    steps = int(np.gcd.reduce([session.step_s for session in sessions], dtype=np.int64))
    if steps > found and sum(session.bars for session in sessions) >= BLOCK_BARS:
        first = sessions[0].first_ns
        raise DataError(
            f"{where}: bars are {steps} s apart and do not begin with the session: one is stamped "
            f"{stamp(first)}, which is no whole number of {steps} s after the open; correct the times (a bar "
            f"is named by its start; data.stamp=end reads times that are whole ends)"
        )


def _blocks(offsets: np.ndarray, where: str) -> list[tuple[int, int]]:
    """(greatest common divisor of the offsets in seconds, number of bars) of each half hour of one session."""
    if (offsets % NS).any():
        raise DataError(f"{where}: timestamps must be whole seconds; aggregate ticks to bars first")
    seconds = offsets // NS
    if len(seconds) == 0:
        return []
    starts = np.flatnonzero(np.diff(seconds // BLOCK_S, prepend=-1))
    sizes = np.diff(np.append(starts, len(seconds)))
    return list(zip(np.gcd.reduceat(seconds, starts).tolist(), sizes.tolist(), strict=True))
