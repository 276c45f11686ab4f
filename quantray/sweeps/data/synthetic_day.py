"""One synthetic session as a feed would deliver it: bars of the underlying and changes of quotes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantray.sweeps.data.merton import merton_calls
from quantray.sweeps.data.settings import SyntheticSettings
from quantray.sweeps.data.synthetic_path import DayPath, overnight, simulate_day
from quantray.sweeps.data.synthetic_quotes import quotes_around

WITHDRAWN = -1  # ask ticks of a contract that nobody quotes
STRETCH_S = (30, 300)  # how long a contract stays unquoted


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """A session: its path, strikes [k], and ``bid``/``ask`` [2k, n] in ticks, calls first (0: none, -1: withdrawn)."""

    path: DayPath
    strike: np.ndarray
    bid: np.ndarray
    ask: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """What chance decides of a session: all of a :class:`Day` but its prices, which follow from it."""

    path: DayPath
    strike: np.ndarray
    dither: np.ndarray  # [2k]
    gone: list[tuple[int, slice]]


def make_day(s: SyntheticSettings, day: int, n: int, last_close: float | None) -> Day:
    """The session of ``day`` (since 1970-01-01) with ``n`` seconds; ``last_close`` None starts at ``s.spot``."""
    return priced(s, draw_day(s, day, n, last_close))


def draw_day(s: SyntheticSettings, day: int, n: int, last_close: float | None) -> Draw:
    """Everything of :func:`make_day` that the next session's start waits for, and little of its time."""
    rng = np.random.default_rng([s.seed, day])
    night = overnight(rng, s.daily_vol)
    start = s.spot if last_close is None else last_close * night
    path = simulate_day(rng, s, n, start)
    strike = strikes_around(start, s)
    dither = rng.random(2 * len(strike))
    return Draw(path, strike, dither, withdrawals(rng, 2 * len(strike), n, s.withdrawn_share))


def priced(s: SyntheticSettings, draw: Draw) -> Day:
    """The session with its quotes."""
    path, strike = draw.path, draw.strike
    calls = merton_calls(path.latent, strike, path.variance, path.intensity, s.jump_mean, s.jump_vol)
    left = np.arange(len(path.latent) - 1, -1, -1)
    bid, ask = quotes_of_calls(calls, path.latent, strike, draw.dither, left)
    for gone in draw.gone:
        bid[gone], ask[gone] = 0, WITHDRAWN
    return Day(path, strike, bid, ask)


def strikes_around(start: float, s: SyntheticSettings) -> np.ndarray:
    """Strikes [k] in currency on the exchange's grid, the middle one nearest to ``start``."""
    middle = round(start / s.strike_step)
    return np.round((middle + np.arange(s.strikes) - s.strikes // 2) * s.strike_step, 6)


def quotes_of_calls(
    calls: np.ndarray, spot: np.ndarray, strike: np.ndarray, dither: np.ndarray, left_s: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Quotes in ticks [2k, n] of calls [k, n] and, by put-call parity at zero interest, of their puts."""
    away = spot - strike[:, None]
    value = np.maximum(np.concatenate((calls, calls - away)), 0.0)
    return quotes_around(value, np.concatenate((np.abs(away),) * 2), left_s, dither)


def withdrawals(rng: np.random.Generator, m: int, n: int, share: float) -> list[tuple[int, slice]]:
    """Stretches without a quote, drawn without a look at prices: (contract, bars)."""
    mean = sum(STRETCH_S) / 2
    found = []
    for contract, times in enumerate(rng.poisson(share * n / mean, m)):
        starts, lengths = rng.integers(0, n, times), rng.integers(*STRETCH_S, times)
        found += [(contract, slice(int(a), int(a + b))) for a, b in zip(starts, lengths, strict=True)]
    return found


def changed(bid: np.ndarray, ask: np.ndarray, closed: np.ndarray) -> np.ndarray:
    """Where [m, n] a quote differs from the second before, or is the first after a break: the rows a feed sends."""
    new: np.ndarray = np.ones(bid.shape, bool)
    new[:, 1:] = (bid[:, 1:] != bid[:, :-1]) | (ask[:, 1:] != ask[:, :-1]) | closed[:-1]
    new &= ~closed
    return new
