"""Metrics of candidates: gather each one's trades from the tables, limit them by capital, and sum in a fixed order."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.kernels.heap import pop, push
from quantray.kernels.quantiles import place, quantile
from quantray.sweeps.kernels.columns import listed_of, scratch_of
from quantray.sweeps.kernels.touch import first_exit
from quantray.sweeps.metrics import Metric
from quantray.sweeps.trades import ExitReason

N_CORE = int(Metric.MAX_DRAWDOWN)  # columns that need sums only
N_ALL = len(Metric)
UNLIMITED = 2**31 - 1  # positions

ROUNDING = 1e-9  # an entry that takes all the money there is must not fail by the order in which it was added up


@njit(cache=True, nogil=True)
def _sharpe(by_session, traded):  # type: ignore[no-untyped-def]
    """Mean over standard deviation (ddof 1) of ``by_session`` [sessions] where ``traded``; else NaN."""
    count = 0
    total = 0.0
    for k in range(by_session.shape[0]):
        if traded[k] > 0:
            count += 1
            total += by_session[k]
    if count < 2:
        return np.nan
    mean = total / count
    squares = 0.0
    for k in range(by_session.shape[0]):
        if traded[k] > 0:
            squares += (by_session[k] - mean) * (by_session[k] - mean)
    deviation = np.sqrt(squares / (count - 1))
    return mean / deviation if 0.0 < deviation < np.inf else np.nan


@njit(cache=True, nogil=True)
def summarise_core(trades, n, traded, by_session, out):  # type: ignore[no-untyped-def]
    """Core metrics of the first ``n`` trades into ``out`` [M], net per session into ``by_session`` [sessions].

    ``traded`` [sessions] is filled with the trades of each.
    """
    net, risk, session = trades.net, trades.risk, trades.session
    by_session[:] = 0.0
    traded[:] = 0
    wins = 0
    total = 0.0
    risks = 0.0
    gains = 0.0
    losses = 0.0
    for i in range(n):
        total += net[i]
        risks += risk[i]
        by_session[session[i]] += net[i]
        traded[session[i]] += 1
        if net[i] > 0.0:
            wins += 1
            gains += net[i]
        else:
            losses -= net[i]
    sessions = 0
    for k in range(traded.shape[0]):
        sessions += traded[k] > 0
    out[:N_CORE] = np.nan
    out[Metric.N_TRADES], out[Metric.N_SESSIONS], out[Metric.TOTAL_PNL] = n, sessions, total
    out[Metric.SHARPE] = _sharpe(by_session, traded)
    if n == 0:
        return
    out[Metric.WIN_RATE], out[Metric.EXPECTANCY], out[Metric.AVG_RISK] = wins / n, total / n, risks / n
    if risks > 0.0:  # otherwise nothing was at risk
        out[Metric.RETURN_ON_RISK_PERCENT] = 100.0 * (total / n) / (risks / n)
    if losses > 0.0:
        out[Metric.PROFIT_FACTOR] = gains / losses


@njit(cache=True, nogil=True)
def _drawdown(trades, n, order):  # type: ignore[no-untyped-def]
    """Largest fall of the realised curve from its peak, starting at 0; trades in (session, exit, given) order."""
    net, session, exit_bar = trades.net, trades.session, trades.exit_bar
    for i in range(n):
        order[i] = i
        j = i
        while j > 0 and session[order[j - 1]] == session[i] and exit_bar[order[j - 1]] > exit_bar[i]:
            order[j] = order[j - 1]
            j -= 1
        order[j] = i
    curve = 0.0
    peak = 0.0
    worst = 0.0
    for i in range(n):
        curve += net[order[i]]
        peak = max(peak, curve)
        worst = max(worst, peak - curve)
    return worst


@njit(cache=True, nogil=True)
def summarise_listed(trades, n, interval, s, out):  # type: ignore[no-untyped-def]
    """Metrics that need the list of the first ``n`` trades, into ``out`` [M] behind the core ones.

    ``interval`` in seconds a bar; the refused ones are left at 0.
    """
    out[N_CORE:] = 0.0
    out[Metric.MAX_DRAWDOWN] = _drawdown(trades, n, s.order)
    if n == 0:
        out[Metric.MEDIAN_NET : Metric.MAX_DURATION_S + 1] = np.nan
        out[Metric.CARRIED_ENTRY_SHARE] = out[Metric.CARRIED_EXIT_SHARE] = np.nan
        return
    s.ordered[:n] = trades.net[:n]
    out[Metric.MEDIAN_NET] = quantile(s.ordered, 0, n, n, 0.5)
    out[Metric.P05_NET] = quantile(s.ordered, 0, place(n, 0.5) + 1, n, 0.05)
    held = 0
    longest = 0
    entries = 0
    exits = 0
    for i in range(n):
        bars = trades.exit_bar[i] - trades.entry_bar[i]
        held += bars
        longest = max(longest, bars)
        out[Metric.EXITS_EMERGENCY + trades.reason[i]] += 1.0
        out[Metric.NO_BID_AT_CLOSE] += trades.no_bid[i]
        entries += trades.entry_carried[i]
        exits += trades.exit_carried[i]
    out[Metric.MEAN_DURATION_S], out[Metric.MAX_DURATION_S] = held * interval / n, longest * interval
    out[Metric.CARRIED_ENTRY_SHARE], out[Metric.CARRIED_EXIT_SHARE] = entries / n, exits / n


@njit(cache=True, nogil=True)
def affordable(trades, n, cash, max_open, s):  # type: ignore[no-untyped-def]
    """Which of the first ``n`` trades capital admits, into ``s.keep``; ``s.refused``: for positions, for cash.

    ``trades.cost`` is what an entry ties up (price, slippage, entry fees), ``cash`` the money at the start. Positions
    whose exit is filled at or before an entry's bar have returned their money: exits come first in one bar.
    """
    s.refused[:] = 0
    free, held, session = cash, 0, -1
    for i in range(n):
        over = trades.session[i] != session
        session = trades.session[i]
        while held > 0 and (over or s.heap_bar[0] <= trades.entry_bar[i]):
            held = pop(s.heap_bar, s.heap, held)
            j = s.heap[held]
            free += trades.cost[j] + trades.net[j]
        s.keep[i] = False
        if held >= max_open:
            s.refused[0] += 1
        elif trades.cost[i] > free + ROUNDING:
            s.refused[1] += 1
        else:
            s.keep[i] = True
            free -= trades.cost[i]
            held = push(s.heap_bar, s.heap, held, trades.exit_bar[i], i)


@njit(cache=True, nogil=True)
def _admitted(trades, n, keep):  # type: ignore[no-untyped-def]
    """Move the trades that are kept to the front; returns how many."""
    kept = 0
    for j in range(n):
        if keep[j]:
            trades.net[kept], trades.risk[kept], trades.session[kept] = trades.net[j], trades.risk[j], trades.session[j]
            trades.entry_bar[kept], trades.exit_bar[kept] = trades.entry_bar[j], trades.exit_bar[j]
            trades.reason[kept], trades.no_bid[kept] = trades.reason[j], trades.no_bid[j]
            trades.entry_carried[kept], trades.exit_carried[kept] = trades.entry_carried[j], trades.exit_carried[j]
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def reason_of(column, last, last_reason, rules):  # type: ignore[no-untyped-def]
    """Why a trade ended in this column of the tables, ``last`` being the number of the last one."""
    if column == last:
        return last_reason
    if column < rules.n_tp:
        return np.int8(ExitReason.TAKE_PROFIT)
    return np.int8(ExitReason.STOP_LOSS if column < rules.n_tp + rules.n_sl else ExitReason.TIME)


@njit(cache=True, nogil=True)
def score(candidates, table, rules, full, trades, s, by_session, out):  # type: ignore[no-untyped-def]
    """Metrics of N candidates into ``out`` [N, M] and net per session into ``by_session`` [N, sessions].

    ``full``: the listed metrics too. ``trades`` and the scratch ``s`` have room for the longest list of a group.
    """
    entry, when, nets, last = table.entry, table.when, table.net, table.when.shape[1] - 1
    entry_cost, entry_size = table.entry_cost, table.size
    group, tp, sl, held = candidates.group, candidates.tp, candidates.sl, candidates.held
    net, risk, session, fees = trades.net, trades.risk, trades.session, rules.fees
    limited = rules.cash < np.inf or rules.max_open < UNLIMITED
    for i in range(group.shape[0]):
        n = 0
        stop = abs(candidates.stop_percent[i]) / 100.0
        for p in range(table.ptr[group[i]], table.ptr[group[i] + 1]):
            e = entry[p]
            k = first_exit(when[e], tp[i], sl[i], held[i])
            net[n] = nets[e, k]
            risk[n] = entry_cost[e] * entry_size[e] * stop + fees
            session[n] = table.session[e]
            if full or limited:
                trades.cost[n] = entry_cost[e] * entry_size[e] + 0.5 * fees
                trades.entry_bar[n] = table.entry_bar[e]
                trades.exit_bar[n] = table.exit_bar[e, k]
                trades.reason[n] = reason_of(k, last, table.last_reason[e], rules)
                trades.no_bid[n] = table.no_bid[e] and k == last
                trades.entry_carried[n] = table.entry_carried[e]
                trades.exit_carried[n] = table.exit_carried[e, k]
            n += 1
        if limited:
            affordable(trades, n, rules.cash, rules.max_open, s)
            n = _admitted(trades, n, s.keep)
        summarise_core(trades, n, s.traded, by_session[i], out[i])
        if full:
            summarise_listed(trades, n, rules.interval, s, out[i])
            out[i, Metric.REFUSED_MAX_OPEN_POSITIONS] = s.refused[0]
            out[i, Metric.REFUSED_NO_CASH] = s.refused[1]


def scores(candidates, table, rules, full, by_session, out) -> None:  # type: ignore[no-untyped-def]
    """:func:`score` with room for as many trades as a candidate can have."""
    longest = max(1, int(np.diff(table.ptr).max(initial=1)))
    score(candidates, table, rules, full, listed_of(longest), scratch_of(longest, by_session.shape[1]), by_session, out)
