"""Candidates scored: gather each one's trades from the tables, limit them by capital, and measure them."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.kernels.heap import pop, push
from quantray.sweeps.kernels.columns import listed_of, scratch_of
from quantray.sweeps.kernels.metrics import list_up, sum_up
from quantray.sweeps.kernels.touch import first_exit

UNLIMITED = 2**31 - 1  # positions
#: Candidates that are gathered together, and their trades, unless one has more: little enough for the nearest cache.
BLOCK, TRADES = 64, 512

ROUNDING = 1e-9  # an entry that takes all the money there is must not fail by the order in which it was added up


@njit(cache=True, nogil=True, error_model="numpy")
def _gather(candidates, table, fees, first, trades, s):  # type: ignore[no-untyped-def]
    """List what sums need of the trades of the candidates from ``first`` on; returns where the block ends."""
    ptr, entry, when, nets = table.ptr, table.entry, table.when, table.net
    cost, size, of = table.entry_cost, table.size, table.session
    group, tp, sl, held = candidates.group, candidates.tp, candidates.sl, candidates.held
    net, risk, session, row, column, start = trades.net, trades.risk, trades.session, s.row, s.column, s.start
    stop_percent = candidates.stop_percent
    n = 0
    i = first
    while i < group.shape[0] and i - first < start.shape[0] - 1:
        begin, end = ptr[group[i]], ptr[group[i] + 1]
        if n + end - begin > net.shape[0]:
            break
        share = abs(stop_percent[i]) / 100.0
        for p in range(begin, end):
            e = entry[p]
            k = first_exit(when[e], tp[i], sl[i], held[i])
            net[n] = nets[e, k]
            risk[n] = cost[e] * size[e] * share + fees
            session[n] = of[e]
            row[n], column[n] = e, k
            n += 1
        i += 1
        start[i - first] = n
    return i


@njit(cache=True, nogil=True, error_model="numpy")
def _detail(table, rules, n, trades, s):  # type: ignore[no-untyped-def]
    """List the rest of the first ``n`` trades."""
    row, column, cost, entry_bar, exit_bar = s.row, s.column, trades.cost, trades.entry_bar, trades.exit_bar
    reason, no_bid, carried_in, carried_out = (
        trades.reason, trades.no_bid, trades.entry_carried, trades.exit_carried,
    )  # fmt: skip
    paid, size, entered, left = table.entry_cost, table.size, table.entry_bar, table.exit_bar
    last_reason, unsold, stood, stands = table.last_reason, table.no_bid, table.entry_carried, table.exit_carried
    reasons, half, last = rules.reason, 0.5 * rules.fees, table.when.shape[1] - 1
    for j in range(n):
        e, k = row[j], column[j]
        cost[j] = paid[e] * size[e] + half
        entry_bar[j], exit_bar[j] = entered[e], left[e, k]
        reason[j] = last_reason[e] if k == last else reasons[k]
        no_bid[j] = unsold[e] and k == last
        carried_in[j], carried_out[j] = stood[e], stands[e, k]


@njit(cache=True, nogil=True, error_model="numpy")
def affordable(trades, block, cash, max_open, s):  # type: ignore[no-untyped-def]
    """Which listed trades of ``block`` candidates capital admits, into ``s.keep``; ``s.refused``: for positions, cash.

    ``trades.cost`` is what an entry ties up (price, slippage, entry fees), ``cash`` the money at the start. Positions
    whose exit is filled at or before an entry's bar have returned their money: exits come first in one bar.
    """
    of, entry_bar, exit_bar, cost, net = trades.session, trades.entry_bar, trades.exit_bar, trades.cost, trades.net
    start, keep, refused, heap, heap_bar = s.start, s.keep, s.refused, s.heap, s.heap_bar
    for c in range(block):
        refused[c, 0] = refused[c, 1] = 0
        free, held, session = cash, np.int64(0), -1
        for i in range(start[c], start[c + 1]):
            over = of[i] != session
            session = of[i]
            while held > 0 and (over or heap_bar[0] <= entry_bar[i]):
                held = pop(heap_bar, heap, held)
                j = heap[held]
                free += cost[j] + net[j]
            keep[i] = False
            if held >= max_open:
                refused[c, 0] += 1
            elif cost[i] > free + ROUNDING:
                refused[c, 1] += 1
            else:
                keep[i] = True
                free -= cost[i]
                held = push(heap_bar, heap, held, exit_bar[i], i)


@njit(cache=True, nogil=True, error_model="numpy")
def _admitted(trades, block, s):  # type: ignore[no-untyped-def]
    """Move the trades that are kept to the front."""
    net, risk, session, start, keep = trades.net, trades.risk, trades.session, s.start, s.keep
    entry_bar, exit_bar, reason, no_bid = trades.entry_bar, trades.exit_bar, trades.reason, trades.no_bid
    entry_carried, exit_carried = trades.entry_carried, trades.exit_carried
    kept = begin = 0
    for c in range(block):
        end = start[c + 1]
        for j in range(begin, end):
            if keep[j]:
                net[kept], risk[kept], session[kept] = net[j], risk[j], session[j]
                entry_bar[kept], exit_bar[kept] = entry_bar[j], exit_bar[j]
                reason[kept], no_bid[kept] = reason[j], no_bid[j]
                entry_carried[kept], exit_carried[kept] = entry_carried[j], exit_carried[j]
                kept += 1
        begin, start[c + 1] = end, kept


@njit(cache=True, nogil=True, error_model="numpy")
def score(candidates, table, rules, full, trades, s, out):  # type: ignore[no-untyped-def]
    """Metrics of N candidates and their net per session into ``out``; ``full``: the listed metrics too.

    ``trades`` and the scratch ``s`` have room for the longest list of a group.
    """
    limited = rules.cash < np.inf or rules.max_open < UNLIMITED
    first = np.int64(0)  # a literal would be a type of its own, for which all that is called is compiled once more
    while first < candidates.group.shape[0]:
        stop = _gather(candidates, table, rules.fees, first, trades, s)
        block = stop - first
        if full or limited:
            _detail(table, rules, s.start[block], trades, s)
        if limited:
            affordable(trades, block, rules.cash, rules.max_open, s)
            _admitted(trades, block, s)
        sum_up(trades, s, first, stop, out)
        if full:
            list_up(trades, s, first, stop, rules.interval, out)
        first = stop


def scores(candidates, table, rules, full, out) -> None:  # type: ignore[no-untyped-def]
    """:func:`score` with room for as many trades as a candidate can have."""
    room = max(TRADES, int(np.diff(table.ptr).max(initial=1)))
    score(candidates, table, rules, full, listed_of(room), scratch_of(room, BLOCK, out.net.shape[1]), out)
