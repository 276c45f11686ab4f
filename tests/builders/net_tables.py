"""Tables of net per unit: null markets, planted edges, and the same read in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np

from quantray.stats.survivors import Survivors


def market(n: int, k: int, *seed: int, edge: float = 0.0, edged: int = 0) -> np.ndarray:
    """Nets with what all have in common, heavy tails, sizes of all kinds and units without a trade."""
    rng = np.random.default_rng([n, k, *seed])
    nets = 0.5 * rng.standard_t(3, k) + rng.standard_t(4, (n, k))
    nets[:edged] += edge
    nets[rng.random((n, k)) < 0.2] = 0
    return nets * rng.choice([0.01, 1.0, 50.0], (n, 1))


class InChunks:
    """A table that is read in pieces of the sizes given, in the type given."""

    def __init__(self, nets: np.ndarray, *sizes: int, dtype: Any = np.float64) -> None:
        self.nets, self.sizes, self.dtype, self.passes = nets, sizes, dtype, 0
        self.n_candidates, self.n_units = nets.shape

    def chunks(self) -> Iterator[np.ndarray]:
        self.passes += 1
        start = turn = 0
        while start < len(self.nets):
            stop = start + self.sizes[turn % len(self.sizes)]
            yield self.nets[start:stop].astype(self.dtype)
            start, turn = stop, turn + 1


def same(a: Survivors, b: Survivors) -> bool:
    """Every bit of two outcomes."""
    return all(
        np.array_equal(x, y, equal_nan=True) if isinstance(x, np.ndarray | float) else x == y
        for x, y in ((getattr(a, f.name), getattr(b, f.name)) for f in fields(Survivors))
    )
