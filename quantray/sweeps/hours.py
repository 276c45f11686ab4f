"""When a session trades: not in a break of the exchange, and a contract not from its own end on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def checked_ends(ends: object, symbols: Sequence[str], n: int, prices: Sequence[np.ndarray]) -> np.ndarray:
    """First bar at which each contract [m] trades no more; ``n``, the close, where ``ends`` is None.

    ``prices`` [m, n] must be NaN from there on. Raises ValueError.
    """
    found = np.full(len(symbols), n, np.int32) if ends is None else np.asarray(ends, np.int32)
    if found.shape != (len(symbols),) or (len(symbols) and not 0 <= found.min() <= found.max() <= n):
        raise ValueError(f"ends must be {len(symbols)} bars in [0, {n}], got {found}")
    for c in np.flatnonzero(found < n).tolist():
        if any(not np.isnan(grid[c, found[c] :]).all() for grid in prices):
            raise ValueError(f"contract {symbols[c]} ends at bar {found[c]} and has prices after it")
    return found


def check_break(closed: np.ndarray | None, n: int, prices: Sequence[np.ndarray]) -> None:
    """``prices`` [..., n] are NaN in the break ``closed`` [n]. Raises ValueError."""
    if closed is None:
        return
    if closed.shape != (n,):
        raise ValueError(f"closed has shape {closed.shape}, expected ({n},)")
    if any(not np.isnan(grid[..., closed]).all() for grid in prices):
        raise ValueError("there are prices in the break")
