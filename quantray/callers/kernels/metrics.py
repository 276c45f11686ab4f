"""Metrics of one policy from its trades, summed in the order in which they queue."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.callers.codes import Reason, Skip
from quantray.callers.metrics import Metric
from quantray.kernels.quantiles import place, quantile


@njit(cache=True, nogil=True, error_model="numpy")
def _exposure(n, period, s):  # type: ignore[no-untyped-def]
    """Share of [since, before) of the period in which at least one position was open; trades come in order of entry.

    What is held until the source ends may be held beyond the period: that counts for nothing here.
    """
    covered = 0
    begins, ends = period.since, period.before
    until = begins
    for i in range(n):
        if s.skip[i] == Skip.EXECUTED:
            begin, end = max(s.entry_ns[i], until), min(s.exit_ns[i], ends)
            if end > begin:
                covered += end - begin
                until = end
    return covered / (ends - begins) if ends > begins else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _quantiles(n, s, out):  # type: ignore[no-untyped-def]
    """Quantiles of the ``n`` returns and drops in the scratch, which are reordered; the middle one first, so that each

    of the others looks on its own side.
    """
    begin = np.int64(0)  # a literal would be a type of its own, for which everything is compiled once more
    middle, lower, upper = place(n, 0.5), place(n, 0.25), place(n, 0.75)
    out[Metric.MEDIAN_RETURN] = quantile(s.returns, begin, n, n, 0.5)
    out[Metric.P25_RETURN] = quantile(s.returns, begin, middle + 1, n, 0.25)
    out[Metric.P75_RETURN] = quantile(s.returns, middle, n, n, 0.75)
    out[Metric.P05_RETURN] = quantile(s.returns, begin, lower + 1, n, 0.05)
    out[Metric.P95_RETURN] = quantile(s.returns, upper, n, n, 0.95)
    out[Metric.P95_ADVERSE] = quantile(s.drops, begin, n, n, 0.95)


@njit(cache=True, nogil=True, error_model="numpy")
def summary(n, without, reason, at_risk, period, s, out):  # type: ignore[no-untyped-def]
    """Metrics of the ``n`` trades in the scratch ``s`` into ``out`` [M], NaN for what does not exist.

    Not the account's, which stand last. ``without``: calls that got no entry; ``reason`` [K] of each column;
    ``at_risk`` is the loss at the first stop, costs included, as a fraction (NaN without one).
    """
    out[: Metric.FINAL_CAPITAL] = np.nan
    out[: Metric.WIN_RATE] = 0.0
    out[Metric.NO_ENTRY] = without
    wins = stopped = doubts = ended = count = np.int64(0)  # of one type from the beginning: see _quantiles
    total = gains = losses = earned = caught = reachable = held = ratios = 0.0
    for i in range(n):
        if s.skip[i] != Skip.EXECUTED:
            out[Metric.N_TRADES + s.skip[i]] += 1.0
            continue
        why = reason[s.col[i]]
        s.returns[count], s.drops[count] = s.net[i], s.adverse[i]
        count += 1
        total += s.net[i]
        wins += s.net[i] > 0.0
        earned += s.pnl[i]
        gains += s.pnl[i] if s.pnl[i] > 0.0 else 0.0
        losses -= s.pnl[i] if s.pnl[i] <= 0.0 else 0.0
        ratios += s.net[i] / at_risk
        caught += s.gross[i] - 1.0
        reachable += s.peak[i]
        stopped += Reason.STOP <= why <= Reason.RAISED_STOP and s.last[i] < 1.0
        doubts += s.doubt[i]
        ended += why == Reason.END_OF_DATA
        held += (s.exit_ns[i] - s.entry_ns[i]) / 1e9
    out[Metric.N_TRADES], out[Metric.STOP_OUTS] = count, stopped
    out[Metric.EXPOSURE] = _exposure(n, period, s)
    if count == 0:
        return
    out[Metric.WIN_RATE], out[Metric.CAPTURED_RETURN] = wins / count, total / count
    out[Metric.PROFIT_FACTOR] = gains / losses if losses > 0.0 else np.nan
    out[Metric.EXPECTANCY], out[Metric.MEAN_R] = earned / count, ratios / count
    out[Metric.CAPTURE_RATIO] = caught / reachable if reachable != 0.0 else np.nan
    out[Metric.STOP_OUT_RATE], out[Metric.TIME_EXPOSED] = stopped / count, held / count
    out[Metric.AMBIGUOUS_SHARE], out[Metric.END_OF_DATA_SHARE] = doubts / count, ended / count
    _quantiles(count, s, out)
