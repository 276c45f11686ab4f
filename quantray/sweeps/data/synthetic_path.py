"""The synthetic underlying: an exact martingale with a U-shaped day and occasional jumps, traded in cents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantray.sweeps.data.settings import SyntheticSettings
from quantray.sweeps.data.synthetic_edge import with_edge

FULL_DAY_S = 23_400


@dataclass(frozen=True, slots=True, eq=False)
class DayPath:
    """One session, a second a column entry [n]. ``latent`` is the true price at the END of each second.

    ``variance`` and ``intensity`` [n] are what the dynamics still hold from there to the close: both are known
    before the open. Prices of seconds without a trade are not seen by anybody (``traded``).
    """

    latent: np.ndarray
    variance: np.ndarray
    intensity: np.ndarray
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray
    traded: np.ndarray


def profile(n: int) -> np.ndarray:
    """Share of the day's variance, jumps and volume in each second [n]: busy at the open and the close."""
    at = (np.arange(n) + 0.5) / n
    shape = 0.7 + 1.8 * np.exp(-at / 0.08) + 0.9 * np.exp(-(1 - at) / 0.06)
    share: np.ndarray = shape / shape.sum()
    return share


def overnight(rng: np.random.Generator, daily_vol: float) -> float:
    """Factor from one close to the next open, mean 1."""
    sd = 0.5 * daily_vol
    return float(np.exp(sd * rng.standard_normal() - sd**2 / 2))


def simulate_day(rng: np.random.Generator, s: SyntheticSettings, n: int, start: float) -> DayPath:
    """A session of ``n`` seconds from the price ``start``."""
    shape = profile(n)
    level = np.exp(2 * s.vol_of_day * rng.standard_normal() - 2 * s.vol_of_day**2)  # of variance, mean 1
    variance = s.daily_vol**2 * level * n / FULL_DAY_S * shape
    intensity = s.jumps_per_day * n / FULL_DAY_S * shape
    shocks = rng.standard_normal(n)
    jumps = rng.poisson(intensity)
    jump = jumps * s.jump_mean + np.sqrt(jumps) * s.jump_vol * rng.standard_normal(n)
    compensator = intensity * np.expm1(s.jump_mean + s.jump_vol**2 / 2)
    step = np.sqrt(variance) * shocks - variance / 2 + jump - compensator
    traded, volume = _trading(rng, s, shape, np.abs(shocks) + 4 * jumps)
    if s.edge > 0:
        step = with_edge(step, variance, start, traded, volume, s.edge)
    latent = start * np.exp(np.cumsum(step))
    opened, high, low, close = _bars(rng, np.append(start, latent[:-1]), latent, variance)
    return DayPath(
        latent, _to_come(variance), _to_come(intensity), open=opened, high=high, low=low, close=close, volume=volume,
        traded=traded,
    )  # fmt: skip


def _to_come(share: np.ndarray) -> np.ndarray:
    """Sum over the seconds after each one; exactly 0 after the last."""
    return np.append(np.cumsum(share[:0:-1])[::-1], 0.0)


def _trading(
    rng: np.random.Generator, s: SyntheticSettings, shape: np.ndarray, stir: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Which seconds trade, and how much. The first and last are auctions; a jump never passes without a trade."""
    relative = shape * len(shape)
    traded = rng.random(len(shape)) < np.clip(1 - (1 - s.trade_share) / relative, 0.02, 1.0)
    traded |= stir > 4
    traded[0] = traded[-1] = True
    lots = np.exp(rng.standard_normal(len(shape))) * (1 + stir) * relative * 3
    lots[[0, -1]] *= 50
    return traded, np.where(traded, 100.0 * np.ceil(lots), 0.0)


def _bars(
    rng: np.random.Generator, before: np.ndarray, after: np.ndarray, variance: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Open, high, low, close in cents: a first trade inside the second, extremes of the bridge from it to the end."""
    share = rng.random(len(after))
    x, y = np.log(before), np.log(after)
    first = x + share * (y - x) + np.sqrt(share * (1 - share) * variance) * rng.standard_normal(len(after))
    ends = (np.exp(first), after)
    # the maximum of a Brownian bridge from a to b has a closed form; so has the minimum, by symmetry
    reach = -2 * (1 - share) * variance * np.log(1 - rng.random((2, len(after))))
    spread = np.sqrt((y - first) ** 2 + reach)
    high, low = np.exp((first + y + spread[0]) / 2), np.exp((first + y - spread[1]) / 2)
    opened, closed, high, low = (np.rint(p * 100) / 100 for p in (*ends, high, low))
    return opened, high, low, closed
