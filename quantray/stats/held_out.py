"""One look at units that no search has seen: does the pick earn there, and could luck have done as well."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quantray.arrays import FloatArray1D, IntArray1D

MIN_UNITS = 5  # with trades; 4 could show 1 / 2^4 = 6 % at best
EXACT_UNITS = 20  # with trades; up to here all 2^n patterns of signs are enumerated
PATTERNS_PER_LEVEL = 100
DRAWN_AT_ONCE = 4_000_000  # signs
TOLERANCE = 1e-9  # of the sum of absolute nets: equal sums must tie however they were added up
INTERVAL_LEVEL = 0.9
MIN_BLOCKS = 5


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Outcome of :func:`held_out_test`. ``p_value`` is None where too few units have trades."""

    n_units: int
    n_traded: int  # units with trades: those that earned or lost something
    n_missing: int  # units with trades that are missing for a test
    total: float
    p_value: float | None
    smallest_p: float | None  # what these units could show at best
    n_patterns: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Range:
    """A mean net per unit with its two-sided bootstrap interval."""

    mean: float
    low: float
    high: float
    level: float


def check_finite(net: FloatArray1D) -> None:
    """Raises ValueError naming the first unit of ``net`` [units] that is NaN or infinite."""
    if not np.isfinite(net).all():
        at = int(np.flatnonzero(~np.isfinite(net))[0])
        raise ValueError(f"net of unit {at} is {net[at]}; a unit without a trade earns 0")


def held_out_test(net: FloatArray1D, *, level: float, n_hypotheses: int = 1, seed: int = 0) -> HeldOut:
    """One-sided test by sign flips that ``net`` [units] (0: no trade) sums to more than nothing.

    Without an edge a unit would as well have come with the other sign; the p-value is the share of sign patterns whose
    sum is at least the observed one (Fisher's randomisation test, as in Romano and Wolf 2005; for a fixed row the
    studentised mean orders patterns as the sum does). Units without a trade change no sum. Exact up to 20 units with
    trades; beyond, ``100 / level`` patterns for each of ``n_hypotheses`` are drawn from ``seed``, the observed one
    among them. Assumes units independent and, without an edge, symmetric around 0: :mod:`quantray.stats.guards`.
    Raises ValueError for NaN and infinity.
    """
    check_finite(net)
    traded = np.asarray(net[net != 0], np.float64)
    n, total, nothing = int(traded.size), float(traded.sum()), TOLERANCE * float(np.abs(traded).sum())
    total = 0.0 if abs(total) <= nothing else total  # what adding up left over is no gain
    if n < MIN_UNITS:
        return HeldOut(int(net.size), n, MIN_UNITS - n, total, None, None, 0, n <= EXACT_UNITS)
    exact = n <= EXACT_UNITS
    drawn = math.ceil(PATTERNS_PER_LEVEL / level * n_hypotheses)
    sums = _all_sums(traded) if exact else _drawn_sums(traded, drawn, seed)
    p = float(np.mean(sums >= sums[0] - nothing))
    return HeldOut(int(net.size), n, 0, total, p, 1 / sums.size, sums.size, exact)


def block_test(net: FloatArray1D, *, level: float, seed: int = 0) -> tuple[float, int] | None:
    """The same test on sums of blocks of neighbouring units of ``net`` [units]: its p-value and the length of a block.

    Blocks are ``round(n ** (1 / 3))`` units long (at least 2; the last may be shorter), the order at which block
    methods are consistent under short dependence. None where fewer than 5 blocks have trades.
    """
    length = max(2, round(net.size ** (1 / 3)))
    if not net.size:
        return None
    found = held_out_test(np.add.reduceat(net, np.arange(0, net.size, length)), level=level, seed=seed)
    return None if found.p_value is None else (found.p_value, length)


def mean_range(net: FloatArray1D, *, n_resamples: int = 1000, seed: int = 0) -> Range | None:
    """The mean of ``net`` [units] with its 90 % percentile interval; None under 5 units with trades.

    Whole units are drawn (arch's ``IIDBootstrap``). With few of them it is too narrow: no word hangs on it.
    Raises ValueError for NaN and infinity.
    """
    from arch.bootstrap import IIDBootstrap  # takes a second or two to import

    check_finite(net)
    if np.count_nonzero(net) < MIN_UNITS:
        return None
    drawn = IIDBootstrap(np.asarray(net, np.float64), seed=seed)
    ends = drawn.conf_int(np.mean, n_resamples, method="percentile", size=INTERVAL_LEVEL)
    return Range(float(net.mean()), float(ends[0, 0]), float(ends[1, 0]), INTERVAL_LEVEL)


def standard_error(
    figure: Callable[[IntArray1D], float], n_units: int, *, n_resamples: int = 200, seed: int = 0
) -> float:
    """Bootstrap standard error of ``figure``, a function of the units drawn [n_units] (arch's ``IIDBootstrap``).

    Resamples without a figure (NaN) are left out; NaN where fewer than 2 have one.
    """
    from arch.bootstrap import IIDBootstrap

    if n_units < 2:
        return math.nan
    drawn = IIDBootstrap(np.arange(n_units), seed=seed)
    values = drawn.apply(lambda units: np.array([figure(units)]), n_resamples)[:, 0]
    known = values[np.isfinite(values)]
    return float(known.std(ddof=1)) if known.size > 1 else math.nan


def _all_sums(traded: FloatArray1D) -> FloatArray1D:
    """The sum under each of the 2^n patterns, the observed one first."""
    sums = np.zeros(1)
    for x in traded:
        sums = np.concatenate([sums + x, sums - x])
    return sums


def _drawn_sums(traded: FloatArray1D, n: int, seed: int) -> FloatArray1D:
    """The sum under ``n`` patterns, the observed one first."""
    rng = np.random.default_rng(seed)
    sums = np.empty(n)
    sums[0] = traded.sum()
    step = max(1, DRAWN_AT_ONCE // traded.size)
    for start in range(1, n, step):
        m = min(step, n - start)
        sums[start : start + m] = (2.0 * rng.integers(0, 2, (m, traded.size), np.int8) - 1.0) @ traded
    return sums
