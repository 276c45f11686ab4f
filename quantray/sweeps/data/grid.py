"""The grid of one session: where bars of the underlying come to lie, and what a missing one carries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantray.sweeps.data.sessions import NS, Window
from quantray.sweeps.data.underlying import Bars


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Columns [n] as in ``sweeps.market.Session``; ``suspect`` marks bars that look like isolated bad prints."""

    window: Window
    interval_s: int
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray
    price: np.ndarray
    filled: np.ndarray
    vwap_running: np.ndarray | None
    suspect: np.ndarray
    suspects: int  # how many such bars the data had, carried or not
    closed: np.ndarray | None = None  # bars of the exchange's break

    @property
    def n_bars(self) -> int:
        return len(self.close)

    @property
    def spot(self) -> np.ndarray:
        """[n] close without suspect bars: what makers of quotes, who see the whole market, would go by."""
        close = self.close.copy()
        for bar in np.flatnonzero(self.suspect):
            close[bar] = close[bar - 1]
        return close


def coverage_of(bars: Bars, window: Window, interval_s: int) -> float:
    """Share of the session's minutes (or bars, where those are longer) outside a break that have a bar."""
    unit = max(60, interval_s)
    minutes = np.unique((bars.ts[bars.of(window)] - window.open_ns) // (unit * NS))
    starts = window.open_ns + np.arange(-(-window.seconds // unit)) * (unit * NS)
    return len(minutes) / max(int((~window.closed(starts)).sum()), 1)


def suspects_of(close: np.ndarray, move: float) -> np.ndarray:
    """Bars away from both neighbours by more than ``move`` and 20 typical steps while the neighbours agree.

    ``close`` [k] holds bars with a trade only. The rule needs the next bar, so nobody could have acted on it in time.
    """
    found = np.zeros(len(close), bool)
    if len(close) < 3:
        return found
    step = np.diff(close) / close[:-1]
    limit = max(move, 20 * float(np.median(np.abs(step))))
    before, after = step[:-1], (close[1:-1] - close[2:]) / close[2:]
    across = np.abs(close[2:] - close[:-2]) / close[:-2]
    found[1:-1] = (np.minimum(np.abs(before), np.abs(after)) > limit) & (before * after > 0) & (across < limit / 4)
    return found


def lay(bars: Bars, window: Window, interval_s: int, move: float, carry_suspects: bool) -> Grid:
    """Bars of one session on its grid; a missing one carries the last close and has volume 0.

    In a break prices are NaN: nobody deals, so nothing is carried through it, only across.
    """
    rows = bars.of(window)
    columns = {name: column[rows] for name, column in bars.columns.items()}
    at = (bars.ts[rows] - window.open_ns) // (interval_s * NS)
    odd = suspects_of(columns["close"], move)
    suspects = int(odd.sum())
    if carry_suspects:
        at, columns = at[~odd], {name: column[~odd] for name, column in columns.items()}
        odd = np.zeros(len(at), bool)
    n = window.n_bars(interval_s)
    source = np.full(n, -1, np.int64)
    source[at] = np.arange(len(at))
    filled = source < 0
    last = np.maximum.accumulate(source)
    close = _take(columns["close"], last)
    typical = (columns["high"] + columns["low"] + columns["close"]) / 3
    price = np.where(np.isnan(columns["vwap"]), typical, columns["vwap"])
    own = {name: np.where(filled, close, _take(columns[name], last)) for name in ("open", "high", "low")}
    running = columns["vwap_running"]
    suspect = np.zeros(n, bool)
    suspect[at] = odd
    indexed = len(at) > 0 and bool(np.isnan(columns["volume"]).all())  # an index: no volume, not one of 0
    grid = Grid(
        window, interval_s, own["open"], own["high"], own["low"], close,
        volume=np.full(n, np.nan) if indexed else np.where(filled, 0.0, _take(columns["volume"], last)),
        price=np.where(filled, close, _take(price, last)),
        filled=filled,
        vwap_running=None if np.isnan(running).all() else _carried(_take(running, last)),
        suspect=suspect,
        suspects=suspects,
        closed=closed_bars(window, interval_s),
    )  # fmt: skip
    if grid.closed is not None:
        for column in (grid.open, grid.high, grid.low, grid.close, grid.price, grid.vwap_running):
            if column is not None:
                column[grid.closed] = np.nan
    return grid


def closed_bars(window: Window, interval_s: int) -> np.ndarray | None:
    """[n] bars that lie in the session's break, in part or whole; None without one."""
    if window.pause_ns is None:
        return None
    starts = window.open_ns + np.arange(window.n_bars(interval_s)) * (interval_s * NS)
    closed = (starts + interval_s * NS > window.pause_ns[0]) & (starts < window.pause_ns[1])
    return closed if closed.any() else None


def _take(column: np.ndarray, last: np.ndarray) -> np.ndarray:
    return np.where(last < 0, np.nan, column[np.maximum(last, 0)])


def _carried(column: np.ndarray) -> np.ndarray:
    known = np.maximum.accumulate(np.where(np.isnan(column), -1, np.arange(len(column))))
    return _take(column, known)
