"""One account with finite capital: entries in order, exits first at equal times, every skip with its reason."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.callers.codes import Basis, Skip
from quantray.callers.kernels.money import last_closed, outlay, proceeds, size_of
from quantray.kernels.heap import pop, push

#: Bits of an event that say which fill of its trade it is.
_FILL = 16


@njit(cache=True, nogil=True)
def event_of(trade, fill):  # type: ignore[no-untyped-def]
    """Entry (``fill`` -1) or fill of a trade as one number, rising with both; a shift, as dividing takes long."""
    return (trade << _FILL) + fill + 1


@njit(cache=True, nogil=True)
def trade_of(event):  # type: ignore[no-untyped-def]
    """The trade of an event."""
    return event >> _FILL


@njit(cache=True, nogil=True)
def fill_of(event):  # type: ignore[no-untyped-def]
    """Which fill of its trade an event is, -1 for the entry."""
    return (event & ((1 << _FILL) - 1)) - 1


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
    """Value of the ``n_held`` open positions at ``now`` ns, summed in the order in which they were opened.

    On closed candles only; before the first close a position stands at its entry price.
    """
    total = 0.0
    for q in range(n_held):
        i = s.held[q]
        seen = last_closed(marks, now, s.seen[i], s.stop[i])
        s.seen[i] = seen
        total += s.size[i] * s.left[i] * (marks.close[seen] / s.price[i] if seen >= s.first[i] else 1.0)
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
    ``s.event`` (see :func:`event_of`) at ``s.event_ns``. Returns (cash at the end, events).
    """
    heap_ns, heap, event_ns, event, held, seen = s.heap_ns, s.heap, s.event_ns, s.event, s.held, s.seen
    entry_ns, fill_ns, n_fills, part, multiple, left = s.entry_ns, s.fill_ns, s.n_fills, s.part, s.multiple, s.left
    size, skip, pnl, distance, first, asset, caller = s.size, s.skip, s.pnl, s.distance, s.first, s.asset, s.caller
    on_asset = np.zeros(queue.n_assets, np.int64)
    of_caller = np.zeros(queue.n_callers, np.int64)
    cash = money.initial
    n_heap = n_log = n_held = np.int64(0)  # a literal would be a type of its own, for which the heap is compiled again
    equity = money.basis == Basis.EQUITY  # only then does it matter which positions are open
    for i in range(n + 1):
        while n_heap and (i == n or heap_ns[0] <= entry_ns[i]):
            n_heap = pop(heap_ns, heap, n_heap)
            item = heap[n_heap]
            j, r = trade_of(item), fill_of(item)
            gained = proceeds(size[j], part[j, r], multiple[j, r], money.cost, money.on_entry)
            cash += gained
            pnl[j] += gained
            left[j] -= part[j, r]
            event[n_log], event_ns[n_log] = item, heap_ns[n_heap]
            n_log += 1
            if r == n_fills[j] - 1:
                on_asset[asset[j]] -= 1
                of_caller[caller[j]] -= 1
                n_held = forget(held, n_held, j) if equity else n_held - 1
        if i == n:
            break
        size[i] = pnl[i] = 0.0
        skip[i] = _limit(n_held, on_asset[asset[i]], of_caller[caller[i]], money)
        if skip[i] != Skip.EXECUTED:
            continue
        basis = money.initial if money.basis == Basis.INITIAL else cash
        if equity:
            basis += marked(n_held, entry_ns[i], marks, s)
        wanted = size_of(money, basis, cash, distance[i])
        spent = outlay(wanted, money.cost)
        if cash <= 0.0 or spent > cash or wanted < money.minimum or wanted <= 0.0:
            skip[i] = Skip.NO_CASH if cash <= 0.0 or spent > cash else Skip.BELOW_MINIMUM
            continue
        size[i], pnl[i] = wanted, -spent
        cash -= spent
        on_asset[asset[i]] += 1
        of_caller[caller[i]] += 1
        left[i], seen[i], held[n_held] = 1.0, first[i] - 1, i
        n_held += 1
        event[n_log], event_ns[n_log] = event_of(i, np.int64(-1)), entry_ns[i]
        n_log += 1
        for r in range(n_fills[i]):
            n_heap = push(heap_ns, heap, n_heap, fill_ns[i, r], event_of(i, r))
    return cash, n_log
