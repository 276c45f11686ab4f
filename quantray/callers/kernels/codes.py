"""The order of events, decided here and nowhere else.

An event is one integer: ``bar * 8 + phase``, so that of several events the smallest key fires first. ``bar``
counts candles from the entry's; phases follow the rules inside one candle:

    0 the time was up before the candle began, so that nothing could be sold in time
    1 gap through a stop   2 gap through a target   3 an indicator's order, all four at the open
    4 and 5                stop and target inside the candle, in the order that ``intrabar`` chooses
    6 time stop at the close
    7 end of data: the last close, when the source ends

A stop that is raised inside its own candle (``raise_first``) supposes that the high came first, so the targets do too.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numba import njit

from quantray.callers.codes import Intrabar


class Phase(IntEnum):
    """What happens inside one candle; 4 and 5 are a stop and a target, whichever comes first."""

    LATE = 0
    GAP_STOP = 1
    GAP_TARGET = 2
    TRIGGERED = 3
    TIME = 6
    END = 7


AT_OPEN = 3  # phases up to here fill at the candle's START, the others at its END
NEVER = np.int32(2**31 - 1)


@njit(cache=True, nogil=True)
def stop_phase(order):  # type: ignore[no-untyped-def]
    """Phase of a stop that is touched inside a candle."""
    return 4 if order == Intrabar.STOP_FIRST else 5


@njit(cache=True, nogil=True)
def target_phase(order):  # type: ignore[no-untyped-def]
    """Phase of a target that is touched inside a candle."""
    return 5 if order == Intrabar.STOP_FIRST else 4


@njit(cache=True, nogil=True)
def key_of(bar, phase):  # type: ignore[no-untyped-def]
    """The event's key, int32."""
    return np.int32(bar * 8 + phase)


@njit(cache=True, nogil=True)
def order_decides(closer, target, order):  # type: ignore[no-untyped-def]
    """True where one candle touches a stop and a target inside: the outcome is the order's, not the market's."""
    return closer >> 3 == target >> 3 and closer & 7 == stop_phase(order) and target & 7 == target_phase(order)
