"""Metrics of one policy from its trades, summed in the order in which they queue."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.kernels.policy_account import EXECUTED

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
def _exposure(n, skip, entry_ns, exit_ns, period):  # type: ignore[no-untyped-def]
    """Share of the period in which at least one position was open; trades come in order of entry."""
    covered = 0
    until = np.int64(-(2**62))
    for i in range(n):
        if skip[i] == EXECUTED:
            begin = max(entry_ns[i], until)
            if exit_ns[i] > begin:
                covered += exit_ns[i] - begin
                until = exit_ns[i]
    return covered / period if period > 0 else np.nan


@njit(cache=True, nogil=True)
def _quantiles(values, n, out):  # type: ignore[no-untyped-def]
    ordered = np.sort(values[:n])
    out[9] = quantile(ordered, n, 0.5)
    out[10] = quantile(ordered, n, 0.05)
    out[11] = quantile(ordered, n, 0.25)
    out[12] = quantile(ordered, n, 0.75)
    out[13] = quantile(ordered, n, 0.95)


@njit(cache=True, nogil=True)
def summary(
    n, without, net, gross, pnl, skip, col, stops, ends, last_multiple, adverse, peak, doubt, entry_ns, exit_ns,
    at_risk, period, scratch, out,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Metrics of ``n`` trades into ``out``, NaN for what does not exist; the account's are left alone.

    ``stops`` and ``ends`` [K] tell which columns are stops and which the end of the data; ``at_risk`` is the loss at
    the first stop, costs included, as a fraction (NaN without one); ``period`` ns; ``scratch`` [n].
    """
    out[:FINAL] = np.nan
    out[:7] = 0.0
    out[6] = without
    out[18] = 0.0
    wins = stopped = doubts = ended = count = 0
    total = gains = losses = earned = caught = reachable = held = ratios = 0.0
    for i in range(n):
        if skip[i] != EXECUTED:
            out[skip[i]] += 1.0
            continue
        scratch[count] = net[i]
        count += 1
        total += net[i]
        wins += net[i] > 0.0
        earned += pnl[i]
        if pnl[i] > 0.0:
            gains += pnl[i]
        else:
            losses -= pnl[i]
        ratios += net[i] / at_risk
        caught += gross[i] - 1.0
        reachable += peak[i]
        stopped += stops[col[i]] and last_multiple[i] < 1.0
        doubts += doubt[i]
        ended += ends[col[i]]
        held += (exit_ns[i] - entry_ns[i]) / 1e9
    out[0] = count
    out[18] = stopped
    out[22] = _exposure(n, skip, entry_ns, exit_ns, period)
    if count == 0:
        return
    _quantiles(scratch, count, out)
    out[7], out[8] = wins / count, total / count
    out[14] = gains / losses if losses > 0.0 else np.nan
    out[15], out[16] = earned / count, ratios / count
    out[17] = caught / reachable if reachable != 0.0 else np.nan
    out[19], out[21] = stopped / count, held / count
    out[23], out[24] = doubts / count, ended / count
    count = 0
    for i in range(n):
        if skip[i] == EXECUTED:
            scratch[count] = adverse[i]
            count += 1
    out[20] = quantile(np.sort(scratch[:count]), count, 0.95)
