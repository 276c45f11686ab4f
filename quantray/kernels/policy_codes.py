"""The order of events, decided here and nowhere else.

An event is one integer: ``bar * 8 + phase``, so that of several events the smallest key fires first. ``bar``
counts candles from the entry's; phases follow the rules inside one candle:

    0 gap through a stop   1 gap through a target   2 an indicator's order, all at the open
    3 and 4                stop and target inside the candle, in the order that ``intrabar`` chooses
    5 time stop            6 end of data, both at the close

A stop that is raised inside its own candle (``raise_first``) supposes that the high came first, so the targets do too.
"""

from __future__ import annotations

import numpy as np
from numba import njit

STOP_FIRST, TARGET_FIRST, RAISE_FIRST = 0, 1, 2
INTRABAR = ("stop_first", "target_first", "raise_first")

GAP_STOP, GAP_TARGET, TRIGGERED, TIME, END = 0, 1, 2, 5, 6
AT_OPEN = 2  # phases up to here fill at the candle's START, the others at its END
NEVER = np.int32(2**31 - 1)


@njit(cache=True, nogil=True)
def stop_phase(order):  # type: ignore[no-untyped-def]
    """Phase of a stop that is touched inside a candle."""
    return 3 if order == STOP_FIRST else 4


@njit(cache=True, nogil=True)
def target_phase(order):  # type: ignore[no-untyped-def]
    """Phase of a target that is touched inside a candle."""
    return 4 if order == STOP_FIRST else 3


@njit(cache=True, nogil=True)
def key_of(bar, phase):  # type: ignore[no-untyped-def]
    return np.int32(bar * 8 + phase)


@njit(cache=True, nogil=True)
def order_decides(closer, target, order):  # type: ignore[no-untyped-def]
    """True where one candle touches a stop and a target inside: the outcome is the order's, not the market's."""
    return closer >> 3 == target >> 3 and closer & 7 == stop_phase(order) and target & 7 == target_phase(order)
