"""A planted edge, only when asked for: after price reclaims its VWAP from a stretch, a drift follows."""

from __future__ import annotations

import math

import numpy as np

STRETCH = 0.003  # fraction of the VWAP
RECLAIM = 0.7  # of the stretch
PATIENCE_S = 300  # from the stretch to its reclaim
DRIFT_S = 120


def with_edge(
    step: np.ndarray, variance: np.ndarray, start: float, traded: np.ndarray, volume: np.ndarray, edge: float
) -> np.ndarray:
    """Log steps [n] of a session with the drift added: ``edge`` standard deviations over its two minutes.

    Options stay priced as if it were not there: that is the edge.
    """
    ahead = np.cumsum(np.append(variance, np.zeros(DRIFT_S)))
    drift = (edge * np.sqrt(ahead[DRIFT_S:] - ahead[:-DRIFT_S]) / DRIFT_S).tolist()
    out = step.tolist()
    price, seen, paid, shares = math.log(start), start, 0.0, 0.0
    side, since, until, push = 0, 0, 0, 0.0
    for i, (trades, size) in enumerate(zip(traded.tolist(), volume.tolist(), strict=True)):
        if i < until:
            out[i] += push
        price += out[i]
        if not trades:
            continue
        seen = math.exp(price)
        paid, shares = paid + seen * size, shares + size
        away = seen / (paid / shares) - 1
        if side and abs(away) <= STRETCH * RECLAIM and i - since <= PATIENCE_S:
            until, push, side = i + 1 + DRIFT_S, -side * drift[i], 0
        elif abs(away) > STRETCH:
            side, since = (1 if away > 0 else -1), i
    return np.array(out)
