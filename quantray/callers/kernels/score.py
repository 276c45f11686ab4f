"""Stage two: a block of policies over the calls of one account, from tables to metrics."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.callers.codes import Skip
from quantray.callers.kernels.account import account
from quantray.callers.kernels.curve import curve, daily_ratios, max_drawdown
from quantray.callers.kernels.metrics import summary
from quantray.callers.kernels.trades import gather
from quantray.callers.metrics import Metric


@njit(cache=True, nogil=True, error_model="numpy")
def score(table, policies, queue, money, marks, period, s, out):  # type: ignore[no-untyped-def]
    """Metrics of every policy into ``out`` [P, M]; the trades, log and sizes of the last one stay in the scratch ``s``.

    Where ``period.closes`` or ``period.days`` is empty, the metrics that need equity at those times are left NaN.
    Returns (trades, cash at the end, events) of the last policy.
    """
    closes, days = period.closes, period.days
    m = max(closes.shape[0], days.shape[0])
    equity = np.empty(m)
    cash = np.empty(m)
    n = n_log = 0
    final = np.nan
    for p in range(policies.closer.shape[0]):
        n, without = gather(table, policies, p, queue, money, s)
        row = out[p]
        row[Metric.FINAL_CAPITAL :] = np.nan
        if money.limited:
            final, n_log = account(n, money, marks, queue, s)
            row[Metric.FINAL_CAPITAL], row[Metric.TOTAL_RETURN] = final, final / money.initial - 1.0
        else:
            for i in range(n):
                s.skip[i], s.size[i], s.pnl[i] = Skip.EXECUTED, 1.0, s.net[i]
        at_risk = policies.distance[p] + (money.cost + money.cost)
        summary(n, without, policies.reason, at_risk, period, s, row)
        if money.limited and closes.shape[0]:
            curve(n_log, money, marks, closes, s, equity, cash)
            row[Metric.MAX_DRAWDOWN] = max_drawdown(equity[: closes.shape[0]], money.initial)
        if money.limited and days.shape[0]:
            curve(n_log, money, marks, days, s, equity, cash)
            row[Metric.SHARPE], row[Metric.SORTINO] = daily_ratios(equity[: days.shape[0]], money.initial)
    return n, final, n_log
