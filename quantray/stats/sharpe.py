"""Sharpe ratios that know how many were tried. Returns are per session, ratios are not annualised."""

from __future__ import annotations

import math

import numpy as np

from quantray.arrays import FloatArray1D, FloatArray2D

EULER_GAMMA = 0.5772156649015329


def sharpe(net: FloatArray1D) -> float:
    """Mean over standard deviation (ddof 1) of ``net`` [sessions]; NaN under 2 sessions or without spread."""
    if net.size < 2:
        return math.nan
    spread = float(net.std(ddof=1))
    return float(net.mean()) / spread if spread > 1e-12 * float(np.abs(net).max()) else math.nan


def sharpes(session_net: FloatArray2D) -> FloatArray1D:
    """:func:`sharpe` of each row of ``session_net`` [candidates, sessions]; NaN where it does not exist."""
    n, k = session_net.shape
    if k < 2:
        return np.full(n, np.nan)
    spread = session_net.std(axis=1, ddof=1)
    exists = spread > 1e-12 * np.abs(session_net).max(axis=1)
    found: FloatArray1D = np.divide(session_net.mean(axis=1), spread, out=np.full(n, np.nan), where=exists)
    return found


def probabilistic_sharpe(net: FloatArray1D, benchmark: float = 0.0) -> float:
    """Probability that the true Sharpe ratio exceeds ``benchmark``, given the sample ``net`` [sessions].

    Bailey and López de Prado (2012), "The Sharpe ratio efficient frontier", eq. 11: with the sample ratio S,
    skewness g3 and (not excess) kurtosis g4 of T observations,
    ``PSR = Phi((S - S*) * sqrt(T - 1) / sqrt(1 - g3 * S + (g4 - 1) / 4 * S^2))``.
    NaN where S does not exist (fewer than 3 sessions, no spread).
    """
    from scipy import stats  # takes a second or two to import

    ratio = sharpe(net)
    if net.size < 3 or math.isnan(ratio):
        return math.nan
    g3, g4 = float(stats.skew(net)), float(stats.kurtosis(net, fisher=False))
    return probability_above(benchmark, ratio, net.size, g3, g4)


def probability_above(benchmark: float, ratio: float, n: int, g3: float, g4: float) -> float:
    """The formula of :func:`probabilistic_sharpe` by moments; NaN where its variance is not positive."""
    from scipy import stats

    variance = 1 - g3 * ratio + (g4 - 1) / 4 * ratio**2
    if variance <= 0:
        return math.nan
    return float(stats.norm.cdf((ratio - benchmark) * math.sqrt(n - 1) / math.sqrt(variance)))


def expected_maximum_sharpe(n_trials: float, std: float) -> float:
    """Expected best of ``n_trials`` independent Sharpe estimates of strategies without any edge.

    Bailey and López de Prado (2014), "The deflated Sharpe ratio", eq. 1: with the standard deviation ``std`` of the
    estimates and the Euler-Mascheroni constant c, ``std * ((1 - c) * z(1 - 1/N) + c * z(1 - 1/(N e)))``.
    0 for under two trials.
    """
    from scipy import stats

    if n_trials < 2:
        return 0.0
    first, second = stats.norm.isf([1 / n_trials, 1 / (n_trials * math.e)])
    return float(std * ((1 - EULER_GAMMA) * first + EULER_GAMMA * second))


def deflated_sharpe(net: FloatArray1D, n_trials: float, std: float) -> float:
    """Probability that the true Sharpe ratio of ``net`` [sessions] exceeds what the best of ``n_trials`` shows by luck.

    The probabilistic Sharpe ratio against :func:`expected_maximum_sharpe` (same source). ``std`` is the standard
    deviation of the Sharpe estimates over the trials. Candidates of one table resemble each other, so their number is
    an upper bound of the independent ones and the figure on the cautious side; with their effective number
    (:func:`~quantray.stats.effective.effective_number`, not a whole one) it is the other end. NaN where it does not
    exist.
    """
    return probabilistic_sharpe(net, expected_maximum_sharpe(n_trials, std))
