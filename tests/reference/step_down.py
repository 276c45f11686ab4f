"""The step-down maximum test on plain lists: every candidate, every pattern, every step from the start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

SCALE, TOLERANCE = 2.0**48, 2.0**-30


class Outcome(NamedTuple):
    mask: list[bool]
    statistic: list[float]
    critical: float
    p_family: float


def moderate(row: Sequence[float]) -> list[float]:
    """The row in units in which its squares neither vanish nor overflow."""
    top = max(abs(x) for x in row)
    return [x / top for x in row] if top and not 1e-100 < top < 1e100 else list(row)


def student(row: Sequence[float]) -> float:
    """Student's t of the mean, summed from left to right; NaN without a spread."""
    row, total, squares = moderate(row), 0.0, 0.0
    for x in row:
        total += x
    mean = total / len(row)
    for x in row:
        squares += (x - mean) * (x - mean)
    spread = math.sqrt(squares / (len(row) - 1))
    return mean / (spread / math.sqrt(len(row))) if spread > 1e-12 * max(abs(x) for x in row) else math.nan


def integers(row: Sequence[float]) -> list[int]:
    """The row divided by its norm, as integers of 1 / SCALE."""
    row, squares = moderate(row), 0.0
    for x in row:
        squares += x * x
    factor = SCALE / math.sqrt(squares)
    return [round(x * factor) for x in row]


def reached(total: int, n_units: int) -> float:
    """Student's t of a sum of integers, ties counting as reached."""
    s = total / SCALE + TOLERANCE
    return s * math.sqrt((n_units - 1) / (n_units - s * s)) if s * s < n_units else math.inf


def step_down(nets: Sequence[Sequence[float]], patterns: Sequence[Sequence[int]], level: float) -> Outcome:
    """``patterns`` are all signs (1 or -1) that the test uses, opposites included."""
    n_units = len(nets[0])
    statistic = [student(row) for row in nets]
    tested = [i for i, t in enumerate(statistic) if not math.isnan(t)]
    amounts = {i: integers(nets[i]) for i in tested}
    sums = {i: [sum(s * x for s, x in zip(signs, amounts[i], strict=True)) for signs in patterns] for i in tested}
    allowed = math.floor(level * len(patterns) + 1e-9)
    largest, p_family, critical = max(statistic[i] for i in tested), math.nan, math.nan
    left = tested
    while left:
        null = sorted((reached(max(of), n_units) for of in zip(*(sums[i] for i in left), strict=True)), reverse=True)
        critical = null[allowed]
        if left is tested:
            p_family = sum(t >= largest for t in null) / len(null)
        still = [i for i in left if statistic[i] <= critical]
        if len(still) == len(left):
            break
        left = still
    return Outcome([t > critical for t in statistic], statistic, critical, p_family)
