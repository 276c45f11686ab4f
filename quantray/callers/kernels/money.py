"""Money of one account: what an entry costs, what a fill brings, what an open position is worth."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.callers.codes import Sizing


@njit(cache=True, nogil=True)
def outlay(size, cost):  # type: ignore[no-untyped-def]
    """Cash that an entry of notional ``size`` takes, ``cost`` being the fraction of a side."""
    return size + size * cost


@njit(cache=True, nogil=True)
def proceeds(size, part, multiple, cost, on_entry):  # type: ignore[no-untyped-def]
    """Cash of one fill: ``part`` of the position at ``multiple`` times its entry price, less that side's costs."""
    value = size * part * multiple
    return value - (size * part * cost if on_entry else value * cost)


@njit(cache=True, nogil=True)
def last_closed(marks, now, seen, stop):  # type: ignore[no-untyped-def]
    """Row of the last candle before ``stop`` that has closed by ``now`` ns, from ``seen`` on."""
    while seen + 1 < stop and marks.ts[seen + 1] + marks.interval <= now:
        seen += 1
    return seen


@njit(cache=True, nogil=True)
def _affordable(size, cost, cash):  # type: ignore[no-untyped-def]
    """``size``, less the last bits where rounding would make it cost more than the cash there is."""
    while size > 0.0 and outlay(size, cost) > cash:
        size = np.nextafter(size, 0.0)
    return size


@njit(cache=True, nogil=True, error_model="numpy")
def size_of(money, basis, cash, distance):  # type: ignore[no-untyped-def]
    """Notional of the next position. ``distance`` of its stop as a fraction, 1 without one; both sides cost."""
    if money.sizing == Sizing.FIXED:
        return money.amount
    if money.sizing == Sizing.FRACTION:
        return money.fraction * basis
    at_risk = distance + (money.cost + money.cost)
    size = min(money.risk / at_risk, money.fraction * basis, cash / (1.0 + money.cost))
    return _affordable(size, money.cost, cash)
