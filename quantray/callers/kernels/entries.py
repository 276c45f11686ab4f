"""Where a trade begins: at the open or close of its entry candle, or on a dip below that open."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.callers.codes import Entry


@njit(cache=True, nogil=True)
def _dip(candles, entry, stop, dip, wait):  # type: ignore[no-untyped-def]
    """First candle that ends within ``wait`` ns of the entry candle's start and reaches the dip; -1: none."""
    ts, limit = candles.ts, candles.open[entry] * (1.0 - dip)
    i = entry
    while i < stop and ts[i] + candles.interval <= ts[entry] + wait:
        if candles.low[i] <= limit:
            return i, min(candles.open[i], limit)
        i += 1
    return -1, np.nan


@njit(cache=True, nogil=True)
def entries(candles, entry, stop, fill, dip, wait):  # type: ignore[no-untyped-def]
    """Entries [n, V] of ``n`` calls under ``V`` ways of entering.

    ``entry`` [n] is the row of the call's entry candle, -1 for a call that may not trade; ``stop`` [n] the end of its
    window (exclusive); ``fill`` an ``Entry``; ``dip`` [V] a fraction of the open, NaN: no waiting, and ``wait`` [V] ns.

    Returns (first candle to scan, price NaN where there is no entry, time ns, whether the first candle's high
    counts), each [n, V]. What is no finite price above 0 buys nothing. After a dip the high may lie before the entry,
    so it pays nothing; the low lies after it.
    """
    ts, open_, close = candles.ts, candles.open, candles.close
    n, ways = entry.shape[0], dip.shape[0]
    start = np.full((n, ways), -1, np.int64)
    price = np.full((n, ways), np.nan)
    time = np.zeros((n, ways), np.int64)
    whole = np.ones((n, ways), np.bool_)
    for i in range(n):
        if entry[i] < 0:
            continue
        for v in range(ways):
            at = entry[i]
            if not np.isnan(dip[v]):
                found, paid = _dip(candles, at, stop[i], dip[v], wait[v])
                if found >= 0 and 0 < paid < np.inf:
                    start[i, v], price[i, v], time[i, v], whole[i, v] = found, paid, ts[found], False
            elif fill == Entry.CLOSE:
                if 0 < close[at] < np.inf:
                    start[i, v], price[i, v], time[i, v] = at + 1, close[at], ts[at] + candles.interval
            else:
                start[i, v], price[i, v], time[i, v] = at, open_[at], ts[at]
    return start, price, time, whole
