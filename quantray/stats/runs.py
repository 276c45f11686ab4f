"""Runs of equal things, and how long one is by chance: what a feed that stands still looks like."""

from __future__ import annotations

import math

import numpy as np

from quantray.arrays import BoolArray1D, IntArray1D

CHANCE = 1e-6  # of one such run anywhere in the data


def runs_of(mask: BoolArray1D) -> tuple[IntArray1D, IntArray1D]:
    """(first place, length) [runs] of every stretch of True in ``mask`` [n], in order.

    >>> [found.tolist() for found in runs_of(np.array([1, 1, 0, 0, 1], bool))]
    [[0, 4], [2, 1]]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(mask, np.int8), [0]])))
    return edges[::2], edges[1::2] - edges[::2]


def by_chance(share: float, n: int, chance: float = CHANCE) -> int:
    """Longest run among ``n`` places, each True with probability ``share`` by itself, that is no surprise.

    A run of more than L begins at a given place with probability (1 - share) share^(L + 1), so somewhere with at most
    n times that (Bonferroni); this is the smallest L for which that is at most ``chance``.

    >>> by_chance(0.2, 23_400), by_chance(0.0, 390), by_chance(1.0, 390)
    (14, 0, 390)
    """
    if share <= 0 or n == 0:
        return 0
    if share >= 1:
        return n
    return min(n, max(0, math.ceil(math.log(chance / (n * (1 - share))) / math.log(share)) - 1))
