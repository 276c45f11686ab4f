"""Between a space and Optuna: ordered numbers as an integer index, other values as categories, ranges as floats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from quantray.space import Candidates, Dimension, Space


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """One distribution a dimension. Finite ones are over the index of the value, whether evenly spaced or not."""
    return {d.name: _distribution(d) for d in space.dimensions}


def _distribution(dim: Dimension) -> BaseDistribution:
    if dim.values is None:
        assert dim.low is not None
        assert dim.high is not None
        return FloatDistribution(dim.low, dim.high, log=dim.log)
    last = len(dim.values) - 1
    return IntDistribution(0, last) if dim.ordered else CategoricalDistribution(tuple(range(last + 1)))


def candidates_of(space: Space, asked: Mapping[str, Any]) -> Candidates:
    """Points as Optuna names them, one column [n] a dimension, as candidates."""
    n = len(next(iter(asked.values())))
    codes = np.empty((n, len(space.dimensions)), np.int32)
    levels: list[tuple[Any, ...]] = []
    for d, dim in enumerate(space.dimensions):
        column = asked[dim.name]
        codes[:, d] = np.arange(n) if dim.values is None else column
        levels.append(tuple(map(float, column)) if dim.values is None else dim.values)
    return Candidates(space.names, tuple(levels), codes)


def asked_of(space: Space, params: Mapping[str, object]) -> dict[str, Any]:
    """A candidate's parameters as Optuna names them."""
    return {d.name: params[d.name] if d.values is None else d.index(params[d.name]) for d in space.dimensions}
