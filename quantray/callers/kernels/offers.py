"""What a call's candles offered whoever bought it, without any policy: one pass over the candles of its horizon.

Definitions and units are in docs/baseline.md. A candle inside which something happens is over when it is known: its
time counts from the entry to the candle's END, or to its START where the open was there already, as in the policies'
tables (``quantray.callers.kernels.touch``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

#: Multiples of the entry price whose first touch is noted, rising.
MULTIPLES = (1.2, 1.5, 2.0, 3.0, 4.0, 5.0, 10.0)
N_MULTIPLES = len(MULTIPLES)
#: Places in ``MULTIPLES``: the first with a drawdown behind it, and how many have one in front of them.
FIRST_AFTER, N_BEFORE = 2, 3
#: What is held after 1.2x counts as kept from here on.
KEEP = 1.1

#: Columns of ``real``: prices as multiples of the entry, drawdowns and shares as fractions; NaN: does not exist.
PRICE, ATH, CLOSE, DRAWDOWN, FROM_PEAK, BEFORE_ABOVE = 0, 1, 2, 3, 4, 5
BEFORE = 6
AFTER = BEFORE + N_BEFORE
AFTER_ATH = AFTER + N_MULTIPLES - FIRST_AFTER
END_RETURN, TP_SL, UNDER, PROFIT, RETENTION, GIVEBACK, HEADFAKE_DEPTH = (AFTER_ATH + 1 + i for i in range(7))
GIVEBACK_LATER = HEADFAKE_DEPTH + 1
N_REAL = GIVEBACK_LATER + 1
#: Columns of ``when``: ns from the entry, -1: does not exist.
ATH_AT, TP_SL_AT, SILENT = 0, 1, 2
TOUCH = 3
N_WHEN = TOUCH + N_MULTIPLES
#: Columns of ``code``: how the simple trade ended, whether the order inside a candle decided it, whether 1.2x was a
#: headfake; -1: does not exist.
REASON, AMBIGUOUS, HEADFAKE = 0, 1, 2
N_CODE = 3
TARGET, STOP, HORIZON = 0, 1, 2

_LEVELS = np.array(MULTIPLES)


class _Row(NamedTuple):
    """Columns of one call, and the lowest price since each touch until the next one [multiples]."""

    real: np.ndarray
    when: np.ndarray
    code: np.ndarray
    seen: np.ndarray


class _Levels(NamedTuple):
    """Prices of the simple trade."""

    entry: float
    stop: float
    target: float


@njit(cache=True, nogil=True)
def _simple_exit(c, i, begin, levels, row):  # type: ignore[no-untyped-def]
    """The simple trade in the candle that reaches its stop or its target; True when it is over.

    Market rules: a gap through the stop fills at the open, one through the target at the target's own price, as a
    resting order is filled; of two levels inside one candle the stop comes first.
    """
    price, stop, target, real, code = levels.entry, levels.stop, levels.target, row.real, row.code
    opened, high = c.open[i], c.high[i]
    through_target = opened >= target and high >= target
    if c.low[i] <= stop and not through_target:
        gap = opened <= stop
        real[TP_SL] = (opened if gap else stop) / price - 1.0
        code[REASON], code[AMBIGUOUS] = STOP, (not gap) and high >= target
    elif high >= target:
        gap = through_target
        real[TP_SL] = target / price - 1.0
        code[REASON] = TARGET
    else:
        return False
    row.when[TP_SL_AT] = c.ts[i] - begin + (0 if gap else c.interval)
    return True


@njit(cache=True, nogil=True)
def _walk(c, first, last, until, tp, sl, row):  # type: ignore[no-untyped-def]
    """One call: its entry at the open of the candle ``first``, its horizon the candles before ``last``.

    Fills the ``row``; ``tp`` and ``sl`` are multiples of the entry. Returns how many multiples were touched.
    """
    real, when, code, seen = row.real, row.when, row.code, row.seen
    ts, open_, high, low, close, interval = c.ts, c.open, c.high, c.low, c.close, c.interval
    price, begin = open_[first], ts[first]
    peak = lowest = top = price
    since = np.inf  # lowest price of the candles behind the peak's
    above_low = fall = 0.0
    above, open_trade = False, True
    give = give_later = -1.0
    under = profit = kept = 0
    left = 0  # ns from the end of the candle of the first touch to the end of the horizon
    t, peak_at, peak_gap = 0, -1, False
    seen[:] = np.inf
    level, keep = price * _LEVELS[0], price * KEEP
    stop, target = price * sl, price * tp
    levels = _Levels(price, stop, target)
    for i in range(first, last):
        lo, hi, cl = low[i], high[i], close[i]
        if lo < lowest:
            lowest = lo
        if open_trade and (lo <= stop or hi >= target):
            open_trade = not _simple_exit(c, i, begin, levels, row)
        if hi > peak:
            if not above:  # pessimistic: the low of the candle that first lies above the entry came before its high
                above, above_low = True, lowest
            behind = min(since, lo)
            if since < np.inf:
                fall = max(fall, 1.0 - since / peak)
            fall = max(fall, 1.0 - lo / hi)  # pessimistic: of the peak's own candle the high came first
            if t > 0:
                seen[t - 1] = min(seen[t - 1], behind)
            if t > 1:
                give = max(give, (peak - behind) / (peak - price), 0.0)
            if t > 2:
                give_later = max(give_later, (peak - behind) / (peak - price), 0.0)
            while t < N_MULTIPLES and hi >= level:
                when[TOUCH + t] = ts[i] - begin + (0 if open_[i] >= level else interval)
                if t == 0:
                    left = max(until - ts[i] - interval, 0)
                if t < N_BEFORE:  # pessimistic: this candle's low came before the touch
                    real[BEFORE + t] = 1.0 - lowest / price
                t += 1
                level = price * _LEVELS[t] if t < N_MULTIPLES else np.inf
            peak, peak_at, peak_gap, since = hi, i, open_[i] >= hi, np.inf
        elif lo < since:
            since = lo
        top = max(top, cl)
        # the last close stands until the next candle has ended: nobody knows a price before
        end = min(ts[i] + interval, until)
        lasts = (min(ts[i + 1] + interval, until) if i + 1 < last else until) - end
        if cl < price:
            under += lasts
        elif cl > price:
            profit += lasts
        if t > 0 and cl >= keep:
            kept += lasts
    if t > 0:
        seen[t - 1] = min(seen[t - 1], since)
    if since < np.inf:
        fall = max(fall, 1.0 - since / peak)
        back = max((peak - since) / (peak - price), 0.0) if peak > price else 0.0
        give = max(give, back) if t > 1 else give
        give_later = max(give_later, back) if t > 2 else give_later
    ended = ts[last - 1] + interval
    real[PRICE], real[ATH], real[CLOSE] = price, peak / price, top / price
    real[DRAWDOWN], real[FROM_PEAK] = 1.0 - lowest / price, fall
    real[BEFORE_ABOVE] = 1.0 - (above_low if above else lowest) / price
    real[END_RETURN] = close[last - 1] / price - 1.0
    real[UNDER], real[PROFIT] = under / (until - begin), profit / (until - begin)
    when[ATH_AT] = 0 if peak_at < 0 else ts[peak_at] - begin + (0 if peak_gap else interval)
    when[SILENT] = max(until - ended, 0)
    real[AFTER_ATH] = max(1.0 - since / peak, 0.0) if since < np.inf else np.nan
    real[GIVEBACK] = give if give >= 0.0 else np.nan
    real[GIVEBACK_LATER] = give_later if give_later >= 0.0 else np.nan
    if left > 0:
        real[RETENTION] = kept / left
    if open_trade:
        real[TP_SL], when[TP_SL_AT], code[REASON] = real[END_RETURN], until - begin, HORIZON
    return t


@njit(cache=True, nogil=True)
def _behind_touches(seen, touched, real, code):  # type: ignore[no-untyped-def]
    """Drawdowns behind each touch, and the headfake, from the lowest prices between one touch and the next."""
    price = real[PRICE]
    if touched > 0:
        code[HEADFAKE] = seen[0] < price
        real[HEADFAKE_DEPTH] = 1.0 - seen[0] / price if seen[0] < price else 0.0
    lowest = np.inf
    for k in range(touched - 1, FIRST_AFTER - 1, -1):
        lowest = min(lowest, seen[k])
        if lowest < np.inf:
            real[AFTER + k - FIRST_AFTER] = max(1.0 - lowest / (price * _LEVELS[k]), 0.0)


@njit(cache=True, nogil=True)
def offers(c, entry, stop, until, tp, sl):  # type: ignore[no-untyped-def]
    """What ``n`` calls offered, bought at the open of their entry candle; ``c`` are ``columns.Candles``.

    ``entry`` [n] is the row of the entry candle, -1 for none, ``stop`` [n] the row behind the last candle that may be
    read, ``until`` [n] ns the end of the horizon: candles that begin at or after it are not looked at. ``tp`` and
    ``sl`` are multiples of the entry.

    Returns real [n, N_REAL], when [n, N_WHEN] ns, code [n, N_CODE] and the row behind the horizon's last candle [n].
    """
    n = entry.shape[0]
    real = np.full((n, N_REAL), np.nan)
    when = np.full((n, N_WHEN), -1, np.int64)
    code = np.full((n, N_CODE), -1, np.int8)
    behind = np.zeros(n, np.int64)
    seen = np.empty(N_MULTIPLES)
    for e in range(n):
        if entry[e] < 0:
            continue
        low_, last = entry[e], stop[e]
        while low_ < last:  # the first candle that begins when the horizon is over
            middle = (low_ + last) // 2
            if c.ts[middle] < until[e]:
                low_ = middle + 1
            else:
                last = middle
        behind[e] = last
        if last <= entry[e]:
            continue
        code[e, AMBIGUOUS] = 0
        touched = _walk(c, entry[e], last, until[e], tp, sl, _Row(real[e], when[e], code[e], seen))
        _behind_touches(seen, touched, real[e], code[e])
    return real, when, code, behind


@njit(cache=True, nogil=True)
def late_offers(c, entry, behind, tp, sl):  # type: ignore[no-untyped-def]
    """The three measures that say what latency costs, of calls entered at the candles ``entry`` [n] (-1: none).

    ``behind`` [n] is the row behind the horizon's last candle, as :func:`offers` gives it. Returns highest price, last
    close and exit of the simple trade, [n, 3]: a multiple and two returns, by the rules of :func:`offers`.
    """
    n = entry.shape[0]
    out = np.full((n, 3), np.nan)
    row = _Row(np.empty(N_REAL), np.empty(N_WHEN, np.int64), np.empty(N_CODE, np.int8), np.empty(N_MULTIPLES))
    high, low = c.high, c.low
    for e in range(n):
        first, last = entry[e], behind[e]
        if first < 0 or last <= first:
            continue
        price = c.open[first]
        peak, stop, target = price, price * sl, price * tp
        at = last
        for i in range(first, last):
            peak = max(peak, high[i])
            if low[i] <= stop or high[i] >= target:
                at = i
                break
        for i in range(at, last):
            peak = max(peak, high[i])
        out[e, 0], out[e, 1] = peak / price, c.close[last - 1] / price - 1.0
        out[e, 2] = out[e, 1]
        if at < last and _simple_exit(c, at, c.ts[first], _Levels(price, stop, target), row):
            out[e, 2] = row.real[TP_SL]
    return out
