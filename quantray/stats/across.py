"""Many judged together: which held-out results to believe among all that were tested, and what is left of each mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, IntArray1D
from quantray.stats.checks import Word

FALSE_SHARE = 0.1  # of the believed, expected at most
MIN_OWN_SPREAD = 5  # observations from which on one's own spread is trusted; below, that of all


class Standing(StrEnum):
    """What a list of many says of one."""

    BELIEVED = "believed"
    NOT_YET = "not yet"
    NO = "no"


def standing(word: Word) -> Standing:
    """The verdict's word in a list: ``not yet`` is too little data or doubtful, or nothing was measured."""
    return {Word.BELIEVE: Standing.BELIEVED, Word.DISBELIEVE: Standing.NO}.get(word, Standing.NOT_YET)


@dataclass(frozen=True, slots=True, eq=False)
class FalseDiscoveries:
    """Outcome of :func:`false_discoveries`; ``bar`` is the p-value up to which one is believed."""

    believed: BoolArray1D
    adjusted: FloatArray1D  # the false share at which each would just be believed; NaN: not tested
    bar: float
    n_tested: int
    level: float
    expected_false_share: float | None  # of the believed; None where nobody is


def false_discoveries(p_values: FloatArray1D, *, level: float = FALSE_SHARE) -> FalseDiscoveries:
    """Benjamini and Hochberg (1995), "Controlling the false discovery rate", by statsmodels, on ``p_values`` [n].

    NaN: not tested, counts for nothing. Of those believed at most ``level`` are expected to be false, tests being
    independent or positively dependent. ``bar`` is ``level * k / tested`` for k believed, at least one step.
    Raises ValueError for a p-value outside [0, 1].
    """
    from statsmodels.stats.multitest import multipletests  # takes a second or two to import

    p = np.asarray(p_values, np.float64)
    tested = ~np.isnan(p)
    if np.any((p[tested] < 0) | (p[tested] > 1)):
        raise ValueError(f"p-values lie in [0, 1], got {p[tested].min()} to {p[tested].max()}")
    n = int(np.count_nonzero(tested))
    believed, adjusted = np.zeros(p.size, bool), np.full(p.size, np.nan)
    if n:
        believed[tested], adjusted[tested] = multipletests(p[tested], alpha=level, method="fdr_bh")[:2]
    k = int(np.count_nonzero(believed))
    share = float(adjusted[believed].max()) if k else None
    return FalseDiscoveries(believed, adjusted, level * (max(k, 1) / max(n, 1)), n, level, share)


@dataclass(frozen=True, slots=True, eq=False)
class Shrunk:
    """Means [n] drawn towards what all have in common, each as far as its own data are few; NaN: no observation."""

    mean: FloatArray1D
    error: FloatArray1D  # standard error of each that is left
    common: float  # what a newcomer would be expected to have; NaN under two with an observation
    between: float  # variance of true means


def shrunk(means: FloatArray1D, spreads: FloatArray1D, n: IntArray1D) -> Shrunk:
    """Normal-normal empirical Bayes of ``means`` [n] with sample standard deviations ``spreads`` over ``n`` each.

    ``x_i ~ N(m_i, s_i^2)``, ``m_i ~ N(common, between)``: the posterior mean is ``common + between / (between + s_i^2)
    * (x_i - common)`` (Efron and Morris 1975, "Data analysis using Stein's estimator and its generalizations"), with
    common and between from statsmodels' ``combine_effects`` (Paule and Mandel 1982). ``s_i^2`` is the squared spread
    over n; under 5 observations, or without spread, the pooled spread of all stands in. Where fewer than two have an
    observation, or no spread is known, nothing is shrunk.
    """
    from statsmodels.stats.meta_analysis import combine_effects

    x, sd, size = (np.asarray(a, np.float64) for a in (means, spreads, n))
    known = (size > 0) & np.isfinite(x)
    own = known & (size >= MIN_OWN_SPREAD) & np.isfinite(sd) & (sd > 0)
    pooled_from = known & (size > 1) & np.isfinite(sd) & (sd > 0)
    freedom = float((size[pooled_from] - 1).sum())
    if np.count_nonzero(known) < 2 or not freedom:
        return Shrunk(np.where(known, x, np.nan), np.full(x.size, np.nan), math.nan, math.nan)
    pooled = float(((size[pooled_from] - 1) * sd[pooled_from] ** 2).sum()) / freedom
    variance = np.where(own, sd**2, pooled) / np.where(known, size, 1)
    scale = math.sqrt(float(np.median(variance[known])))  # its iteration stops at an absolute tolerance
    with np.errstate(divide="ignore"):  # of a heterogeneity that is not read
        found = combine_effects(x[known] / scale, variance[known] / scale**2, method_re="iterated")
    between, common = max(float(found.tau2), 0.0) * scale**2, float(found.mean_effect_re) * scale
    weight = between / (between + variance)
    return Shrunk(
        np.where(known, common + weight * (x - common), np.nan),
        np.where(known, np.sqrt(weight * variance), np.nan),
        common,
        between,
    )
