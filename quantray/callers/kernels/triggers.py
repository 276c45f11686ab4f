"""Exits that an indicator decides on a candle's close; the order fills at the open of the next candle."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numba import njit

from quantray.callers.kernels.codes import Phase, key_of
from quantray.callers.kernels.columns import Candles
from quantray.callers.kernels.indicators import atr, ema, rsi, volume_jump


class Indicator(IntEnum):
    """What decides; its two parameters are its own (periods in candles)."""

    EMA_CROSS = 0  # fast, slow
    RSI_CROSS = 1  # period, level
    ATR_PEAK = 2  # period, multiple
    ATR_ENTRY = 3
    VOLUME_Z = 4  # period, z


@njit(cache=True, nogil=True)
def _crossed_below(a, b, i):  # type: ignore[no-untyped-def]
    return i > 0 and a[i - 1] >= b[i - 1] and a[i] < b[i]  # false where either is NaN


@njit(cache=True, nogil=True)
def decision(candles, first, price, whole, kind, p1, p2, scratch):  # type: ignore[no-untyped-def]
    """First candle from ``first`` (the entry's) on whose close the trigger decides; -1: none.

    The candles begin at the warm-up and end with the window; ``p1`` and ``p2`` are the parameters of the ``kind``, an
    :class:`Indicator`; ``scratch`` [2, r].
    """
    high, low, close, volume = candles.high, candles.low, candles.close, candles.volume
    n = close.shape[0]
    one, two = scratch[0, :n], scratch[1, :n]
    if kind == Indicator.EMA_CROSS:
        ema(close, int(p1), one)
        ema(close, int(p2), two)
    elif kind == Indicator.RSI_CROSS:
        rsi(close, int(p1), one)
        two[:] = p2
    elif kind != Indicator.VOLUME_Z:
        atr(high, low, close, int(p1), one)
    peak = price
    for i in range(first, n):
        if (whole or i > first) and high[i] > peak:
            peak = high[i]
        if kind in (Indicator.EMA_CROSS, Indicator.RSI_CROSS):
            if _crossed_below(one, two, i):
                return i
        elif kind == Indicator.VOLUME_Z:
            if volume_jump(volume, int(p1), p2, i):
                return i
        elif close[i] < (peak if kind == Indicator.ATR_PEAK else price) - p2 * one[i]:
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
def _between(candles, a, z):  # type: ignore[no-untyped-def]
    return Candles(
        candles.ts[a:z], candles.open[a:z], candles.high[a:z], candles.low[a:z], candles.close[a:z],
        candles.volume[a:z], candles.interval,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def trigger_tables(candles, entries, called, warm, triggers, column, tables):  # type: ignore[no-untyped-def]
    """Fill the triggers' columns, from ``column`` on, of the tables of ``E`` entries.

    ``called`` [E] UTC ns is the start of the call's entry candle; each indicator sees the candles from its warm-up
    before it on, and none before the row ``warm`` [E].
    """
    ts, open_, low = candles.ts, candles.open, candles.low
    start, stop, price = entries.start, entries.stop, entries.price
    longest = 0
    for e in range(start.shape[0]):
        longest = max(longest, stop[e] - warm[e])
    scratch = np.empty((2, longest))
    for e in range(start.shape[0]):
        if np.isnan(price[e]) or start[e] >= stop[e]:
            continue
        z = stop[e]
        for g in range(triggers.kind.shape[0]):
            a = _first_seen(ts, warm[e], start[e], called[e] - triggers.warmup[g])
            found = decision(
                _between(candles, a, z), start[e] - a, price[e], entries.whole[e], triggers.kind[g], triggers.first[g],
                triggers.second[g], scratch,
            )  # fmt: skip
            i = a + found + 1
            if found < 0 or i >= z:
                continue
            lowest = min(price[e], open_[i])
            for b in range(start[e], i):
                lowest = min(lowest, low[b])
            k = column + g
            tables.keys[e, k] = key_of(i - start[e], Phase.TRIGGERED)
            tables.fill[e, k] = open_[i] / price[e]
            tables.worst[e, k] = lowest / price[e]
            tables.time[e, k] = ts[i]
