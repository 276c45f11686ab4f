"""Quotes around a fair value: whole cents whose mid is the value on average."""

from __future__ import annotations

import numpy as np

TICK = 0.01
WIDEN_S = 1800  # spreads widen over the last half hour


def quotes_around(
    value: np.ndarray, distance: np.ndarray, left_s: np.ndarray, dither: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Bid and ask [m, n] in ticks (int32; a bid of 0 is none) around ``value`` [m, n] in currency.

    ``distance`` [m, n] is |spot - strike|, ``left_s`` [n] the seconds to the close. The sum of both sides is
    ``2 * value`` in ticks, rounded by one uniform ``dither`` [m] per contract and session: unbiased at every value,
    and a constant, so that a standing value makes no flicker. A contract worth less than a tick asks one and bids
    nothing.
    """
    both = np.floor(value / (TICK / 2) + dither[:, None]).astype(np.int32)
    np.maximum(both, 1, out=both)
    widen = 1 + 1.5 * np.maximum(0.0, 1 - left_s / WIDEN_S)
    width = np.rint((1 + 0.3 * distance + 1.5 * value) * widen).astype(np.int32)
    np.maximum(width, 1, out=width)
    width += (both - width) & 1
    np.minimum(width, both, out=width)
    return (both - width) >> 1, (both + width) >> 1
