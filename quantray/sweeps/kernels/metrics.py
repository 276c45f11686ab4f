"""Metrics of candidates from their trades, summed in a fixed order; blocks of them, as a call costs as much as one."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.kernels.quantiles import place, quantile
from quantray.sweeps.metrics import Metric


@njit(cache=True, nogil=True, error_model="numpy")
def _finite(x):  # type: ignore[no-untyped-def]
    """What overflowed does not exist."""
    return x if abs(x) < np.inf else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _sharpe(nets, n):  # type: ignore[no-untyped-def]
    """Mean over standard deviation (ddof 1) of the first ``n`` numbers; else NaN."""
    total = 0.0
    for k in range(n):
        total += nets[k]
    if n < 2:
        return np.nan
    mean = total / n
    squares = 0.0
    for k in range(n):
        squares += (nets[k] - mean) * (nets[k] - mean)
    deviation = np.sqrt(squares / (n - 1))
    return mean / deviation if 0.0 < deviation < np.inf else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def sum_up(trades, s, first, stop, out):  # type: ignore[no-untyped-def]
    """Core metrics of the candidates ``first`` to ``stop``, whose trades are listed, and their net per session."""
    nets, risks, session, start, traded = trades.net, trades.risk, trades.session, s.start, s.traded
    amount, whole, by_session = out.amount, out.whole, out.net
    for i in range(first, stop):
        begin, end = start[i - first], start[i - first + 1]
        n = end - begin
        total = risk = gains = losses = of_session = 0.0
        wins = sessions = 0
        last = -1
        for j in range(begin, end):
            net, k = nets[j], session[j]
            if k != last:
                if last >= 0:
                    by_session[i, last] = traded[sessions] = of_session
                    sessions += 1
                last, of_session = k, 0.0
            total += net
            risk += risks[j]
            of_session += net
            won = net > 0.0
            wins += won
            gains += net if won else 0.0
            losses -= 0.0 if won else net
        if n:
            by_session[i, last] = traded[sessions] = of_session
            sessions += 1
        whole[Metric.N_TRADES, i], whole[Metric.N_SESSIONS, i] = n, sessions
        amount[Metric.TOTAL_PNL, i], amount[Metric.SHARPE, i] = _finite(total), _finite(_sharpe(traded, sessions))
        amount[Metric.WIN_RATE, i] = wins / n if n else np.nan
        amount[Metric.EXPECTANCY, i] = _finite(total / n) if n else np.nan
        amount[Metric.AVG_RISK, i] = _finite(risk / n) if n else np.nan
        # without one nothing was at risk
        amount[Metric.RETURN_ON_RISK_PERCENT, i] = _finite(100.0 * (total / n) / (risk / n)) if risk > 0.0 else np.nan
        amount[Metric.PROFIT_FACTOR, i] = _finite(gains / losses) if losses > 0.0 else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _drawdown(nets, session, exit_bar, begin, end, order):  # type: ignore[no-untyped-def]
    """Largest fall of the realised curve from its peak, starting at 0; trades in (session, exit, given) order."""
    for i in range(begin, end):
        j = i
        while j > begin and session[order[j - 1]] == session[i] and exit_bar[order[j - 1]] > exit_bar[i]:
            order[j] = order[j - 1]
            j -= 1
        order[j] = i
    curve = peak = worst = 0.0
    for i in range(begin, end):
        curve += nets[order[i]]
        peak = max(peak, curve)
        worst = max(worst, peak - curve)
    return worst


@njit(cache=True, nogil=True, error_model="numpy")
def list_up(trades, s, first, stop, interval, out):  # type: ignore[no-untyped-def]
    """Metrics that need the list of trades, of the same candidates; ``interval`` in seconds a bar."""
    nets, session, entry_bar, exit_bar, reason = (
        trades.net, trades.session, trades.entry_bar, trades.exit_bar, trades.reason,
    )  # fmt: skip
    no_bid, entry_carried, exit_carried = trades.no_bid, trades.entry_carried, trades.exit_carried
    start, order, ordered, tally, refused = s.start, s.order, s.ordered, s.tally, s.refused
    amount, whole = out.amount, out.whole
    front = np.int64(0)  # no literal: see score
    for i in range(first, stop):
        begin, end = start[i - first], start[i - first + 1]
        n = end - begin
        held = longest = entries = exits = unsold = 0
        curve = peak = worst = 0.0
        crossed = False
        tally[:] = 0
        for j in range(begin, end):
            bars = exit_bar[j] - entry_bar[j]
            held += bars
            longest = max(longest, bars)
            tally[reason[j]] += 1
            unsold += no_bid[j]
            entries += entry_carried[j]
            exits += exit_carried[j]
            curve += nets[j]
            peak = max(peak, curve)
            worst = max(worst, peak - curve)
            crossed |= j > begin and (session[j] == session[j - 1]) & (exit_bar[j] < exit_bar[j - 1])
            ordered[j - begin] = nets[j]
        if crossed:
            worst = _drawdown(nets, session, exit_bar, begin, end, order)
        amount[Metric.MAX_DRAWDOWN, i] = _finite(worst)
        amount[Metric.MEDIAN_NET, i] = _finite(quantile(ordered, front, n, n, 0.5)) if n else np.nan
        amount[Metric.P05_NET, i] = _finite(quantile(ordered, front, place(n, 0.5) + 1, n, 0.05)) if n else np.nan
        amount[Metric.MEAN_DURATION_S, i] = _finite(held * interval / n) if n else np.nan
        amount[Metric.MAX_DURATION_S, i] = _finite(longest * interval) if n else np.nan
        amount[Metric.CARRIED_ENTRY_SHARE, i] = entries / n if n else np.nan
        amount[Metric.CARRIED_EXIT_SHARE, i] = exits / n if n else np.nan
        for k in range(tally.shape[0]):
            whole[Metric.EXITS_EMERGENCY + k, i] = tally[k]
        whole[Metric.NO_BID_AT_CLOSE, i] = unsold
        whole[Metric.REFUSED_MAX_OPEN_POSITIONS, i] = refused[i - first, 0]
        whole[Metric.REFUSED_NO_CASH, i] = refused[i - first, 1]
