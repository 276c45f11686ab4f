"""One account with finite capital: entries in order, exits first at equal times, every skip with its reason."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.callers.codes import Basis, Skip
from quantray.callers.kernels.money import mark, outlay, proceeds, size_of
from quantray.kernels.heap import pop, push


@njit(cache=True, nogil=True)
def _limit(open_now, on_asset, of_caller, money):  # type: ignore[no-untyped-def]
    """The first limit on positions that fails; limits in the order of the skip codes."""
    if open_now >= money.max_positions:
        return Skip.MAX_POSITIONS
    if on_asset >= money.max_per_asset:
        return Skip.MAX_POSITIONS_PER_ASSET
    return Skip.MAX_POSITIONS_PER_CALLER if of_caller >= money.max_per_caller else Skip.EXECUTED


@njit(cache=True, nogil=True)
def marked(n_held, now, marks, s):  # type: ignore[no-untyped-def]
    """Value of the ``n_held`` open positions at ``now`` ns, summed in the order in which they were opened."""
    total = 0.0
    for q in range(n_held):
        total += mark(marks, now, s, s.held[q])
    return total


@njit(cache=True, nogil=True)
def forget(held, n_held, i):  # type: ignore[no-untyped-def]
    """Remove position ``i``, keeping the order; returns how many are left."""
    k = 0
    for q in range(n_held):
        if held[q] != i:
            held[k] = held[q]
            k += 1
    return k


@njit(cache=True, nogil=True, error_model="numpy")
def account(n, money, marks, queue, s):  # type: ignore[no-untyped-def]
    """Run the ``n`` trades in the scratch ``s``, ordered by (entry time, ts, asset, call), through one account.

    The candles of ``marks`` are read only with basis=equity. Fills ``s.size``, ``s.skip``, ``s.pnl`` and the log:
    ``s.event`` (trade * (R + 1) for an entry, + 1 + r for its r-th fill) at ``s.event_ns``. Returns (cash at the end,
    events).
    """
    slots = s.part.shape[1] + 1
    on_asset = np.zeros(queue.n_assets, np.int64)
    of_caller = np.zeros(queue.n_callers, np.int64)
    cash = money.initial
    n_heap = n_log = n_held = 0
    for i in range(n + 1):
        while n_heap and (i == n or s.heap_ns[0] <= s.entry_ns[i]):
            n_heap = pop(s.heap_ns, s.heap, n_heap)
            item = s.heap[n_heap]
            j, r = item // slots, item % slots - 1
            gained = proceeds(s.size[j], s.part[j, r], s.multiple[j, r], money.cost, money.on_entry)
            cash += gained
            s.pnl[j] += gained
            s.left[j] -= s.part[j, r]
            s.event[n_log], s.event_ns[n_log] = item, s.heap_ns[n_heap]
            n_log += 1
            if r == s.n_fills[j] - 1:
                on_asset[s.asset[j]] -= 1
                of_caller[s.caller[j]] -= 1
                n_held = forget(s.held, n_held, j)
        if i == n:
            break
        s.size[i] = s.pnl[i] = 0.0
        s.skip[i] = _limit(n_held, on_asset[s.asset[i]], of_caller[s.caller[i]], money)
        if s.skip[i] != Skip.EXECUTED:
            continue
        basis = money.initial if money.basis == Basis.INITIAL else cash
        if money.basis == Basis.EQUITY:
            basis += marked(n_held, s.entry_ns[i], marks, s)
        size = size_of(money, basis, cash, s.distance[i])
        spent = outlay(size, money.cost)
        if cash <= 0.0 or spent > cash or size < money.minimum or size <= 0.0:
            s.skip[i] = Skip.NO_CASH if cash <= 0.0 or spent > cash else Skip.BELOW_MINIMUM
            continue
        s.size[i], s.pnl[i] = size, -spent
        cash -= spent
        on_asset[s.asset[i]] += 1
        of_caller[s.caller[i]] += 1
        s.left[i], s.seen[i], s.held[n_held] = 1.0, s.first[i] - 1, i
        n_held += 1
        s.event[n_log], s.event_ns[n_log] = i * slots, s.entry_ns[i]
        n_log += 1
        for r in range(s.n_fills[i]):
            n_heap = push(s.heap_ns, s.heap, n_heap, s.fill_ns[i, r], i * slots + 1 + r)
    return cash, n_log
