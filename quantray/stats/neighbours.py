"""Candidates one step away: a real effect has neighbours that earn too, an accident stands alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from quantray.space import Candidates, Dimension, Space

CONTINUOUS_STEP = 0.05  # of the range (of its logarithm where log-scaled)


def neighbours(space: Space, params: Mapping[str, object]) -> Candidates | None:
    """Every candidate that differs from ``params`` by one step in one dimension, in the order of the space.

    A step is the level before or after where levels are ordered, any other level where they are not, and 5 % of the
    range of a continuous dimension. A value outside the levels has no steps. None when nothing varies.
    """
    rows = [
        {**params, d.name: value} for d in space.dimensions if d.name in params for value in _steps(d, params[d.name])
    ]
    return Candidates.of(rows) if rows else None


def _steps(dimension: Dimension, value: object) -> list[Any]:
    levels = dimension.values
    if levels is None:
        return _continuous_steps(dimension, float(cast(float, value)))
    at = next((i for i, level in enumerate(levels) if level == value and type(level) is type(value)), None)
    if at is None:
        at = next((i for i, level in enumerate(levels) if level == value), None)
    if at is None:
        return []
    if not dimension.ordered:
        return [level for i, level in enumerate(levels) if i != at]
    return [levels[i] for i in (at - 1, at + 1) if 0 <= i < len(levels)]


def _continuous_steps(dimension: Dimension, value: float) -> list[float]:
    low, high = float(dimension.low or 0.0), float(dimension.high or 0.0)
    if dimension.log:
        step = (math.log(high) - math.log(low)) * CONTINUOUS_STEP
        moved = [math.exp(math.log(value) - step), math.exp(math.log(value) + step)]
    else:
        step = (high - low) * CONTINUOUS_STEP
        moved = [value - step, value + step]
    return [v for v in moved if low <= v <= high]


def neighbour_numbers(space: Space, number: int) -> list[int]:
    """The same of a point of a finite space, by numbers (see :meth:`quantray.space.Space.candidates`)."""
    found: list[int] = []
    stride = space.size or 0
    for dimension in space.dimensions:
        levels = len(dimension.values or ())
        stride //= levels
        at = number // stride % levels
        others = (at - 1, at + 1) if dimension.ordered else range(levels)
        found += [number + (other - at) * stride for other in others if 0 <= other < levels and other != at]
    return found
