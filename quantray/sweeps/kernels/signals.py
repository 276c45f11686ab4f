"""Signal kernels: running VWAP, next-true indices, and stretch-and-reclaim lists for many parameter sets."""

from __future__ import annotations

import numpy as np
from numba import njit

NONE = np.int32(2**31 - 1)  # "no such bar": larger than any bar, so comparisons need no special case


@njit(cache=True, nogil=True)
def running_vwap(price, volume, filled, count_filled):  # type: ignore[no-untyped-def]
    """VWAP from the session's open at each bar, [n]; NaN until volume has traded.

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
    """Index of the first true element at or after each position, [n]; NONE where there is none."""
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
def _jump(stretched, reclaimed, first, last, cooldown, side, bar, sides, origin):  # type: ignore[no-untyped-def]
    """Append one side's signals to the buffers from position 0; returns how many."""
    n = stretched.shape[0]
    cooldown = min(cooldown, n)  # the whole session: a longer one would reach ``NONE``
    count = 0
    t = stretched[first] if first < n else NONE
    while t <= last:
        if t + 1 < n:
            u = reclaimed[t + 1]
            if u <= t + cooldown:
                bar[count] = u
                sides[count] = side
                origin[count] = t
                count += 1
        # no fresh crossing is needed: while price stays stretched one signal a cooldown is emitted
        t = stretched[t + cooldown] if t + cooldown < n else NONE
    return count


@njit(cache=True, nogil=True)
def stretch_reclaim(close, vwap, stretch, reclaim, s_index, r_index, first, last, cooldown):  # type: ignore[no-untyped-def]
    """Signals of K parameter sets in one session, as columns (ptr [K+1], bar, side, origin).

    ``s_index``/``r_index`` [K] point into the distinct ``stretch``/``reclaim`` levels (fractions of the VWAP);
    ``first``/``last`` [K] are the window's bars, both included; ``cooldown`` [K] is in bars.
    """
    stretched, reclaimed = _crossings(close, vwap, stretch, reclaim)
    n = close.shape[0]
    ptr = np.zeros(s_index.shape[0] + 1, np.int64)
    size = 1024
    bar = np.empty(size, np.int32)
    side = np.empty(size, np.int8)
    origin = np.empty(size, np.int32)
    one = np.empty((2, n + 1), np.int32)
    one_side = np.empty((2, n + 1), np.int8)
    one_origin = np.empty((2, n + 1), np.int32)
    total = 0
    for k in range(s_index.shape[0]):
        counts = np.zeros(2, np.int64)
        for d in range(2):
            counts[d] = _jump(
                stretched[s_index[k], d], reclaimed[r_index[k], d], first[k], last[k], cooldown[k],
                -1 if d == 0 else 1, one[d], one_side[d], one_origin[d],
            )  # fmt: skip
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
                and (one[0, a] < one[1, b] or (one[0, a] == one[1, b] and one_origin[0, a] <= one_origin[1, b]))
            )
            d = 0 if below else 1
            i = a if below else b
            bar[total] = one[d, i]
            side[total] = one_side[d, i]
            origin[total] = one_origin[d, i]
            total += 1
            if below:
                a += 1
            else:
                b += 1
        ptr[k + 1] = total
    return ptr, bar[:total], side[:total], origin[:total]
