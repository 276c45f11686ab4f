"""How far a mean could be off: bootstrap intervals with sessions as the independent units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantray.arrays import FloatArray1D, IntArray1D

MIN_SESSIONS = 3


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its two-sided bootstrap interval."""

    mean: float
    low: float
    high: float
    level: float
    n_sessions: int


def trade_interval(
    net: FloatArray1D, n_trades: IntArray1D, *, level: float = 0.9, n_resamples: int = 4000, seed: int = 0
) -> Interval | None:
    """Interval of the mean net per trade, ``net`` [sessions] and ``n_trades`` [sessions] being the sums of a session.

    Whole sessions are drawn (a cluster bootstrap): trades of one session share its market and are not independent.
    Each resample's figure is its net over its trades; resamples without a trade are left out. None under 3 sessions
    or without a trade. Raises ValueError for NaN.
    """
    if np.isnan(net).any():
        raise ValueError("net holds NaN; a session without a trade earns 0")
    total = int(n_trades.sum())
    if net.size < MIN_SESSIONS or total == 0:
        return None
    drawn = np.random.default_rng(seed).integers(0, net.size, size=(n_resamples, net.size))
    sums, counts = net[drawn].sum(axis=1), n_trades[drawn].sum(axis=1)
    means = sums[counts > 0] / counts[counts > 0]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(net.sum() / total), float(low), float(high), level, int(net.size))
