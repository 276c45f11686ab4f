"""First-touch tables of policies: for each entry, when each level is reached and what it pays, in one pass.

Columns: targets (rising), stops (falling), armed stops (by the multiple that arms them), durations (rising),
triggers, the end of the data, and a last one that never comes. Of a column the tables hold the key (see
``codes``), the fill as a multiple of the entry price, the lowest multiple up to it, and its time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from quantray.callers.codes import Intrabar, TargetGap
from quantray.callers.kernels.codes import AT_OPEN, NEVER, Phase, key_of, stop_phase, target_phase
from quantray.callers.kernels.columns import Blocks, Touched

#: Candles of a block. Where neither its highest nor its lowest price reaches a level, the whole block is passed over.
BLOCK = 8


class _Trade(NamedTuple):
    """One entry: row of its first candle, candles that matter, price paid, whether the first one's high counts."""

    start: int
    bars: int
    price: float
    whole: bool


class _Holds(NamedTuple):
    """Durations as bars, and last the number of bars; whether the candle there begins only when the time is up."""

    until: np.ndarray  # [H + 1]
    late: np.ndarray  # [H]


class _Arms(NamedTuple):
    """Where each arm is reached [A]: the bar (-1: by the entry itself), and the lowest price up to it."""

    bar: np.ndarray
    low: np.ndarray


class _Armed(NamedTuple):
    """Of one arm: its bar, the lowest price and the peak by then, and the column of its first stop."""

    bar: int
    lowest: float
    peak: float
    column: int


@njit(cache=True, nogil=True)
def block_extremes(high, low):  # type: ignore[no-untyped-def]
    """Highest high and lowest low of each whole block of candles, as the bits of the prices [r // BLOCK].

    ``high`` and ``low`` [r] are bits too: positive numbers sort alike either way, whole ones several at a time, and
    what is no price (NaN, below 0) ends up where it makes a block look touched.
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
def _time_bars(candles, start, stop, time, hold, holds):  # type: ignore[no-untyped-def]
    """Per duration of ``hold`` [H] ns the first candle that ends at or after entry + hold, as a bar; the number of

    bars if none does. ``late``: whether that candle begins only when the time is up, behind a silence.
    """
    ts = candles.ts
    for k in range(hold.shape[0]):
        low, high = start, stop
        while low < high:
            middle = (low + high) // 2
            if ts[middle] + candles.interval < time + hold[k]:
                low = middle + 1
            else:
                high = middle
        holds.until[k] = low - start
        holds.late[k] = low < stop and ts[low] >= time + hold[k]


@njit(cache=True, nogil=True)
def _first_pass(candles, blocks, trade, rules, levels, holds, arms, row):  # type: ignore[no-untyped-def]
    """Targets, stops and durations of one entry, and where each arm is reached; returns the lowest price seen.

    The pass ends behind the last duration inside the bars. What is sold late is sold at the open: nothing else of
    that candle counts.
    """
    open_, high, low, close = candles.open, candles.high, candles.low, candles.close
    top, bottom = blocks.top, blocks.bottom
    start, bars, price, whole = trade.start, trade.bars, trade.price, trade.whole
    target, stop, arm = levels.target, levels.stop, levels.arm
    until, late, arm_bar, arm_low = holds.until, holds.late, arms.bar, arms.low
    keys, fill, worst, peaks = row.keys, row.fill, row.worst, row.peaks
    n_t, n_s, n_a, n_h = target.shape[0], stop.shape[0], arm.shape[0], until.shape[0] - 1
    s0 = n_t  # targets stand first, then stops; durations behind the armed stops
    h0 = n_t + n_s + levels.trail.shape[0] + levels.raised.shape[0]
    t = s = a = b = np.int64(0)  # a literal would be a type of its own
    peak = lowest = price
    while a < n_a and peak >= price * arm[a]:
        arm_bar[a], arm_low[a] = -1, price  # armed by the entry itself
        a += 1
    next_target = price * target[0] if n_t else np.inf
    next_stop = price * stop[0] if n_s else -np.inf
    next_arm = price * arm[a] if a < n_a else np.inf
    in_stop, in_target = stop_phase(rules.order), target_phase(rules.order)
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
                keys[s0 + s] = key_of(b, Phase.GAP_STOP if gap else in_stop)
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
                    keys[t] = key_of(b, Phase.GAP_TARGET if gap else in_target)
                    fill[t] = open_[i] if gap and rules.gap_pays != TargetGap.LIMIT else next_target
                    worst[t] = before if gap else lowest
                    t += 1
                    next_target = price * target[t] if t < n_t else np.inf
                peak = hi
                while hi >= next_arm and a < n_a:
                    arm_bar[a], arm_low[a] = b, before if rules.order == Intrabar.RAISE_FIRST else lowest
                    a += 1
                    next_arm = price * arm[a] if a < n_a else np.inf
            b += 1
        peaks[k] = peak
        if k < n_h and until[k] < bars:
            i = start + until[k]
            if late[k]:
                keys[h0 + k], fill[h0 + k] = key_of(until[k], Phase.LATE), open_[i]
                worst[h0 + k], peaks[k] = min(lowest, open_[i]), max(peak, open_[i])
            else:
                keys[h0 + k], fill[h0 + k], worst[h0 + k] = key_of(until[k], Phase.TIME), close[i], lowest
    return lowest


@njit(cache=True, nogil=True)
def _armed_pass(candles, blocks, trade, order, armed, trail, level, row):  # type: ignore[no-untyped-def]
    """Stops that one arm raises: ``trail`` (rising fractions of the peak), then ``level`` (falling multiples).

    They stand from the candle after the arm's; with raise_first already in it, and then no gap can fill them there.
    """
    open_, high, low = candles.open, candles.high, candles.low
    top, bottom = blocks.top, blocks.bottom
    start, bars, price, whole = trade.start, trade.bars, trade.price, trade.whole
    keys, fill, worst = row.keys, row.fill, row.worst
    lowest, peak, a0 = armed.lowest, armed.peak, armed.column
    n_r, n_l = trail.shape[0], level.shape[0]
    r = f = 0
    inside = order == Intrabar.RAISE_FIRST
    b = armed.bar if inside and armed.bar >= 0 else armed.bar + 1
    phase = stop_phase(order)
    standing = armed.bar < b
    next_fixed = price * level[0] if n_l else -np.inf
    near = 1.0 - trail[0] if n_r else 0.0
    while b < bars and (r < n_r or f < n_l):
        i = start + b
        if i % BLOCK == 0 and b + BLOCK <= bars and standing and (whole or b > 0):
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
            gap = standing and op <= known * near
            paid = op if gap else peak * near
            keys[a0 + r] = key_of(b, Phase.GAP_STOP if gap else phase)
            fill[a0 + r], worst[a0 + r] = paid, min(lowest, paid)
            r += 1
            near = 1.0 - trail[r] if r < n_r else 0.0
        while lo <= next_fixed and f < n_l:
            gap = standing and op <= next_fixed
            paid = op if gap else next_fixed
            keys[a0 + n_r + f] = key_of(b, Phase.GAP_STOP if gap else phase)
            fill[a0 + n_r + f], worst[a0 + n_r + f] = paid, min(lowest, paid)
            f += 1
            next_fixed = price * level[f] if f < n_l else -np.inf
        if high[i] > peak and (whole or b > 0):
            peak = high[i]
        lowest = min(lowest, lo)
        standing = True
        b += 1


@njit(cache=True, nogil=True)
def _empty(entries, levels):  # type: ignore[no-untyped-def]
    """Tables [E, K] in which nothing was touched."""
    shape = (entries.start.shape[0], end_of(levels) + 2)
    return Touched(
        np.full(shape, NEVER, np.int32), np.ones(shape), np.ones(shape), np.zeros(shape, np.int64),
        np.ones((shape[0], levels.hold.shape[0] + 1)),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def end_of(levels):  # type: ignore[no-untyped-def]
    """Column of the end of the data."""
    n = levels.target.shape[0] + levels.stop.shape[0] + levels.trail.shape[0] + levels.raised.shape[0]
    return n + levels.hold.shape[0] + levels.n_triggers


@njit(cache=True, nogil=True)
def tables(candles, top, bottom, entries, levels, rules):  # type: ignore[no-untyped-def]
    """Tables [E, K] of ``E`` entries; triggers' columns are left for ``triggers`` to fill.

    ``top`` and ``bottom`` [r // BLOCK] are the prices of :func:`block_extremes`.
    """
    made, end, n_h, n_a = _empty(entries, levels), end_of(levels), levels.hold.shape[0], levels.arm.shape[0]
    a0 = levels.target.shape[0] + levels.stop.shape[0]
    blocks = Blocks(top, bottom)
    holds = _Holds(np.empty(n_h + 1, np.int64), np.empty(n_h, np.bool_))
    arms = _Arms(np.empty(n_a, np.int64), np.empty(n_a))
    order = rules.order
    for e in range(entries.start.shape[0]):
        price, start, stop = entries.price[e], entries.start[e], entries.stop[e]
        if np.isnan(price):
            continue
        row = Touched(made.keys[e], made.fill[e], made.worst[e], made.time[e], made.peaks[e])
        _time_bars(candles, start, stop, entries.time[e], levels.hold, holds)
        bars = stop - start
        if not levels.endless and n_h and holds.until[n_h - 1] < bars:
            bars = holds.until[n_h - 1] + 1  # every position is closed by then: nothing later matters
        holds.until[n_h] = bars
        arms.bar[:] = bars
        trade = _Trade(start, bars, price, entries.whole[e])
        lowest = _first_pass(candles, blocks, trade, rules, levels, holds, arms, row)
        for k in range(n_a):
            if arms.bar[k] < bars:
                above = arms.bar[k] >= 0 and order != Intrabar.RAISE_FIRST
                known = candles.high[start + arms.bar[k]] if above else price
                armed = _Armed(arms.bar[k], arms.low[k], known, a0 + levels.trail_ptr[k] + levels.raised_ptr[k])
                trail = levels.trail[levels.trail_ptr[k] : levels.trail_ptr[k + 1]]
                raised = levels.raised[levels.raised_ptr[k] : levels.raised_ptr[k + 1]]
                _armed_pass(candles, blocks, trade, order, armed, trail, raised, row)
        row.keys[end] = key_of(max(stop - start - 1, 0), Phase.END)
        row.fill[end] = candles.close[stop - 1] if stop > start else price
        row.worst[end] = min(lowest, row.fill[end])
        _finish(candles, start, entries.ends[e], price, end, row)
    return made


@njit(cache=True, nogil=True)
def _finish(candles, start, ends, price, end, row):  # type: ignore[no-untyped-def]
    """Prices to multiples of the entry, bars to times.

    Nobody knew that the last candle was the last one: what the end of the data closes is held until the source ends.
    """
    keys = row.keys
    for k in range(end + 1):
        if keys[k] != NEVER:
            row.fill[k] /= price
            row.worst[k] /= price
            if k == end:
                row.time[k] = ends
            else:
                after = 0 if keys[k] & 7 <= AT_OPEN else candles.interval
                row.time[k] = candles.ts[start + (keys[k] >> 3)] + after
    for k in range(row.peaks.shape[0]):
        row.peaks[k] /= price
