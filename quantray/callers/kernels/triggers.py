"""Exits that an indicator decides on a candle's close; the order fills at the open of the next candle."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.callers.kernels.codes import TRIGGERED, key_of
from quantray.callers.kernels.indicators import atr, ema, rsi, volume_jump

EMA_CROSS, RSI_CROSS, ATR_PEAK, ATR_ENTRY, VOLUME_Z = 0, 1, 2, 3, 4


@njit(cache=True, nogil=True)
def _crossed_below(a, b, i):  # type: ignore[no-untyped-def]
    return i > 0 and a[i - 1] >= b[i - 1] and a[i] < b[i]  # false where either is NaN


@njit(cache=True, nogil=True)
def decision(high, low, close, volume, first, price, whole, kind, p1, p2, one, two):  # type: ignore[no-untyped-def]
    """First candle from ``first`` (the entry's) on whose close the trigger decides; -1: none.

    The arrays begin at the warm-up and end with the window; ``one`` and ``two`` are scratch of their length.
    """
    n = close.shape[0]
    if kind == EMA_CROSS:
        ema(close, int(p1), one)
        ema(close, int(p2), two)
    elif kind == RSI_CROSS:
        rsi(close, int(p1), one)
        two[:] = p2
    elif kind != VOLUME_Z:
        atr(high, low, close, int(p1), one)
    peak = price
    for i in range(first, n):
        if (whole or i > first) and high[i] > peak:
            peak = high[i]
        if kind in (EMA_CROSS, RSI_CROSS):
            if _crossed_below(one, two, i):
                return i
        elif kind == VOLUME_Z:
            if volume_jump(volume, int(p1), p2, i):
                return i
        elif close[i] < (peak if kind == ATR_PEAK else price) - p2 * one[i]:
            return i
    return -1


@njit(cache=True, nogil=True)
def _first_seen(ts, low, high, since):  # type: ignore[no-untyped-def]
    """First candle of [low, high) that begins at ``since`` or later; ``high`` if none does."""
    while low < high:
        middle = (low + high) // 2
        if ts[middle] < since:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def trigger_tables(
    ts, open_, high, low, close, volume, called, warm, start, stop, price, whole, kind, p1, p2, warmup, column, keys,
    fill, worst, when,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Fill the triggers' columns, from ``column`` on, of the tables of ``E`` entries.

    ``called`` [E] ns is the start of the call's entry candle; each indicator sees the candles from ``warmup`` [G] ns
    before it on, and none before ``warm`` [E]; ``kind``, ``p1``, ``p2`` [G] as in :func:`decision`.
    """
    longest = 0
    for e in range(start.shape[0]):
        longest = max(longest, stop[e] - warm[e])
    one = np.empty(longest)
    two = np.empty(longest)
    for e in range(start.shape[0]):
        if np.isnan(price[e]) or start[e] >= stop[e]:
            continue
        z = stop[e]
        for g in range(kind.shape[0]):
            a = _first_seen(ts, warm[e], start[e], called[e] - warmup[g])
            found = decision(
                high[a:z], low[a:z], close[a:z], volume[a:z], start[e] - a, price[e], whole[e], kind[g], p1[g], p2[g],
                one[: z - a], two[: z - a],
            )  # fmt: skip
            i = a + found + 1
            if found < 0 or i >= z:
                continue
            lowest = min(price[e], open_[i])
            for b in range(start[e], i):
                lowest = min(lowest, low[b])
            k = column + g
            keys[e, k] = key_of(i - start[e], TRIGGERED)
            fill[e, k] = open_[i] / price[e]
            worst[e, k] = lowest / price[e]
            when[e, k] = ts[i]
