"""The trades of one policy: a row a call that got an entry, in the order in which they queue."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.kernels.policy_codes import NEVER, order_decides
from quantray.kernels.policy_combine import fills_of


@njit(cache=True, nogil=True)
def ambiguous(keys, closer, order, rung_col, first, last):  # type: ignore[no-untyped-def]
    """True where the order inside one candle decided what this trade earned."""
    for q in range(first, last):
        if order_decides(keys[closer], keys[rung_col[q]], order):
            return True
    return False


@njit(cache=True, nogil=True)
def gather(
    keys, fill, worst, time, peaks, price, ways, order, row, calls, closing, c, variant, hold, rung_col, rung_part,
    first, last, call, col, n_fills, fill_ns, part, multiple, gross, adverse, peak, doubt,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Trades of one policy over ``calls`` (rows of calls in queue order) into the columns after ``last``.

    ``row`` [calls] is the place of each call in ``closing``, whose rows are call * ways + variant. ``col`` [n] is the
    column that ended the trade. Returns (trades, calls without an entry).
    """
    n = 0
    one = np.empty(part.shape[1], np.int32)
    for q in range(calls.shape[0]):
        e = calls[q] * ways + variant
        if np.isnan(price[e]):
            continue
        closer = closing[row[q] * ways + variant, c]
        m = fills_of(keys[e], fill[e], closer, rung_col, rung_part, first, last, one, part[n])
        total = 0.0
        for r in range(m):
            multiple[n, r] = fill[e, one[r]]
            fill_ns[n, r] = time[e, one[r]]
            total += part[n, r] * multiple[n, r]
        call[n], col[n], n_fills[n], gross[n] = calls[q], one[m - 1], m, total
        adverse[n] = max(1.0 - worst[e, one[m - 1]], 0.0)
        peak[n] = peaks[e, hold] - 1.0
        doubt[n] = keys[e, closer] != NEVER and ambiguous(keys[e], closer, order, rung_col, first, last)
        n += 1
    return n, calls.shape[0] - n
