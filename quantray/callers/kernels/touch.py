"""First-touch tables of policies: for each entry, when each level is reached and what it pays, in one pass.

Columns: targets (rising), stops (falling), armed stops (by the multiple that arms them), durations (rising),
triggers, the end of the data, and a last one that never comes. Of a column the tables hold the key (see
``policy_codes``), the fill as a multiple of the entry price, the lowest multiple up to it, and its time.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.callers.kernels.codes import (
    AT_LIMIT,
    AT_OPEN,
    END,
    GAP_STOP,
    GAP_TARGET,
    LATE,
    NEVER,
    RAISE_FIRST,
    TIME,
    key_of,
    stop_phase,
    target_phase,
)  # fmt: skip

#: Candles of a block. Where neither its highest nor its lowest price reaches a level, the whole block is passed over.
BLOCK = 8


@njit(cache=True, nogil=True)
def block_extremes(high, low):  # type: ignore[no-untyped-def]
    """Highest high and lowest low of each whole block of candles, as the bits of the prices.

    ``high`` and ``low`` are bits too: positive numbers sort alike either way, whole ones several at a time, and what
    is no price (NaN, below 0) ends up where it makes a block look touched.
    """
    n = high.shape[0] // BLOCK
    top = np.empty(n, np.int64)
    bottom = np.empty(n, np.int64)
    for k in range(n):
        a = high[k * BLOCK]
        b = low[k * BLOCK]
        for i in range(k * BLOCK + 1, (k + 1) * BLOCK):
            a = max(a, high[i])
            b = min(b, low[i])
        top[k], bottom[k] = a, b
    return top, bottom


@njit(cache=True, nogil=True)
def _time_bars(ts, start, stop, time, interval, hold, out, late):  # type: ignore[no-untyped-def]
    """Per duration the first candle that ends at or after entry + hold, as a bar; the number of bars if none does.

    ``late``: whether that candle begins only when the time is up, behind a silence.
    """
    for k in range(hold.shape[0]):
        low, high = start, stop
        while low < high:
            middle = (low + high) // 2
            if ts[middle] + interval < time + hold[k]:
                low = middle + 1
            else:
                high = middle
        out[k] = low - start
        late[k] = low < stop and ts[low] >= time + hold[k]


@njit(cache=True, nogil=True)
def _first_pass(
    open_, high, low, close, top, bottom, start, bars, price, whole, order, gap_pays, target, stop, arm, until, late,
    t0, s0, h0, keys, fill, worst, peaks, arm_bar, arm_low,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Targets, stops and durations of one entry, and where each arm is reached; returns the lowest price seen.

    ``until`` are the durations' bars and last the number of bars; the pass ends behind the last one inside it. What
    is sold late is sold at the open: nothing else of that candle counts.
    """
    n_t, n_s, n_a, n_h = target.shape[0], stop.shape[0], arm.shape[0], until.shape[0] - 1
    t = s = a = b = 0
    peak = lowest = price
    while a < n_a and peak >= price * arm[a]:
        arm_bar[a], arm_low[a] = -1, price  # armed by the entry itself
        a += 1
    next_target = price * target[0] if n_t else np.inf
    next_stop = price * stop[0] if n_s else -np.inf
    next_arm = price * arm[a] if a < n_a else np.inf
    in_stop, in_target = stop_phase(order), target_phase(order)
    for k in range(n_h + 1):
        last = until[k] + 1 if k < n_h and not late[k] else until[k]
        last = min(last, bars)
        while b < last:
            i = start + b
            if i % BLOCK == 0 and b + BLOCK <= last and (whole or b > 0):
                q = i // BLOCK
                if top[q] < next_target and top[q] < next_arm and bottom[q] > next_stop:
                    peak, lowest = max(peak, top[q]), min(lowest, bottom[q])
                    b += BLOCK
                    continue
            lo = low[i]
            while lo <= next_stop and s < n_s:  # a price may be infinite, as the level behind the last one is
                gap = open_[i] <= next_stop
                paid = open_[i] if gap else next_stop
                keys[s0 + s] = key_of(b, GAP_STOP if gap else in_stop)
                fill[s0 + s], worst[s0 + s] = paid, min(lowest, paid)
                s += 1
                next_stop = price * stop[s] if s < n_s else -np.inf
            before = lowest
            if lo < lowest:
                lowest = lo
            hi = high[i]
            if hi > peak and (whole or b > 0):
                while hi >= next_target and t < n_t:
                    gap = open_[i] >= next_target
                    keys[t0 + t] = key_of(b, GAP_TARGET if gap else in_target)
                    fill[t0 + t] = open_[i] if gap and gap_pays != AT_LIMIT else next_target
                    worst[t0 + t] = before if gap else lowest
                    t += 1
                    next_target = price * target[t] if t < n_t else np.inf
                peak = hi
                while hi >= next_arm and a < n_a:
                    arm_bar[a], arm_low[a] = b, before if order == RAISE_FIRST else lowest
                    a += 1
                    next_arm = price * arm[a] if a < n_a else np.inf
            b += 1
        peaks[k] = peak
        if k < n_h and until[k] < bars:
            i = start + until[k]
            if late[k]:
                keys[h0 + k], fill[h0 + k], worst[h0 + k] = key_of(until[k], LATE), open_[i], min(lowest, open_[i])
                peaks[k] = max(peak, open_[i])
            else:
                keys[h0 + k], fill[h0 + k], worst[h0 + k] = key_of(until[k], TIME), close[i], lowest
    return lowest


@njit(cache=True, nogil=True)
def _armed_pass(
    open_,
    high,
    low,
    top,
    bottom,
    start,
    bars,
    price,
    whole,
    order,
    bar,
    lowest,
    peak,
    trail,
    level,
    a0,
    keys,
    fill,
    worst,
):  # type: ignore[no-untyped-def]
    """Stops that one arm raises: ``trail`` (rising fractions of the peak), then ``level`` (falling multiples).

    They stand from the candle after ``bar``; with raise_first already in it, and then no gap can fill them there.
    """
    n_r, n_l = trail.shape[0], level.shape[0]
    r = f = 0
    inside = order == RAISE_FIRST
    b = bar if inside and bar >= 0 else bar + 1
    phase = stop_phase(order)
    armed = bar < b
    next_fixed = price * level[0] if n_l else -np.inf
    near = 1.0 - trail[0] if n_r else -np.inf
    if n_r == 0:
        near = 0.0
    while b < bars and (r < n_r or f < n_l):
        i = start + b
        if i % BLOCK == 0 and b + BLOCK <= bars and armed and (whole or b > 0):
            q = i // BLOCK
            if bottom[q] > max(peak, top[q]) * near and bottom[q] > next_fixed:
                peak, lowest = max(peak, top[q]), min(lowest, bottom[q])
                b += BLOCK
                continue
        op, lo = open_[i], low[i]
        known = peak
        if inside and high[i] > peak and (whole or b > 0):
            peak = high[i]
        while r < n_r and lo <= peak * near:
            gap = armed and op <= known * near
            paid = op if gap else peak * near
            keys[a0 + r] = key_of(b, GAP_STOP if gap else phase)
            fill[a0 + r], worst[a0 + r] = paid, min(lowest, paid)
            r += 1
            near = 1.0 - trail[r] if r < n_r else 0.0
        while lo <= next_fixed and f < n_l:
            gap = armed and op <= next_fixed
            paid = op if gap else next_fixed
            keys[a0 + n_r + f] = key_of(b, GAP_STOP if gap else phase)
            fill[a0 + n_r + f], worst[a0 + n_r + f] = paid, min(lowest, paid)
            f += 1
            next_fixed = price * level[f] if f < n_l else -np.inf
        if high[i] > peak and (whole or b > 0):
            peak = high[i]
        lowest = min(lowest, lo)
        armed = True
        b += 1


@njit(cache=True, nogil=True)
def tables(
    ts, open_, high, low, close, top, bottom, interval, start, stop, ends, price, time, whole, order, gap_pays, target,
    level, arm, trail_ptr, trail, raised_ptr, raised, hold, n_triggers, endless,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Tables of ``E`` entries; triggers' columns are left for ``policy_triggers`` to fill.

    ``top`` and ``bottom`` are the prices of :func:`block_extremes`.

    ``start``, ``price``, ``time``, ``whole`` [E] as ``policy_entries`` gives them, ``stop`` [E] the end of the
    window, ``ends`` [E] ns when its data end; ``gap_pays`` AT_LIMIT or AT_THE_OPEN; ``target``, ``level`` multiples;
    arm k raises ``trail[trail_ptr[k]:]`` and ``raised[raised_ptr[k]:]``; ``hold`` ns; ``endless``: some policy has no
    time stop.

    Returns keys int32, fill, worst [E, K] as multiples of the entry price, time ns [E, K], peaks [E, holds + 1].
    """
    n, n_h, n_a = start.shape[0], hold.shape[0], arm.shape[0]
    s0 = target.shape[0]
    a0 = s0 + level.shape[0]
    h0 = a0 + trail.shape[0] + raised.shape[0]
    end = h0 + n_h + n_triggers
    keys = np.full((n, end + 2), NEVER, np.int32)
    fill = np.ones((n, end + 2))
    worst = np.ones((n, end + 2))
    when = np.zeros((n, end + 2), np.int64)
    peaks = np.ones((n, n_h + 1))
    until = np.empty(n_h + 1, np.int64)
    late = np.empty(n_h, np.bool_)
    arm_bar = np.empty(n_a, np.int64)
    arm_low = np.empty(n_a)
    for e in range(n):
        p = price[e]
        if np.isnan(p):
            continue
        whole_bars = stop[e] - start[e]
        _time_bars(ts, start[e], stop[e], time[e], interval, hold, until, late)
        bars = whole_bars
        if not endless and n_h and until[n_h - 1] < bars:
            bars = until[n_h - 1] + 1  # every position is closed by then: nothing later matters
        until[n_h] = bars
        arm_bar[:] = bars
        lowest = _first_pass(
            open_, high, low, close, top, bottom, start[e], bars, p, whole[e], order, gap_pays, target, level, arm,
            until, late, 0, s0, h0, keys[e], fill[e], worst[e], peaks[e], arm_bar, arm_low,
        )  # fmt: skip
        for k in range(n_a):
            if arm_bar[k] < bars:
                raise_first = order == RAISE_FIRST
                known = high[start[e] + arm_bar[k]] if arm_bar[k] >= 0 and not raise_first else p
                column = a0 + trail_ptr[k] + raised_ptr[k]
                _armed_pass(
                    open_, high, low, top, bottom, start[e], bars, p, whole[e], order, arm_bar[k], arm_low[k], known,
                    trail[trail_ptr[k] : trail_ptr[k + 1]], raised[raised_ptr[k] : raised_ptr[k + 1]], column,
                    keys[e], fill[e], worst[e],
                )  # fmt: skip
        last = stop[e] - 1
        keys[e, end] = key_of(max(whole_bars - 1, 0), END)
        fill[e, end] = close[last] if whole_bars > 0 else p
        worst[e, end] = min(lowest, fill[e, end])
        _finish(ts, interval, start[e], ends[e], p, end, keys[e], fill[e], worst[e], when[e], peaks[e])
    return keys, fill, worst, when, peaks


@njit(cache=True, nogil=True)
def _finish(ts, interval, start, ends, price, end, keys, fill, worst, when, peaks):  # type: ignore[no-untyped-def]
    """Prices to multiples of the entry, bars to times.

    Nobody knew that the last candle was the last one: what the end of the data closes is held until the source ends.
    """
    for k in range(end + 1):
        if keys[k] != NEVER:
            fill[k] /= price
            worst[k] /= price
            if k == end:
                when[k] = ends
            else:
                when[k] = ts[start + (keys[k] >> 3)] + (0 if keys[k] & 7 <= AT_OPEN else interval)
    for k in range(peaks.shape[0]):
        peaks[k] /= price
