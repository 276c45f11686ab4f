"""The trades of one policy: a row a call that got an entry, in the order in which they queue."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.callers.kernels.codes import order_decides
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

    Returns (trades, calls without an entry).
    """
    keys, fill, rung_col, rung_part = table.keys, table.fill, policies.rung_col, policies.rung_part
    variant, c, hold = policies.variant[p], policies.closer[p], policies.hold[p]
    first, last = policies.rung_ptr[p], policies.rung_ptr[p + 1]
    distance = 1.0 if np.isnan(policies.distance[p]) else policies.distance[p]
    calls = queue.calls[variant]
    n = 0
    one = np.empty(s.part.shape[1], np.int32)
    for q in range(calls.shape[0]):
        e = calls[q] * table.ways + variant
        if np.isnan(table.price[e]):
            continue
        closer = queue.closing[e, c]
        m = fills_of(keys[e], closer, rung_col, rung_part, first, last, one, s.part[n])
        total = 0.0
        for r in range(m):
            s.multiple[n, r] = fill[e, one[r]]
            if is_late(keys[e, one[r]]):
                s.multiple[n, r] = late_price(keys[e], fill[e], closer, rung_col, first + r, last)
            s.fill_ns[n, r] = table.time[e, one[r]]
            total += s.part[n, r] * s.multiple[n, r]
        s.call[n], s.col[n], s.n_fills[n], s.gross[n] = calls[q], one[m - 1], m, total
        s.net[n] = net_of(total, money.cost, money.on_entry)
        s.last[n], s.exit_ns[n] = s.multiple[n, m - 1], s.fill_ns[n, m - 1]
        s.adverse[n] = max(1.0 - table.worst[e, one[m - 1]], 0.0)
        s.peak[n] = table.peaks[e, hold] - 1.0
        s.doubt[n] = ambiguous(keys[e], closer, table.order, rung_col, first, last)
        s.entry_ns[n], s.price[n] = table.entry_ns[e], table.price[e]
        s.first[n], s.stop[n] = table.start[e], table.stop[e]
        s.asset[n], s.caller[n], s.distance[n] = queue.asset[calls[q]], queue.caller[calls[q]], distance
        n += 1
    return n, calls.shape[0] - n
