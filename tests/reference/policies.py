"""The rules of one trade, one account and its metrics in plain slow Python: what the kernels must equal bit for bit.

It walks one candle at a time and knows no tables, keys or columns.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import NamedTuple

from quantray.callers.policies import (
    AtrStop,
    BreakEven,
    DelayedEntry,
    EmaCross,
    Ladder,
    PhasedStop,
    Policy,
    RsiCross,
    Trailing,
)  # fmt: skip

NS = 1_000_000_000


class Candle(NamedTuple):
    ts: int
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass
class Trade:
    entry_ns: int
    price: float
    fills: list[tuple[int, float, float]] = field(default_factory=list)  # (ns, part, multiple of the entry)
    reason: str = ""
    ambiguous: bool = False
    adverse: float = 0.0
    peak: float = 0.0  # over the hold, less 1

    @property
    def gross(self) -> float:
        total = 0.0
        for _, part, multiple in self.fills:
            total += part * multiple
        return total

    def net(self, cost: float, on_entry: bool) -> float:
        return self.gross - 1.0 - (cost + (cost if on_entry else cost * self.gross))


def find_entry(candles, entry, stop, policy, interval, fill):
    """(first candle to scan, price, time, does its high count), or None."""
    first = candles[entry]
    delayed = policy.one(DelayedEntry)
    if delayed is not None:
        limit = first.open * (1.0 - delayed.dip)
        for i in range(entry, stop):
            if candles[i].ts + interval > first.ts + delayed.wait_s * NS:
                return None
            if candles[i].low <= limit:
                return i, min(candles[i].open, limit), candles[i].ts, False
        return None
    if fill == "close":
        return entry + 1, first.close, first.ts + interval, True
    return entry, first.open, first.ts, True


def stop_price(policy, price, peak, open_=None):
    """The highest stop that stands while the peak is ``peak``, and what kind it is; (-inf, '') for none.

    Of several that an open jumps at once the first kind in this order is named.
    """
    stops = []
    if policy.sl is not None:
        stops.append((price * policy.sl, "STOP"))
    for t in policy.all(Trailing):
        if peak >= price * (1.0 + t.activation):
            stops.append((peak * (1.0 - t.trail), "TRAILING_STOP"))
    for b in policy.all(BreakEven):
        if peak >= price * b.after:
            stops.append((price, "RAISED_STOP"))
    for s in policy.all(PhasedStop):
        if peak >= price * s.after:
            stops.append((price * s.stop, "RAISED_STOP"))
    best = max((level for level, _ in stops), default=-math.inf)
    wanted = best if open_ is None or open_ > best else open_
    return best, next((kind for level, kind in stops if level >= wanted), "")


def targets_of(policy):
    """(multiple, fraction of the original size or None for all that is left), rising."""
    ladder = policy.one(Ladder)
    rungs = list(ladder.rungs) if ladder else []
    full = rungs and sum(part for _, part in rungs) >= 1.0 - 1e-9
    out = [(m, None if full and i == len(rungs) - 1 else part) for i, (m, part) in enumerate(rungs)]
    if policy.tp is not None:
        out = [(m, part) for m, part in out if m < policy.tp] + [(policy.tp, None)]
    return out


class _Walk:
    """One open position on its way through the candles."""

    def __init__(self, policy, price, time, interval, target_gap):
        self.policy, self.price, self.interval, self.target_gap = policy, price, interval, target_gap
        self.trade = Trade(time, price)
        self.left, self.peak, self.lowest, self.done = 1.0, price, price, False
        self.targets = [(price * m, part) for m, part in targets_of(policy)]

    def sell(self, now, price, part, reason, lowest):
        taken = self.left if part is None else min(part, self.left)
        self.trade.fills.append((now, taken, price / self.price))
        if part is None:
            self.done = True
            self.trade.reason = reason
            self.trade.adverse = max(1.0 - lowest / self.price, 0.0)
        else:
            self.left -= taken

    def sell_targets(self, c, at_open):
        while not self.done and self.targets:
            level, part = self.targets[0]
            if c.open >= level:
                paid = c.open if self.target_gap == "open" else level
                self.sell(c.ts, paid, part, "TARGET", self.lowest)
            elif not at_open and c.high >= level:
                self.sell(c.ts + self.interval, level, part, "TARGET", min(self.lowest, c.low))
            else:
                return
            self.targets.pop(0)

    def sell_late(self, c):
        """The time was up before this candle began: its open, and never more than the next target's order asked."""
        paid = c.open
        if self.target_gap == "limit" and self.targets:
            paid = min(paid, self.targets[0][0])
        self.sell(c.ts, paid, None, "TIME", min(self.lowest, c.open))

    def touches_both(self, c, level, counts):
        return counts and c.low <= level and bool(self.targets) and self.targets[0][0] <= c.high

    def candle(self, c, order, counts, pending, deadline):
        """``counts``: this candle's high may pay; ``pending``: an indicator's order waits for this open."""
        if deadline is not None and c.ts >= deadline:
            self.sell_late(c)
            return
        level, kind = stop_price(self.policy, self.price, self.peak, c.open)
        if c.open <= level:
            self.sell(c.ts, c.open, None, kind, min(self.lowest, c.open))
            return
        if counts:
            self.sell_targets(c, at_open=True)
        if not self.done and pending:
            self.sell(c.ts, c.open, None, "TRIGGER", min(self.lowest, c.open))
        if self.done:
            return
        end = c.ts + self.interval
        if order == "raise_first" and counts:
            level, kind = stop_price(self.policy, self.price, max(self.peak, c.high))
        self.trade.ambiguous = self.touches_both(c, level, counts)
        if order == "stop_first" and c.low <= level:
            self.sell(end, level, None, kind, min(self.lowest, level))
            return
        if counts:
            self.sell_targets(c, at_open=False)
        if not self.done and c.low <= level:
            self.sell(end, level, None, kind, min(self.lowest, level))
        if not self.done and deadline is not None and end >= deadline:
            self.sell(end, c.close, None, "TIME", min(self.lowest, c.low))
        if counts:
            self.peak = max(self.peak, c.high)
        self.lowest = min(self.lowest, c.low)


def trade(
    candles, warm, entry, stop, policy: Policy, interval, order="stop_first", fill="open", at_zero=False,
    target_gap="limit", ends=None,
):  # fmt: skip
    """One call under one policy; None where it gets no entry. ``interval`` in ns, ``stop`` exclusive.

    ``ends`` is the time at which the source ends, None: with the window's last candle.
    """
    found = find_entry(candles, entry, stop, policy, interval, fill)
    if found is None:
        return None
    start, price, time, whole = found
    walk = _Walk(policy, price, time, interval, target_gap)
    deadline = None if policy.hold_s is None else time + policy.hold_s * NS
    seen = [first_seen(candles, warm, candles[entry].ts - t.warmup * interval) for t in policy.triggers]
    deciders = [(at, Decider(t, candles[at:stop])) for at, t in zip(seen, policy.triggers, strict=True)]
    pending = False
    for i in range(start, stop):
        counts = whole or i > start
        walk.candle(candles[i], order, counts, pending, deadline)
        if walk.done:
            break
        pending = any(d.decides(i - at, i == start, walk.peak, price) for at, d in deciders)
    walk.trade.peak = reachable(candles, start, stop, price, whole, deadline, interval)
    if not walk.done:
        paid = candles[stop - 1].close if start < stop else price
        paid = 0.0 if at_zero else paid
        end = candles[stop - 1].ts + interval if ends is None else ends
        walk.sell(end, paid, None, "END_OF_DATA", min(walk.lowest, paid))
    return walk.trade


def reachable(candles, start, stop, price, whole, deadline, interval):
    """Highest price from the entry to the time stop's candle, as a gain; of a late one its open alone."""
    peak = price
    for i in range(start, stop):
        if deadline is not None and candles[i].ts >= deadline:
            peak = max(peak, candles[i].open)
            break
        if whole or i > start:
            peak = max(peak, candles[i].high)
        if deadline is not None and candles[i].ts + interval >= deadline:
            break
    return peak / price - 1.0


def first_seen(candles, warm, since):
    """First candle, ``warm`` or later, that begins at ``since`` or later."""
    return next(i for i in range(warm, len(candles)) if candles[i].ts >= since)


class Decider:
    """One indicator over the candles from its own warm-up on."""

    def __init__(self, trigger, window):
        self.t, self.window = trigger, window
        close = [c.close for c in window]
        if isinstance(trigger, EmaCross):
            self.one, self.two = ema(close, trigger.fast), ema(close, trigger.slow)
        elif isinstance(trigger, RsiCross):
            self.one, self.two = rsi(close, trigger.period), [trigger.level] * len(close)
        elif isinstance(trigger, AtrStop):
            self.one = atr(window, trigger.period)

    def decides(self, i, first, peak, price):
        t = self.t
        if isinstance(t, EmaCross | RsiCross):
            if i == 0 or self.one[i - 1] is None or self.two[i - 1] is None:
                return False
            return self.one[i - 1] >= self.two[i - 1] and self.one[i] < self.two[i]
        if isinstance(t, AtrStop):
            if self.one[i] is None:
                return False
            return self.window[i].close < (peak if t.anchor == "peak" else price) - t.multiple * self.one[i]
        if i < t.period:
            return False
        before = [c.volume for c in self.window[i - t.period : i]]
        mean = added(before) / t.period
        deviation = math.sqrt(added([(v - mean) * (v - mean) for v in before]) / (t.period - 1.0))
        return deviation > 0 and self.window[i].volume - mean >= t.z * deviation


def added(values):
    """Sum from left to right."""
    total = 0.0
    for v in values:
        total += v
    return total


def ema(x, n):
    out = [None] * len(x)
    for i in range(n - 1, len(x)):
        out[i] = added(x[:n]) / n if i == n - 1 else out[i - 1] + 2.0 / (n + 1.0) * (x[i] - out[i - 1])
    return out


def rsi(x, n):
    out = [None] * len(x)
    change = [0.0] + [b - a for a, b in itertools.pairwise(x)]
    up = down = 0.0
    for i in range(n, len(x)):
        if i == n:
            up = added([max(c, 0.0) for c in change[1 : n + 1]]) / n
            down = added([max(-c, 0.0) for c in change[1 : n + 1]]) / n
        else:
            up = (up * (n - 1.0) + max(change[i], 0.0)) / n
            down = (down * (n - 1.0) + max(-change[i], 0.0)) / n
        out[i] = 100.0 * (up / (up + down)) if up + down > 0 else 50.0
    return out


def atr(candles, n):
    out = [None] * len(candles)
    true_range = []
    for i, c in enumerate(candles):
        spans = [c.high - c.low]
        if i > 0:
            spans += [abs(c.high - candles[i - 1].close), abs(c.low - candles[i - 1].close)]
        true_range.append(max(spans))
    for i in range(n - 1, len(candles)):
        out[i] = added(true_range[:n]) / n if i == n - 1 else (out[i - 1] * (n - 1.0) + true_range[i]) / n
    return out
