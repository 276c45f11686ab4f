"""Equity of an account from its log of events: cash and marks on closed candles, and its drawdown."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.callers.kernels.account import fill_of, forget, marked, trade_of
from quantray.callers.kernels.money import outlay, proceeds


@njit(cache=True, nogil=True)
def curve(n_log, money, marks, times, s, equity, cash_out):  # type: ignore[no-untyped-def]
    """Equity and cash into two columns [T] at each of the rising ``times`` [T] ns, after all that happens by then.

    Reads the log of ``n_log`` events in the scratch ``s``. Positions are marked at the close of their last candle
    that has ended; equity is cash plus the marks summed in the order of opening.
    """
    cash = money.initial
    at = n_held = np.int64(0)  # no literal: see account
    for t in range(times.shape[0]):
        now = times[t]
        while at < n_log and s.event_ns[at] <= now:
            i, r = trade_of(s.event[at]), fill_of(s.event[at])
            if r < 0:
                cash -= outlay(s.size[i], money.cost)
                s.left[i], s.seen[i], s.held[n_held] = 1.0, s.first[i] - 1, i
                n_held += 1
            else:
                cash += proceeds(s.size[i], s.part[i, r], s.multiple[i, r], money.cost, money.on_entry)
                s.left[i] -= s.part[i, r]
                if r == s.n_fills[i] - 1:
                    n_held = forget(s.held, n_held, i)
            at += 1
        equity[t] = cash + marked(n_held, now, marks, s)
        cash_out[t] = cash


@njit(cache=True, nogil=True, error_model="numpy")
def max_drawdown(equity, initial):  # type: ignore[no-untyped-def]
    """Largest fall of ``equity`` [T] from the highest so far (``initial`` at first), a positive fraction of it."""
    peak = initial
    worst = 0.0
    for i in range(equity.shape[0]):
        peak = max(peak, equity[i])
        worst = max(worst, (peak - equity[i]) / peak)
    return worst


@njit(cache=True, nogil=True, error_model="numpy")
def daily_ratios(equity, initial):  # type: ignore[no-untyped-def]
    """Sharpe and Sortino of the returns of ``equity`` [days] (every UTC day, idle ones too), annualised by sqrt(365).

    Sharpe: mean / standard deviation (ddof 1). Sortino: mean / root mean square of the losses over all days. NaN if
    undefined; ``initial`` is what the first day began with.
    """
    n = equity.shape[0]
    if n < 2:
        return np.nan, np.nan
    returns = np.empty(n)
    before = initial
    total = 0.0
    losses = 0.0
    for i in range(n):
        returns[i] = equity[i] / before - 1.0 if before > 0.0 else 0.0
        before = equity[i]
        total += returns[i]
        if returns[i] < 0.0:
            losses += returns[i] * returns[i]
    mean = total / n
    squares = 0.0
    for i in range(n):
        squares += (returns[i] - mean) * (returns[i] - mean)
    deviation = np.sqrt(squares / (n - 1.0))
    year = np.sqrt(365.0)
    sharpe = mean / deviation * year if deviation > 0.0 else np.nan
    sortino = mean / np.sqrt(losses / n) * year if losses > 0.0 else np.nan
    return sharpe, sortino
