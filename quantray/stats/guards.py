"""What a sign-flip test takes for granted, looked at on the pick: independent units, and no rare large loss."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quantray.arrays import FloatArray1D

LEVEL = 0.01  # of each guard
MIN_UNITS = 8


@dataclass(frozen=True, slots=True)
class Guard:
    """One assumption: the statistic against it and its one-sided p-value, both None where it could not be judged."""

    statistic: float | None
    p_value: float | None

    @property
    def holds(self) -> bool | None:
        """Whether nothing speaks against the assumption at 1 %."""
        return None if self.p_value is None else self.p_value > LEVEL


UNJUDGED = Guard(None, None)


def lag_one(net: FloatArray1D) -> Guard:
    """Whether a unit resembles the one before, ``net`` [units] in time order: sign flips then find too much.

    The statistic is ``sum(d[i] * d[i - 1]) / sqrt(sum(d[i]^2 * d[i - 1]^2))`` of the deviations d from the mean,
    standard normal without correlation also where volatility comes in clusters (Lobato, Nankervis and Savin 2001,
    "Testing for autocorrelation using a modified Box-Pierce Q test"). One-sided: alternating units make the flips
    cautious. None under 8 units or without spread.
    """
    if net.size < MIN_UNITS or not _spread(net):
        return UNJUDGED
    d = np.asarray(net, np.float64) / np.abs(net).max()
    d -= d.mean()
    products = d[1:] * d[:-1]
    scale = math.sqrt(float(products @ products))
    if not scale:
        return UNJUDGED
    z = float(products.sum()) / scale
    return Guard(z, _above(z))


def runs(net: FloatArray1D) -> Guard:
    """Whether gains and losses of ``net`` [units] come in longer runs than shuffled ones would.

    Wald and Wolfowitz (1940), "On a test whether two samples are from the same population": the number of runs of the
    signs, units without a trade left out, with its exact distribution given the numbers of gains and losses. The
    p-value is the probability of at most so many runs. None under 8 units with trades, or where all have one sign.
    """
    gains = net[net != 0] > 0
    n_gains = int(np.count_nonzero(gains))
    n_losses = gains.size - n_gains
    if gains.size < MIN_UNITS or not n_gains or not n_losses:
        return UNJUDGED
    found = 1 + int(np.count_nonzero(gains[1:] != gains[:-1]))
    ways = sum(_ways(n_gains, n_losses, r) for r in range(2, found + 1))
    return Guard(float(found), ways / math.comb(gains.size, n_gains))


def left_skew(net: FloatArray1D) -> Guard:
    """Whether ``net`` [units] is many small gains and a rare large loss: sign flips then believe too easily.

    Miao, Gel and Gastwirth (2006), "A new test of symmetry about an unknown median": ``sqrt(n) * (mean - median) /
    (J * sqrt(pi / 2 - 1))`` with ``J = sqrt(pi / 2) * mean(|x - median|)``, standard normal for symmetric units; it
    keeps its level under heavy tails, where tests on the third moment do not. Units without a trade are left out.
    One-sided: right skew, which buyers of options have, makes the flips cautious and is no fault. None under 8 units
    with trades or without spread.
    """
    traded = np.asarray(net[net != 0], np.float64)
    if traded.size < MIN_UNITS or not _spread(traded):
        return UNJUDGED
    median = float(np.median(traded))
    j = math.sqrt(math.pi / 2) * float(np.abs(traded - median).mean())
    z = math.sqrt(traded.size) * (float(traded.mean()) - median) / (j * math.sqrt(math.pi / 2 - 1))
    return Guard(z, _above(-z))


def _spread(net: FloatArray1D) -> bool:
    return bool(np.ptp(net) > 1e-12 * np.abs(net).max())


def _above(z: float) -> float:
    """The probability that a standard normal exceeds ``z``."""
    return 0.5 * math.erfc(z / math.sqrt(2))


def _ways(a: int, b: int, n_runs: int) -> int:
    """Orders of ``a`` gains and ``b`` losses with exactly ``n_runs`` runs."""
    half, odd = divmod(n_runs, 2)
    if odd:
        first = math.comb(a - 1, half) * math.comb(b - 1, half - 1)
        return first + math.comb(a - 1, half - 1) * math.comb(b - 1, half)
    return 2 * math.comb(a - 1, half - 1) * math.comb(b - 1, half - 1)
