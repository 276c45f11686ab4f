"""Martingale tokens and the calls on them: ticks that know nothing, aggregated to candles.

A tick multiplies the price by 1 + tick or 1 - tick with equal chances: the expected price never changes, whatever
rule decides when to leave. Ticks arrive at random minutes, independent of the price; a minute without one is idle
and has no candle. Prices are not rounded, so that every tick is clean at any scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from quantray.arrays import FloatArray1D, IntArray1D
from quantray.callers.data.synthetic_settings import SyntheticCalls
from quantray.durations import NS

MINUTE = 60 * NS
CHAINS = ("solana", "ethereum", "base")
PRINTS = (1.5, 4.0)  # how many times its own high a lone print is


@dataclass(frozen=True, slots=True, eq=False)
class MadeCalls:
    """Calls [n] in time order; ``asset`` and ``caller`` are numbers."""

    ts: IntArray1D
    asset: IntArray1D
    caller: IntArray1D


@dataclass(frozen=True, slots=True, eq=False)
class MadeToken:
    """Candles [r] of one token, the price after each tick [t], and how many ticks are before each minute [m + 1]."""

    ts: IntArray1D
    open: FloatArray1D
    high: FloatArray1D
    low: FloatArray1D
    close: FloatArray1D
    volume: FloatArray1D
    path: FloatArray1D
    ticked: IntArray1D

    def quoted(self, since_ns: IntArray1D, interval_s: int) -> tuple[FloatArray1D, FloatArray1D]:
        """What a caller sees [n] at times since the token's start: (price on the chart, last price known at all).

        The ticks of a minute stand evenly in it. The chart shows the candle that is being made: before its first tick
        there is no price on it (NaN), though one is known from earlier.
        """
        minute = since_ns // MINUTE
        inside = (self.ticked[minute + 1] - self.ticked[minute]) * (since_ns - minute * MINUTE) // MINUTE
        seen = self.ticked[minute] + inside
        known = np.where(seen > 0, self.path[np.maximum(seen - 1, 0)], np.nan) if len(self.path) else seen * np.nan
        opened = self.ticked[minute - minute % (interval_s // 60)]
        return np.where(seen > opened, known, np.nan), known


def make_calls(settings: SyntheticCalls, start_ns: int, days: int) -> MadeCalls:
    """Uniform whole seconds of ``days``, any token, any caller: nothing of the prices is known to them."""
    rng = np.random.default_rng([settings.seed, 1])
    second = np.sort(rng.integers(0, days * 86_400, settings.calls))
    asset = rng.integers(0, settings.assets, settings.calls)
    caller = rng.integers(0, settings.callers, settings.calls)
    order = np.lexsort((asset, second))
    return MadeCalls(start_ns + second[order] * NS, asset[order], caller[order])


def edges(settings: SyntheticCalls) -> FloatArray1D:
    """Planted edge of each caller [callers], in standard deviations over ``edge_hours``."""
    if isinstance(settings.edge, Mapping):
        return np.array([settings.edge.get(name, 0.0) for name in settings.caller_names])
    return np.full(settings.callers, float(settings.edge))


def make_token(
    settings: SyntheticCalls, number: int, start_ns: int, minutes: int, interval_s: int, calls: MadeCalls
) -> MadeToken:
    """One token from ``start_ns`` on: the same ticks whatever the interval."""
    rng = np.random.default_rng([settings.seed, 2, number])
    low, high = np.log(settings.price_low), np.log(settings.price_high)
    price = float(np.exp(rng.uniform(low, high)))
    rate = settings.illiquid_ticks if rng.random() < settings.illiquid_share else settings.ticks_per_minute
    ticks = rng.poisson(rate, minutes)
    if rng.random() < settings.dead_share:
        ticks[int(rng.integers(minutes // 4, minutes)) :] = 0
    up = 0.5 + np.repeat(_push(settings, number, start_ns, minutes, rate, calls), ticks)
    path = price * np.cumprod(np.where(rng.random(len(up)) < up, 1 + settings.tick, 1 - settings.tick))
    volume = rng.lognormal(6.0, 1.0, minutes) * ticks
    return _candles(settings, rng, path, ticks, volume, start_ns, interval_s)


def _push(
    settings: SyntheticCalls, number: int, start_ns: int, minutes: int, rate: float, calls: MadeCalls
) -> FloatArray1D:
    """What the calls add to the chance of an up tick [minutes], from the minute after each call on.

    N ticks with chance 1/2 + b drift by 2bN ticks and spread by sqrt(N): b = edge / (2 sqrt(N)).
    """
    edge = edges(settings)[calls.caller]
    mine = (calls.asset == number) & (edge > 0)
    last = round(settings.edge_hours * 60)
    push = np.zeros(minutes)
    for at, size in zip(calls.ts[mine].tolist(), edge[mine].tolist(), strict=True):
        first = -(-(at - start_ns) // MINUTE)
        push[first : first + last] = np.maximum(push[first : first + last], size / (2 * np.sqrt(rate * last)))
    return np.minimum(push, 0.5)


def _candles(
    settings: SyntheticCalls, rng: np.random.Generator, path: np.ndarray, ticks: np.ndarray, volume: np.ndarray,
    start_ns: int, interval_s: int,
) -> MadeToken:  # fmt: skip
    per = interval_s // 60
    cells = np.add.reduceat(ticks, np.arange(0, len(ticks), per))
    volumes = np.add.reduceat(volume, np.arange(0, len(volume), per))
    traded = np.flatnonzero(cells)
    ends = np.cumsum(cells)[traded]
    starts = ends - cells[traded]
    high = np.maximum.reduceat(path, starts) if len(starts) else np.zeros(0)
    low = np.minimum.reduceat(path, starts) if len(starts) else np.zeros(0)
    lone = rng.random(len(starts)) < settings.lone_print_share
    high = np.where(lone, high * rng.uniform(*PRINTS, len(starts)), high)
    return MadeToken(
        ts=start_ns + traded * (interval_s * NS),
        open=path[starts],
        high=high,
        low=low,
        close=path[ends - 1],
        volume=volumes[traded],
        path=path,
        ticked=np.append(0, np.cumsum(ticks)),
    )
