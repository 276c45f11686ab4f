"""How long a record has to be: until a Sharpe ratio is believed, until a statistic passes the one that is asked for."""

from __future__ import annotations

import math

from quantray.arrays import FloatArray1D
from quantray.stats.sharpe import sharpe

MOST = 1_000_000  # units; who needs more needs another edge


def minimum_track_record(net: FloatArray1D, benchmark: float = 0.0, confidence: float = 0.95) -> float:
    """Units like those of ``net`` [units] until its Sharpe ratio exceeds ``benchmark`` with ``confidence``.

    Bailey and López de Prado (2012), "The Sharpe ratio efficient frontier"; the ratios are per unit, not
    annualised. Infinite where the ratio is not above the benchmark, NaN where there is none (under 3 units, no spread).
    """
    from scipy import stats  # takes a second or two to import

    ratio = sharpe(net)
    if net.size < 3 or math.isnan(ratio):
        return math.nan
    return track_record(ratio, float(stats.skew(net)), float(stats.kurtosis(net, fisher=False)), benchmark, confidence)


def track_record(ratio: float, g3: float, g4: float, benchmark: float = 0.0, confidence: float = 0.95) -> float:
    """The formula of :func:`minimum_track_record` by moments, ``g3`` the skewness and ``g4`` the (not excess) kurtosis.

    ``1 + (1 - g3 * S + (g4 - 1) / 4 * S^2) * (z / (S - S*))^2``; NaN where its variance is not positive.
    """
    from scipy import stats

    variance = 1 - g3 * ratio + (g4 - 1) / 4 * ratio**2
    if variance <= 0:
        return math.nan
    if ratio <= benchmark:
        return math.inf
    return 1 + variance * (float(stats.norm.ppf(confidence)) / (ratio - benchmark)) ** 2


def more_units(statistic: float, critical: float, n_units: int) -> int | None:
    """How many more units like the ``n_units`` there are until Student's t would pass the ``critical`` one.

    ``statistic`` and ``critical`` are those of :func:`~quantray.stats.survivors.survivors`. With mean and spread as
    they are, t grows with the root of the number of units; what is asked for falls to the quantile of the same
    probability with the degrees of freedom that there are then. 0 where it passes already; None where no number of
    units (up to a million) would do, or nothing was tested.
    """
    from scipy import stats

    if statistic > critical:
        return 0
    if not (statistic > 0 and 0 < critical < math.inf) or n_units < 2:
        return None
    tail = float(stats.t.logsf(critical, n_units - 1))
    ratio = statistic / math.sqrt(n_units)

    def passes(n: int) -> bool:
        return float(stats.t.logsf(ratio * math.sqrt(n), n - 1)) < tail

    enough = n_units + 1
    while not passes(enough):
        enough *= 2
        if enough > MOST:
            return None
    short = max(n_units, enough // 2)
    while enough - short > 1:
        middle = (short + enough) // 2
        short, enough = (short, middle) if passes(middle) else (middle, enough)
    return enough - n_units
