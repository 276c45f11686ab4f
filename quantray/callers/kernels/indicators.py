"""Indicators on candles, standard formulas: NaN where too few candles have been seen.

Each starts at the first candle it is given, so that its value depends on the window and not on what lies before it.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def ema(x, period, out):  # type: ignore[no-untyped-def]
    """Exponential average with alpha = 2/(n+1), seeded with the mean of the first n values."""
    out[:] = np.nan
    if x.shape[0] < period:
        return
    total = 0.0
    for i in range(period):
        total += x[i]
    value = total / period
    out[period - 1] = value
    alpha = 2.0 / (period + 1.0)
    for i in range(period, x.shape[0]):
        value += alpha * (x[i] - value)
        out[i] = value


@njit(cache=True, nogil=True)
def _wilder(value, x, period):  # type: ignore[no-untyped-def]
    return (value * (period - 1.0) + x) / period


@njit(cache=True, nogil=True)
def rsi(close, period, out):  # type: ignore[no-untyped-def]
    """100 * gains / (gains + losses), both Wilder averages seeded with their mean (Wilder 1978); 50 where flat."""
    out[:] = np.nan
    if close.shape[0] <= period:
        return
    gains = 0.0
    losses = 0.0
    for i in range(1, close.shape[0]):
        change = close[i] - close[i - 1]
        up = change if change > 0.0 else 0.0
        down = -change if change < 0.0 else 0.0
        if i < period:
            gains += up
            losses += down
            continue
        if i == period:
            gains = (gains + up) / period
            losses = (losses + down) / period
        else:
            gains = _wilder(gains, up, period)
            losses = _wilder(losses, down, period)
        total = gains + losses
        out[i] = 100.0 * (gains / total) if total > 0.0 else 50.0


@njit(cache=True, nogil=True)
def atr(high, low, close, period, out):  # type: ignore[no-untyped-def]
    """Average true range, Wilder's average seeded with the mean of the first n true ranges (Wilder 1978)."""
    out[:] = np.nan
    if close.shape[0] < period:
        return
    value = 0.0
    for i in range(close.shape[0]):
        span = high[i] - low[i]
        if i > 0:
            span = max(span, abs(high[i] - close[i - 1]), abs(low[i] - close[i - 1]))
        if i < period:
            value += span
            if i == period - 1:
                value /= period
                out[i] = value
        else:
            value = _wilder(value, span, period)
            out[i] = value


@njit(cache=True, nogil=True)
def volume_jump(volume, period, z, i):  # type: ignore[no-untyped-def]
    """True where volume[i] lies ``z`` sample standard deviations or more above the mean of the ``period`` before it."""
    if i < period:
        return False
    total = 0.0
    for k in range(i - period, i):
        total += volume[k]
    mean = total / period
    squares = 0.0
    for k in range(i - period, i):
        squares += (volume[k] - mean) * (volume[k] - mean)
    deviation = np.sqrt(squares / (period - 1.0))
    return deviation > 0.0 and volume[i] - mean >= z * deviation
