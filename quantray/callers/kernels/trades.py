"""The trades of one policy: a row a call that got an entry, in the order in which they queue."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.callers.kernels.codes import Phase, order_decides
from quantray.callers.kernels.combine import fills_of, is_late, late_price, net_of


@njit(cache=True, nogil=True)
def ambiguous(keys, closer, order, rung_col, first, last):  # type: ignore[no-untyped-def]
    """True where the order inside one candle decided what this trade earned."""
    found = False
    for q in range(first, last):
        found |= order_decides(keys[closer], keys[rung_col[q]], order)
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def gather(table, policies, p, queue, money, s):  # type: ignore[no-untyped-def]
    """Trades of policy ``p`` over the calls of the queue into the columns of the scratch ``s``.

    A policy with one target that takes all, or none, needs no list of fills; the same in fewer steps, without a view of
    anything: both cost more than the rest. Returns (trades, calls without an entry).
    """
    keys, fill, time, worst, peaks = table.keys, table.fill, table.time, table.worst, table.peaks
    rung_col, rung_part, closing, calls = policies.rung_col, policies.rung_part, queue.closing, queue.calls
    multiple, part, fill_ns, net, gross = s.multiple, s.part, s.fill_ns, s.net, s.gross
    variant, c, hold = policies.variant[p], policies.closer[p], policies.hold[p]
    first, last = policies.rung_ptr[p], policies.rung_ptr[p + 1]
    simple = last == first or (last == first + 1 and rung_part[first] == np.inf)
    distance = 1.0 if np.isnan(policies.distance[p]) else policies.distance[p]
    n = 0
    one = np.empty(part.shape[1], np.int32)
    for q in range(calls.shape[1]):
        i = calls[variant, q]
        e = i * table.ways + variant
        if np.isnan(table.price[e]):
            continue
        closer, m = closing[e, c], 1
        col, doubt, total = closer, False, fill[e, closer]
        if not simple:
            m = fills_of(keys[e], closer, rung_col, rung_part, first, last, one, part[n])
            col, doubt, total = one[m - 1], ambiguous(keys[e], closer, table.order, rung_col, first, last), 0.0
            for r in range(m):
                multiple[n, r] = fill[e, one[r]]
                if is_late(keys[e, one[r]]):
                    multiple[n, r] = late_price(keys[e], fill[e], closer, rung_col, first + r, last)
                fill_ns[n, r] = time[e, one[r]]
                total += part[n, r] * multiple[n, r]
        else:
            if last > first:
                key, target = keys[e, closer], rung_col[first]
                if keys[e, target] < key:
                    col, total = target, fill[e, target]
                elif is_late(key) and keys[e, target] == key + Phase.GAP_TARGET:
                    total = min(total, fill[e, target])
                doubt = order_decides(key, keys[e, target], table.order)
            multiple[n, 0], part[n, 0], fill_ns[n, 0] = total, 1.0, time[e, col]
        s.call[n], s.col[n], s.n_fills[n], gross[n] = i, col, m, total
        net[n], s.doubt[n] = net_of(total, money.cost, money.on_entry), doubt
        s.last[n], s.exit_ns[n] = multiple[n, m - 1], fill_ns[n, m - 1]
        s.adverse[n], s.peak[n] = max(1.0 - worst[e, col], 0.0), peaks[e, hold] - 1.0
        s.entry_ns[n], s.price[n] = table.entry_ns[e], table.price[e]
        s.first[n], s.stop[n] = table.start[e], table.stop[e]
        s.asset[n], s.caller[n], s.distance[n] = queue.asset[i], queue.caller[i], distance
        n += 1
    return n, calls.shape[1] - n
