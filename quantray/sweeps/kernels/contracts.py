"""Which contract a signal buys, from the chain alone: availability of a price is known only later."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numba import njit

from quantray.sweeps.kernels.columns import Ladder


class Mode(IntEnum):
    """Where from the spot a contract is looked for."""

    ITM = 0
    OTM = 1
    ATM = 2


def ladder(session, right: int, same_day: bool):  # type: ignore[no-untyped-def]
    """The contracts of one right and the expiry that is bought; empty when none.

    ``same_day``: the contracts that expire this session; otherwise the nearest expiry on or after it.
    """
    day, of = session.day, session.right == right
    rows = np.flatnonzero(of & (session.expiry == day if same_day else session.expiry >= day))
    if rows.size and not same_day:
        rows = rows[session.expiry[rows] == session.expiry[rows].min()]
    strikes = session.strike[rows]
    if not (strikes[1:] > strikes[:-1]).all():  # mostly they rise already
        strikes, first = np.unique(strikes, return_index=True)  # one contract a strike: quantray.sweeps.data.standard
        rows = rows[first]
    return Ladder(strikes, rows.astype(np.int32))


@njit(cache=True, nogil=True)
def _nearest(strikes, spot):  # type: ignore[no-untyped-def]
    best = 0
    for i in range(1, strikes.shape[0]):
        if abs(strikes[i] - spot) < abs(strikes[best] - spot):  # strict: the lower one at equal distance
            best = i
    return best


@njit(cache=True, nogil=True)
def choose(strikes, spot, is_call, choice):  # type: ignore[no-untyped-def]
    """Position in the rising ``strikes`` of the contract that the choice names; -1 in an empty ladder."""
    m, mode, depth = strikes.shape[0], choice.mode, choice.depth
    if m == 0 or np.isnan(spot):  # the exchange is closed, or nothing has traded yet
        return -1
    below = np.searchsorted(strikes, spot)  # how many strikes are strictly below spot
    above = np.searchsorted(strikes, spot, side="right")  # position of the first strike strictly above
    if mode == Mode.ATM:
        return _nearest(strikes, spot)
    if (mode == Mode.ITM) == is_call:  # in the money for a call, out of it for a put: strikes below spot, highest first
        return max(below - depth, 0) if below > 0 else _nearest(strikes, spot)
    return min(above + depth - 1, m - 1) if above < m else _nearest(strikes, spot)


@njit(cache=True, nogil=True)
def mark(bar, side, close, calls, puts, choice, chosen):  # type: ignore[no-untyped-def]
    """Set ``chosen`` [m] for every contract that one of the signals ``bar``, ``side`` [k] buys.

    ``close`` [n] of the underlying; ``calls`` and ``puts`` are the ladders.
    """
    for i in range(bar.shape[0]):
        buys_call = side[i] < 0
        k = choose(calls.strikes if buys_call else puts.strikes, close[bar[i]], buys_call, choice)
        if k >= 0:
            chosen[calls.rows[k] if buys_call else puts.rows[k]] = True
