"""One account with finite capital: entries in order, exits first at equal times, every skip with its reason."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.callers.kernels.money import EQUITY, INITIAL, mark, outlay, proceeds, size_of

EXECUTED, MAX_POSITIONS, MAX_PER_ASSET, MAX_PER_CALLER, NO_CASH, BELOW_MINIMUM, NO_ENTRY = 0, 1, 2, 3, 4, 5, 6


@njit(cache=True, nogil=True)
def _before(time, item, i, j):  # type: ignore[no-untyped-def]
    return time[i] < time[j] or (time[i] == time[j] and item[i] < item[j])


@njit(cache=True, nogil=True)
def _swap(time, item, i, j):  # type: ignore[no-untyped-def]
    time[i], time[j] = time[j], time[i]
    item[i], item[j] = item[j], item[i]


@njit(cache=True, nogil=True)
def push(time, item, n, when, what):  # type: ignore[no-untyped-def]
    """Add to the heap of ``n``, ordered by (time, item); returns its size."""
    time[n], item[n] = when, what
    i = n
    while i > 0 and _before(time, item, i, (i - 1) // 2):
        _swap(time, item, i, (i - 1) // 2)
        i = (i - 1) // 2
    return n + 1


@njit(cache=True, nogil=True)
def pop(time, item, n):  # type: ignore[no-untyped-def]
    """Move the first of the heap of ``n`` behind its end; returns its size."""
    n -= 1
    _swap(time, item, 0, n)
    i = 0
    while True:
        child = 2 * i + 1
        if child + 1 < n and _before(time, item, child + 1, child):
            child += 1
        if child >= n or not _before(time, item, child, i):
            return n
        _swap(time, item, i, child)
        i = child


@njit(cache=True, nogil=True)
def _limit(open_now, on_asset, of_caller, limits):  # type: ignore[no-untyped-def]
    """The first limit on positions that fails; limits in the order of the skip codes."""
    if open_now >= limits[0]:
        return MAX_POSITIONS
    if on_asset >= limits[1]:
        return MAX_PER_ASSET
    return MAX_PER_CALLER if of_caller >= limits[2] else EXECUTED


@njit(cache=True, nogil=True)
def marks(n_held, now, ts, close, interval, s):  # type: ignore[no-untyped-def]
    """Value of the open positions at ``now``, summed in the order in which they were opened."""
    total = 0.0
    for q in range(n_held):
        i = s.held[q]
        value, s.seen[i] = mark(
            ts, close, interval, s.first[i], s.stop[i], s.seen[i], now, s.price[i], s.size[i], s.left[i]
        )
        total += value
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
def account(n, money, limits, ts, close, interval, n_assets, n_callers, s):  # type: ignore[no-untyped-def]
    """Run the ``n`` trades in the scratch ``s``, ordered by (entry time, ts, asset, call), through one account.

    ``limits`` [3]: positions at most in all, per asset, per caller; the candles are read only with basis=equity.
    Fills ``s.size``, ``s.skip``, ``s.pnl`` and the log: ``s.event`` (trade * (R + 1) for an entry, + 1 + r for its
    r-th fill) at ``s.event_ns``. Returns (cash at the end, events).
    """
    slots = s.part.shape[1] + 1
    on_asset = np.zeros(n_assets, np.int64)
    of_caller = np.zeros(n_callers, np.int64)
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
        s.skip[i] = _limit(n_held, on_asset[s.asset[i]], of_caller[s.caller[i]], limits)
        if s.skip[i] != EXECUTED:
            continue
        basis = money.initial if money.basis == INITIAL else cash
        if money.basis == EQUITY:
            basis += marks(n_held, s.entry_ns[i], ts, close, interval, s)
        size = size_of(money, basis, cash, s.distance[i])
        spent = outlay(size, money.cost)
        if cash <= 0.0 or spent > cash or size < money.minimum or size <= 0.0:
            s.skip[i] = NO_CASH if cash <= 0.0 or spent > cash else BELOW_MINIMUM
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
