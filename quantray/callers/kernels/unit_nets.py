"""What each policy's account earned in each block of days of entry: queue, capital and skips as in its metrics."""

from __future__ import annotations

from numba import njit

from quantray.callers.codes import Skip
from quantray.callers.kernels.account import account
from quantray.callers.kernels.trades import gather


@njit(cache=True, nogil=True, error_model="numpy")
def unit_nets(table, policies, queue, money, marks, unit, s, out):  # type: ignore[no-untyped-def]
    """Add up in ``out`` [P, units], zeros before, what executed trades bring, by the time of their entry.

    ``unit`` is (first_ns, length_ns): units are so long, from there on; the last one holds whatever comes later. Money
    with an account, returns of one position without.
    """
    first_ns, length_ns = unit
    last = out.shape[1] - 1
    for p in range(policies.closer.shape[0]):
        n, _ = gather(table, policies, p, queue, money, s)
        if money.limited:
            account(n, money, marks, queue, s)
        else:
            for i in range(n):
                s.skip[i], s.pnl[i] = Skip.EXECUTED, s.net[i]
        for i in range(n):
            if s.skip[i] == Skip.EXECUTED:
                out[p, min(max((s.entry_ns[i] - first_ns) // length_ns, 0), last)] += s.pnl[i]
