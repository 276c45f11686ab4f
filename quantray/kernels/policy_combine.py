"""Policies from tables: what closes the remainder is the smallest of a few keys, and so is each target before it."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.kernels.policy_codes import NEVER


@njit(cache=True, nogil=True)
def closing_columns(keys, fill, rows, stop_ptr, stop_col, close_stop, close_ptr, close_col, out):  # type: ignore[no-untyped-def]
    """Column that closes the remainder, [rows, C], for each distinct set of stops and other ends.

    Stop set s has the columns ``stop_col[stop_ptr[s]:]``, and the highest of those touched at one time fills: it is
    the one that stands. Closer c adds ``close_col[close_ptr[c]:]`` (time, triggers, end of data) to set
    ``close_stop[c]``, -1 for none.
    """
    best = np.empty(stop_ptr.shape[0], np.int32)
    for j in range(rows.shape[0]):
        e = rows[j]
        for s in range(stop_ptr.shape[0] - 1):
            found = stop_col[stop_ptr[s]]
            for q in range(stop_ptr[s] + 1, stop_ptr[s + 1]):
                k = stop_col[q]
                if keys[e, k] < keys[e, found] or (keys[e, k] == keys[e, found] and fill[e, k] > fill[e, found]):
                    found = k
            best[s] = found
        for c in range(close_stop.shape[0]):
            found = best[close_stop[c]] if close_stop[c] >= 0 else close_col[close_ptr[c]]
            for q in range(close_ptr[c], close_ptr[c + 1]):
                if keys[e, close_col[q]] < keys[e, found]:
                    found = close_col[q]
            out[j, c] = found


@njit(cache=True, nogil=True)
def net_of(multiple, cost, on_entry):  # type: ignore[no-untyped-def]
    """Net return on the entry's notional; ``cost`` is the fraction a side takes, of its own notional or the entry's."""
    return multiple - 1.0 - (cost + (cost if on_entry else cost * multiple))


@njit(cache=True, nogil=True)
def fills_of(keys, fill, closer, rung_col, rung_part, first, last, col, part):  # type: ignore[no-untyped-def]
    """Fills of one trade in time order into ``col`` and ``part`` (fraction of the size); returns how many.

    Rungs ``[first:last]`` are rising targets; a part of inf takes all that is left.
    """
    left = 1.0
    n = 0
    for q in range(first, last):
        k = rung_col[q]
        if keys[k] >= keys[closer]:
            break
        taken = min(rung_part[q], left)
        col[n], part[n] = k, taken
        n += 1
        if rung_part[q] == np.inf:
            return n
        left -= taken
    col[n], part[n] = closer, left
    return n + 1


@njit(cache=True, nogil=True)
def multiple_of(fill, col, part, n):  # type: ignore[no-untyped-def]
    """What one unit of entry notional returns before costs."""
    total = 0.0
    for q in range(n):
        total += part[q] * fill[col[q]]
    return total


@njit(cache=True, nogil=True)
def grid_returns(
    keys, fill, ways, closing, closer, variant, rung_ptr, rung_col, rung_part, cost, on_entry, net, last
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Net return and last column of every (call, policy) into ``net`` and ``last`` [n, P]; NaN and -1: no entry.

    Row ``i * ways + v`` of the tables is call i entered the v-th way; ``closing`` [n * ways, C].
    """
    width = keys.shape[1]
    never = width - 1
    n_policies = closer.shape[0]
    n_calls = keys.shape[0] // ways
    longest = 0
    for p in range(n_policies):
        longest = max(longest, rung_ptr[p + 1] - rung_ptr[p])
    col = np.empty(longest + 1, np.int32)
    part = np.empty(longest + 1)
    single = np.empty(n_policies, np.int32)
    for p in range(n_policies):
        simple = rung_ptr[p + 1] - rung_ptr[p] == 1 and rung_part[rung_ptr[p]] == np.inf
        single[p] = never if rung_ptr[p + 1] == rung_ptr[p] else (rung_col[rung_ptr[p]] if simple else -1)
    paid = np.empty(width)
    close_key = np.empty(closing.shape[1], np.int32)
    close_net = np.empty(closing.shape[1])
    for i in range(n_calls):
        for v in range(ways):
            e = i * ways + v
            entered = keys[e, never - 1] != NEVER
            for k in range(width):
                paid[k] = net_of(fill[e, k], cost, on_entry) if entered else np.nan
            for c in range(closing.shape[1]):
                close_key[c] = keys[e, closing[e, c]]
                close_net[c] = paid[closing[e, c]]
            for p in range(n_policies):
                if ways > 1 and variant[p] != v:
                    continue
                c, k = closer[p], single[p]
                if k >= 0:
                    hit = keys[e, k] < close_key[c]
                    net[i, p] = paid[k] if hit else close_net[c]
                    last[i, p] = k if hit else closing[e, c]
                else:
                    m = fills_of(keys[e], fill[e], closing[e, c], rung_col, rung_part, rung_ptr[p], rung_ptr[p + 1],
                                 col, part)  # fmt: skip
                    net[i, p] = net_of(multiple_of(fill[e], col, part, m), cost, on_entry) if entered else np.nan
                    last[i, p] = col[m - 1]
                if not entered:
                    last[i, p] = -1
