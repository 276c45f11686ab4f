"""One account with finite capital: entries in order, exits before entries at equal times, every skip with its reason."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.kernels.policy_money import EQUITY, INITIAL, RISK, affordable, mark, outlay, proceeds, size_of

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
def _marks(held, n_held, now, size, left, seen, entry_price, first, stop, ts, close, interval):  # type: ignore[no-untyped-def]
    """Value of the open positions, summed in the order in which they were opened."""
    total = 0.0
    for q in range(n_held):
        i = held[q]
        value, seen[i] = mark(ts, close, interval, first[i], stop[i], seen[i], now, entry_price[i], size[i], left[i])
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


@njit(cache=True, nogil=True)
def account(
    n, entry_ns, asset, caller, n_fills, fill_ns, part, multiple, distance, cost, on_entry, initial, sizing, fraction,
    risk, amount, basis, limits, minimum, entry_price, first, stop, ts, close, interval, n_assets, n_callers,
    size, skip, pnl, event, event_ns, heap_ns, heap, left, seen, held,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Run ``n`` trades, ordered by (entry time, ts, asset, call), through one account.

    ``n_fills`` [n], ``fill_ns``, ``part``, ``multiple`` [n, R] in time order; ``distance`` [n] of the stop (1: none);
    ``cost`` per side; ``limits`` [3] positions at most in all, per asset, per caller. The candles are read only with
    basis=equity. Fills ``size``, ``skip``, ``pnl`` [n] and the log: ``event`` (trade * (R + 1) for an entry, + 1 + r
    for its r-th fill) at ``event_ns`` [n * (R + 1)]; the last six arrays are scratch.

    Returns (cash at the end, events).
    """
    slots = part.shape[1] + 1
    on_asset = np.zeros(n_assets, np.int64)
    of_caller = np.zeros(n_callers, np.int64)
    cash = initial
    n_heap = n_log = n_held = 0
    for i in range(n + 1):
        while n_heap and (i == n or heap_ns[0] <= entry_ns[i]):
            n_heap = pop(heap_ns, heap, n_heap)
            j, r = heap[n_heap] // slots, heap[n_heap] % slots - 1
            gained = proceeds(size[j], part[j, r], multiple[j, r], cost, on_entry)
            cash += gained
            pnl[j] += gained
            left[j] -= part[j, r]
            event[n_log], event_ns[n_log] = heap[n_heap], heap_ns[n_heap]
            n_log += 1
            if r == n_fills[j] - 1:
                on_asset[asset[j]] -= 1
                of_caller[caller[j]] -= 1
                n_held = forget(held, n_held, j)
        if i == n:
            break
        size[i] = pnl[i] = 0.0
        skip[i] = _limit(n_held, on_asset[asset[i]], of_caller[caller[i]], limits)
        if skip[i]:
            continue
        base = initial if basis == INITIAL else cash
        if basis == EQUITY:
            base += _marks(held, n_held, entry_ns[i], size, left, seen, entry_price, first, stop, ts, close, interval)
        wanted = size_of(sizing, fraction, risk, amount, base, cash, distance[i], cost)
        if sizing == RISK:
            wanted = affordable(wanted, cost, cash)
        if cash <= 0.0 or outlay(wanted, cost) > cash:
            skip[i] = NO_CASH
            continue
        if wanted < minimum or wanted <= 0.0:
            skip[i] = BELOW_MINIMUM
            continue
        size[i], pnl[i] = wanted, -outlay(wanted, cost)
        cash += pnl[i]
        on_asset[asset[i]] += 1
        of_caller[caller[i]] += 1
        left[i], seen[i], held[n_held] = 1.0, first[i] - 1, i
        n_held += 1
        event[n_log], event_ns[n_log] = i * slots, entry_ns[i]
        n_log += 1
        for r in range(n_fills[i]):
            n_heap = push(heap_ns, heap, n_heap, fill_ns[i, r], i * slots + 1 + r)
    return cash, n_log
