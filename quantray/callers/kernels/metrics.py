"""Metrics of one policy from its trades, summed in the order in which they queue."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.callers.kernels.account import EXECUTED

METRICS = (
    "n_trades", "skipped_max_positions", "skipped_max_positions_per_asset", "skipped_max_positions_per_caller",
    "skipped_no_cash", "skipped_below_minimum", "no_entry", "win_rate", "captured_return", "median_return",
    "p05_return", "p25_return", "p75_return", "p95_return", "profit_factor", "expectancy", "mean_r", "capture_ratio",
    "stop_outs", "stop_out_rate", "p95_adverse", "time_exposed", "exposure", "ambiguous_share", "end_of_data_share",
    "final_capital", "total_return", "max_drawdown", "sharpe", "sortino",
)  # fmt: skip
N_METRICS = len(METRICS)
FINAL, TOTAL, DRAWDOWN, SHARPE, SORTINO = 25, 26, 27, 28, 29


@njit(cache=True, nogil=True)
def quantile(ordered, n, q):  # type: ignore[no-untyped-def]
    """Linear interpolation between order statistics (Hyndman and Fan 1996, type 7)."""
    place = q * (n - 1)
    low = int(place)
    high = min(low + 1, n - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@njit(cache=True, nogil=True)
def _sift(x, i, n):  # type: ignore[no-untyped-def]
    while 2 * i + 1 < n:
        child = 2 * i + 1
        if child + 1 < n and x[child + 1] > x[child]:
            child += 1
        if x[i] >= x[child]:
            return
        x[i], x[child] = x[child], x[i]
        i = child


@njit(cache=True, nogil=True)
def sort(x, n):  # type: ignore[no-untyped-def]
    """Sort the first ``n`` in place: few by insertion, many by heap. np.sort takes longer to compile than all else."""
    if n <= 32:
        for i in range(1, n):
            value = x[i]
            j = i
            while j > 0 and x[j - 1] > value:
                x[j] = x[j - 1]
                j -= 1
            x[j] = value
        return
    for i in range(n // 2 - 1, -1, -1):
        _sift(x, i, n)
    for last in range(n - 1, 0, -1):
        x[0], x[last] = x[last], x[0]
        _sift(x, 0, last)


@njit(cache=True, nogil=True, error_model="numpy")
def _exposure(n, begins, ends, s):  # type: ignore[no-untyped-def]
    """Share of the period in which at least one position was open; trades come in order of entry.

    What is held until the source ends may be held beyond the period: that counts for nothing here.
    """
    covered = 0
    until = begins
    for i in range(n):
        if s.skip[i] == EXECUTED:
            begin, end = max(s.entry_ns[i], until), min(s.exit_ns[i], ends)
            if end > begin:
                covered += end - begin
                until = end
    return covered / (ends - begins) if ends > begins else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def summary(n, without, stops, ends, at_risk, since, before, s, out):  # type: ignore[no-untyped-def]
    """Metrics of the ``n`` trades in the scratch ``s`` into ``out``, NaN for what does not exist; not the account's.

    ``stops`` and ``ends`` [K] tell which columns are stops and which the end of the data; ``at_risk`` is the loss at
    the first stop, costs included, as a fraction (NaN without one); [``since``, ``before``) is the period in ns.
    """
    out[:FINAL] = np.nan
    out[:7] = 0.0
    out[6] = without
    wins = stopped = doubts = ended = count = 0
    total = gains = losses = earned = caught = reachable = held = ratios = 0.0
    for i in range(n):
        if s.skip[i] != EXECUTED:
            out[s.skip[i]] += 1.0
            continue
        s.sort[count] = s.net[i]
        count += 1
        total += s.net[i]
        wins += s.net[i] > 0.0
        earned += s.pnl[i]
        gains += s.pnl[i] if s.pnl[i] > 0.0 else 0.0
        losses -= s.pnl[i] if s.pnl[i] <= 0.0 else 0.0
        ratios += s.net[i] / at_risk
        caught += s.gross[i] - 1.0
        reachable += s.peak[i]
        stopped += stops[s.col[i]] and s.last[i] < 1.0
        doubts += s.doubt[i]
        ended += ends[s.col[i]]
        held += (s.exit_ns[i] - s.entry_ns[i]) / 1e9
    out[0], out[18], out[22] = count, stopped, _exposure(n, since, before, s)
    if count == 0:
        return
    sort(s.sort, count)
    for k, q in ((9, 0.5), (10, 0.05), (11, 0.25), (12, 0.75), (13, 0.95)):
        out[k] = quantile(s.sort, count, q)
    out[7], out[8] = wins / count, total / count
    out[14] = gains / losses if losses > 0.0 else np.nan
    out[15], out[16] = earned / count, ratios / count
    out[17] = caught / reachable if reachable != 0.0 else np.nan
    out[19], out[21] = stopped / count, held / count
    out[23], out[24] = doubts / count, ended / count
    count = 0
    for i in range(n):
        if s.skip[i] == EXECUTED:
            s.sort[count] = s.adverse[i]
            count += 1
    sort(s.sort, count)
    out[20] = quantile(s.sort, count, 0.95)
