"""Signal kernels: running VWAP, next-true indices, and stretch-and-reclaim lists for many parameter sets."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

NONE = np.int32(2**31 - 1)  # "no such bar": larger than any bar, so comparisons need no special case


@njit(cache=True, nogil=True)
def running_vwap(price, volume, filled, count_filled):  # type: ignore[no-untyped-def]
    """VWAP from the session's open at each bar of ``price`` and ``volume`` [n] (shares); NaN until volume has traded.

    A filled (carried) bar adds nothing unless ``count_filled``: then the last bar's own price and volume are counted
    again, as in data sets whose rows were repeated before they were averaged.
    """
    n = price.shape[0]
    out = np.full(n, np.nan)
    paid = 0.0
    shares = 0.0
    last_price = np.nan
    last_volume = 0.0
    for i in range(n):
        if not filled[i]:
            last_price = price[i]
            last_volume = volume[i]
        if (not filled[i] or count_filled) and not np.isnan(last_price):
            paid += last_price * last_volume
            shares += last_volume
        if shares > 0.0:
            out[i] = paid / shares
    return out


@njit(cache=True, nogil=True)
def next_true(mask, out):  # type: ignore[no-untyped-def]
    """Index of the first true element of ``mask`` [n] at or after each position into ``out`` [n]; NONE without one."""
    following = NONE
    for i in range(mask.shape[0] - 1, -1, -1):
        if mask[i]:
            following = np.int32(i)
        out[i] = following


@njit(cache=True, nogil=True)
def _crossings(close, vwap, stretch, reclaim):  # type: ignore[no-untyped-def]
    """Next-true indices [levels, 2, n] of stretched bars per ``stretch`` and reclaimed bars per ``reclaim``.

    Row 0 is BELOW, row 1 ABOVE. The comparisons stand as the rule is written: a ratio would move the last bit.
    """
    n = close.shape[0]
    stretched = np.empty((stretch.shape[0], 2, n), np.int32)
    reclaimed = np.empty((reclaim.shape[0], 2, n), np.int32)
    mask = np.empty(n, np.bool_)
    for k in range(stretch.shape[0]):
        for i in range(n):
            mask[i] = close[i] < vwap[i] * (1.0 - stretch[k])
        next_true(mask, stretched[k, 0])
        for i in range(n):
            mask[i] = close[i] > vwap[i] * (1.0 + stretch[k])
        next_true(mask, stretched[k, 1])
    for k in range(reclaim.shape[0]):
        for i in range(n):
            mask[i] = close[i] >= vwap[i] * (1.0 - reclaim[k])
        next_true(mask, reclaimed[k, 0])
        for i in range(n):
            mask[i] = close[i] <= vwap[i] * (1.0 + reclaim[k])
        next_true(mask, reclaimed[k, 1])
    return stretched, reclaimed


@njit(cache=True, nogil=True)
def _jump(stretched, reclaimed, window, cooldown, side, into):  # type: ignore[no-untyped-def]
    """Append one side's signals to the columns ``into`` [3, n + 1] (bar, origin, side) from 0; returns how many.

    ``stretched`` and ``reclaimed`` [n] are next-true indices, ``window`` (first, last) bars, ``cooldown`` in bars.
    """
    n, first, last = stretched.shape[0], window[0], window[1]
    cooldown = min(cooldown, n)  # the whole session: a longer one would reach ``NONE``
    count = 0
    t = stretched[first] if first < n else NONE
    while t <= last:
        if t + 1 < n:
            u = reclaimed[t + 1]
            if u <= t + cooldown:
                into[0, count], into[1, count], into[2, count] = u, t, side
                count += 1
        # no fresh crossing is needed: while price stays stretched one signal a cooldown is emitted
        t = stretched[t + cooldown] if t + cooldown < n else NONE
    return count


class Sets(NamedTuple):
    """Parameter sets [K] of one session."""

    stretch: np.ndarray  # which of the stretch levels
    reclaim: np.ndarray  # which of the reclaim levels
    first: np.ndarray  # bars of the window, both included
    last: np.ndarray
    cooldown: np.ndarray  # bars


@njit(cache=True, nogil=True)
def stretch_reclaim(close, vwap, stretch, reclaim, sets):  # type: ignore[no-untyped-def]
    """Signals of K parameter sets in one session, as columns (ptr [K+1], bar, side, origin).

    ``close`` and ``vwap`` [n] are prices; ``stretch`` and ``reclaim`` the distinct levels, fractions of the VWAP.
    """
    stretched, reclaimed = _crossings(close, vwap, stretch, reclaim)
    n, sizes = close.shape[0], sets.stretch.shape[0]
    ptr = np.zeros(sizes + 1, np.int64)
    size = 1024
    bar = np.empty(size, np.int32)
    side = np.empty(size, np.int8)
    origin = np.empty(size, np.int32)
    one = np.empty((2, 3, n + 1), np.int32)
    total = 0
    for k in range(sizes):
        counts = np.zeros(2, np.int64)
        window = sets.first[k], sets.last[k]
        for d in range(2):
            apart, back = stretched[sets.stretch[k], d], reclaimed[sets.reclaim[k], d]
            counts[d] = _jump(apart, back, window, sets.cooldown[k], -1 if d == 0 else 1, one[d])
        need = total + counts[0] + counts[1]
        while need > size:
            size *= 2
            bar = np.concatenate((bar, np.empty_like(bar)))
            side = np.concatenate((side, np.empty_like(side)))
            origin = np.concatenate((origin, np.empty_like(origin)))
        a = 0
        b = 0
        while a < counts[0] or b < counts[1]:
            # merge the two sides in signal order; below comes first where all else is equal
            below = b >= counts[1] or (
                a < counts[0]
                and (one[0, 0, a] < one[1, 0, b] or (one[0, 0, a] == one[1, 0, b] and one[0, 1, a] <= one[1, 1, b]))
            )
            d = 0 if below else 1
            i = a if below else b
            bar[total], origin[total], side[total] = one[d, 0, i], one[d, 1, i], one[d, 2, i]
            total += 1
            if below:
                a += 1
            else:
                b += 1
        ptr[k + 1] = total
    return ptr, bar[:total], side[:total], origin[:total]
