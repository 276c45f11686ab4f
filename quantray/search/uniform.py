"""Points of a space from numbers in [0, 1): uniform draws and low-discrepancy sequences go through here."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantray.arrays import FloatArray2D
from quantray.space import Candidates, Space


def from_unit(space: Space, u: FloatArray2D) -> Candidates:
    """Candidates from ``u`` [n, dimensions] in [0, 1): equal shares a value, uniform (or log-uniform) in a range."""
    n = len(u)
    levels: list[tuple[Any, ...]] = []
    codes = np.empty((n, len(space.dimensions)), np.int32)
    for d, dim in enumerate(space.dimensions):
        if dim.values is not None:
            codes[:, d] = np.minimum((u[:, d] * len(dim.values)).astype(np.int32), len(dim.values) - 1)
            levels.append(dim.values)
            continue
        assert dim.low is not None
        assert dim.high is not None
        low, high = (np.log(dim.low), np.log(dim.high)) if dim.log else (dim.low, dim.high)
        drawn = low + (high - low) * u[:, d]
        drawn = np.clip(np.exp(drawn) if dim.log else drawn, dim.low, dim.high)
        codes[:, d] = np.arange(n)
        levels.append(tuple(drawn.tolist()))
    return Candidates(space.names, tuple(levels), codes)


def uniform(space: Space, rng: np.random.Generator, n: int) -> Candidates:
    """``n`` independent uniform draws."""
    return from_unit(space, rng.random((n, len(space.dimensions))))


def generator(seed: int, *key: int) -> np.random.Generator:
    """The generator of one batch: it depends on the seed and the key alone."""
    return np.random.default_rng([abs(seed), int(seed < 0), *key])


def sampler_seed(seed: int, number: int) -> int:
    """The seed, in 32 bits, of the Optuna sampler of one batch."""
    return int(np.random.SeedSequence([abs(seed), int(seed < 0), number]).generate_state(1)[0])


def joined(space: Space, parts: list[Candidates]) -> Candidates:
    """Candidates of one space, one after another."""
    parts = [p for p in parts if len(p)] or parts[:1]
    if len(parts) == 1:
        return parts[0]
    levels: list[tuple[Any, ...]] = []
    columns: list[np.ndarray] = []
    for d, dim in enumerate(space.dimensions):
        if dim.values is not None:
            levels.append(dim.values)
            columns.append(np.concatenate([np.empty(0, np.int32), *(p.codes[:, d] for p in parts)]))
        else:
            values = tuple(p.levels[d][c] for p in parts for c in p.codes[:, d].tolist())
            levels.append(values)
            columns.append(np.arange(len(values)))
    return Candidates(space.names, tuple(levels), np.stack(columns, axis=1).astype(np.int32))
