"""Metrics of candidates: gather each one's trades from the tables, limit them by capital, and sum in a fixed order."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.sweeps.kernels.touch import first_exit

#: Columns of the output in order; the core ones need sums only, the rest the list of trades.
CORE = (
    "n_trades", "n_sessions", "win_rate", "return_on_risk_percent", "expectancy", "avg_risk", "profit_factor",
    "total_pnl", "sharpe",
)  # fmt: skip
LISTED = (
    "max_drawdown", "median_net", "p05_net", "mean_duration_s", "max_duration_s", "exits_emergency",
    "exits_end_of_day", "exits_take_profit", "exits_stop_loss", "exits_time", "exits_end_of_data",
    "no_bid_at_close", "carried_entry_share", "carried_exit_share", "refused_max_open_positions", "refused_no_cash",
)  # fmt: skip
N_CORE = len(CORE)
N_ALL = N_CORE + len(LISTED)

ROUNDING = 1e-9  # an entry that takes all the money there is must not fail by the order in which it was added up


@njit(cache=True, nogil=True)
def _quantile(ordered, n, q):  # type: ignore[no-untyped-def]
    """Linear interpolation between order statistics (Hyndman and Fan 1996, type 7)."""
    place = q * (n - 1)
    low = int(place)
    high = min(low + 1, n - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@njit(cache=True, nogil=True)
def _sharpe(by_session, traded):  # type: ignore[no-untyped-def]
    """Mean over standard deviation (ddof 1) of net per session with a trade; NaN under 2 sessions, or std 0 or inf."""
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
def summarise_core(net, risk, session, n, traded, by_session, out):  # type: ignore[no-untyped-def]
    """Core metrics of ``n`` trades in time order into ``out``; ``by_session`` and ``traded`` are filled too."""
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
    out[0] = n
    out[1] = sessions
    out[7] = total
    out[8] = _sharpe(by_session, traded)
    if n == 0:
        out[2:7] = np.nan
        return
    out[2] = wins / n
    out[3] = 100.0 * (total / n) / (risks / n) if risks > 0.0 else np.nan  # nothing was at risk
    out[4] = total / n
    out[5] = risks / n
    out[6] = gains / losses if losses > 0.0 else np.nan


@njit(cache=True, nogil=True)
def _drawdown(net, session, exit_bar, n, order):  # type: ignore[no-untyped-def]
    """Largest fall of the realised curve from its peak, starting at 0; trades in (session, exit, given) order."""
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
def summarise_listed(
    net, session, entry_bar, exit_bar, reason, no_bid, entry_carried, exit_carried, n, interval, order, ordered, out
):  # type: ignore[no-untyped-def]
    """Metrics that need the list of trades, into ``out`` after the core ones."""
    k = N_CORE
    out[k:] = 0.0
    out[k] = _drawdown(net, session, exit_bar, n, order)
    if n == 0:
        out[k + 1 : k + 5] = np.nan
        out[k + 12 : k + 14] = np.nan
        return
    for i in range(n):
        j = i
        while j > 0 and ordered[j - 1] > net[i]:
            ordered[j] = ordered[j - 1]
            j -= 1
        ordered[j] = net[i]
    out[k + 1] = _quantile(ordered, n, 0.5)
    out[k + 2] = _quantile(ordered, n, 0.05)
    held = 0
    longest = 0
    entries = 0
    exits = 0
    for i in range(n):
        bars = exit_bar[i] - entry_bar[i]
        held += bars
        longest = max(longest, bars)
        out[k + 5 + reason[i]] += 1.0
        out[k + 11] += no_bid[i]
        entries += entry_carried[i]
        exits += exit_carried[i]
    out[k + 3] = held * interval / n
    out[k + 4] = longest * interval
    out[k + 12] = entries / n
    out[k + 13] = exits / n


@njit(cache=True, nogil=True)
def affordable(session, entry_bar, exit_bar, cost, net, n, cash, max_open, keep, refused):  # type: ignore[no-untyped-def]
    """Which of ``n`` trades in (session, entry, signal, side) order capital admits, into ``keep``.

    ``cost`` is what an entry ties up (price, slippage, entry fees). Positions whose exit is filled at or before
    an entry's bar have returned their money: exits come first in one bar. ``refused`` [2]: positions, cash.
    """
    refused[:] = 0
    for i in range(n):
        held = 0
        free = cash
        for j in range(i):
            if keep[j]:
                if session[j] < session[i] or exit_bar[j] <= entry_bar[i]:
                    free += net[j]
                else:
                    held += 1
                    free -= cost[j]
        keep[i] = True
        if held >= max_open:
            keep[i] = False
            refused[0] += 1
        elif cost[i] > free + ROUNDING:
            keep[i] = False
            refused[1] += 1


@njit(cache=True, nogil=True)
def score(
    group, tp, sl, held, stop_percent, ptr, entry, when, exits, nets, last_reason, no_bid, entry_session, entry_bar,
    entry_cost, entry_size, entry_carried, exit_carried, n_tp, n_sl, fees, interval, cash, max_open, full,
    by_session, out,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Metrics of N candidates into ``out`` [N, columns] and ``by_session`` [N, sessions].

    Candidate i trades the entries ``entry[ptr[group[i]]:ptr[group[i] + 1]]`` with the exit columns ``tp[i]``,
    ``sl[i]``, ``held[i]`` of the first-touch tables [E, levels + 1]. ``entry_cost`` [E] is the price paid per
    share with slippage, ``entry_size`` [E] = multiplier x contracts. ``cash`` inf and ``max_open`` large: no limit.
    """
    longest = 1
    for g in range(ptr.shape[0] - 1):
        longest = max(longest, ptr[g + 1] - ptr[g])
    net = np.empty(longest)
    risk = np.empty(longest)
    cost = np.empty(longest)
    ordered = np.empty(longest)
    session = np.empty(longest, np.int32)
    entered = np.empty(longest, np.int32)
    left = np.empty(longest, np.int32)
    order = np.empty(longest, np.int32)
    reason = np.empty(longest, np.int8)
    flags = np.empty((3, longest), np.bool_)
    keep = np.ones(longest, np.bool_)
    refused = np.zeros(2, np.int64)
    traded = np.empty(by_session.shape[1], np.int32)
    last = when.shape[1] - 1
    limited = cash < np.inf or max_open < 2**31 - 1
    for i in range(group.shape[0]):
        n = 0
        stop = abs(stop_percent[i]) / 100.0
        for p in range(ptr[group[i]], ptr[group[i] + 1]):
            e = entry[p]
            k = first_exit(when[e], tp[i], sl[i], held[i])
            net[n] = nets[e, k]
            risk[n] = entry_cost[e] * entry_size[e] * stop + fees
            session[n] = entry_session[e]
            if full or limited:
                cost[n] = entry_cost[e] * entry_size[e] + 0.5 * fees
                entered[n] = entry_bar[e]
                left[n] = exits[e, k]
                reason[n] = last_reason[e] if k == last else (2 if k < n_tp else (3 if k < n_tp + n_sl else 4))
                flags[0, n] = no_bid[e] and k == last
                flags[1, n] = entry_carried[e]
                flags[2, n] = exit_carried[e, k]
            n += 1
        if limited:
            affordable(session, entered, left, cost, net, n, cash, max_open, keep, refused)
            kept = 0
            for j in range(n):
                if keep[j]:
                    net[kept], risk[kept], session[kept] = net[j], risk[j], session[j]
                    entered[kept], left[kept], reason[kept] = entered[j], left[j], reason[j]
                    flags[:, kept] = flags[:, j]
                    kept += 1
            n = kept
        summarise_core(net, risk, session, n, traded, by_session[i], out[i])
        if full:
            summarise_listed(
                net, session, entered, left, reason, flags[0], flags[1], flags[2], n, interval, order, ordered, out[i]
            )
            out[i, N_ALL - 2] = refused[0]
            out[i, N_ALL - 1] = refused[1]
