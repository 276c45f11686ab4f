"""Patterns of signs: were there no edge, each unit would as well have come with the other one."""

from __future__ import annotations

import numpy as np

EXACT_UNITS = 11  # up to here all 2^(K - 1) pairs of opposite patterns are enumerated


def flips(n_units: int, n_patterns: int, seed: int) -> tuple[np.ndarray, bool]:
    """Half of the patterns as flipped or not [pairs, units] (the other half are their opposites), and whether all are.

    All of them up to ``EXACT_UNITS`` units, else ``n_patterns // 2`` drawn from ``seed``; the first flips nothing.
    """
    if n_units <= EXACT_UNITS:
        codes = np.arange(2 ** max(n_units - 1, 0))
        return ((codes[:, None] >> np.arange(n_units)) & 1).astype(bool), True  # the last unit keeps its sign
    drawn = np.random.default_rng(seed).integers(0, 2, size=(n_patterns // 2, n_units), dtype=np.uint8).astype(bool)
    drawn[0] = False
    return drawn, False
