"""What the values of a whole table say: their spread, the effect of each level, the two strongest dimensions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantray.arrays import FloatArray1D, FloatArray2D, IntArray1D
from quantray.space import Candidates, Space, level_key

MOST_LEVELS = 60  # of a dimension whose levels are told one by one
STRETCHES = 10  # of a dimension of more numbers: as many candidates in each
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


@dataclass(frozen=True, slots=True)
class LevelEffect:
    """One level of one dimension: the best and the median value over every candidate that has it; None: no value.

    Of a dimension of more than ``MOST_LEVELS`` numbers a stretch is a level, by its ends: ``0.001..0.0025``.
    """

    level: Any
    best: float | None
    median: float | None
    n: int  # candidates with a value


@dataclass(frozen=True, slots=True, eq=False)
class HeatMap:
    """Best value for each pair of levels of two dimensions; NaN where no candidate has a value."""

    rows: str
    columns: str
    row_levels: tuple[Any, ...]
    column_levels: tuple[Any, ...]
    best: FloatArray2D  # [row levels, column levels]


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceSummary:
    """Summary of ``n_points`` candidates, of which ``n_valued`` are feasible and have a value.

    ``exact`` says that every point of the space is in it; else it describes the candidates that were tried.
    ``counts[i]`` candidates have a value in ``[edges[i], edges[i + 1]]``.
    """

    exact: bool
    n_points: int
    n_valued: int
    best_number: int | None
    best_value: float | None
    best_params: Mapping[str, Any] | None
    quantiles: Mapping[float, float]
    effects: Mapping[str, tuple[LevelEffect, ...]]  # per dimension that varies
    importance: Mapping[str, float]  # spread of the level medians over the spread of all values, 0 without spread
    heat: HeatMap | None
    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Regret:
    """How far a sampled search stayed below the best point of the exact surface."""

    found: float
    best: float
    absolute: float  # best - found, >= 0
    n_better: int  # points of the surface with a value above the found one
    share_better: float  # of the points that have a value


def regret(values: FloatArray1D, found: float) -> Regret | None:
    """Compare the value a search ``found`` with the surface ``values`` [n] (NaN: no value); None without any value."""
    n_valued = int(np.count_nonzero(~np.isnan(values)))
    if not n_valued:
        return None
    best, better = float(np.nanmax(values)), int(np.count_nonzero(values > found))
    return Regret(found, best, max(best - found, 0.0), better, better / n_valued)


def summarise_space(space: Space, values: FloatArray1D, *, bins: int = 40) -> SurfaceSummary:
    """Summarise the exact surface: the ``values`` [n] of a finite space's points by number, NaN where one has none."""
    shape = tuple(len(d.values or ()) for d in space.dimensions)
    if space.size is None or values.shape != (space.size,):
        raise ValueError(f"the surface has {values.shape} values, the space {space.size} points")
    levels = tuple(d.values or () for d in space.dimensions)
    grid = values.reshape(shape)
    planes = [np.moveaxis(grid, d, 0).reshape(shape[d], -1) for d in range(len(shape))]
    effects = {n: _effects(levels[d], list(planes[d])) for d, n in enumerate(space.names) if shape[d] > 1}

    def cell(row: int, column: int) -> FloatArray2D:
        others = tuple(a for a in range(len(shape)) if a not in (row, column))
        best = _nanmax(grid, others)
        return best if row < column else best.T

    return _summary(True, space.names, levels, values, effects, cell, space.point, bins)


def summarise(candidates: Candidates, values: FloatArray1D, *, bins: int = 40) -> SurfaceSummary:
    """Summarise the candidates that were tried: the ``values`` [n] of them, NaN where one has none."""
    codes, levels = candidates.codes, tuple(_sorted_levels(v) for v in candidates.levels)
    places = [{level_key(v): i for i, v in enumerate(values)} for values in levels]
    remap = [np.array([places[d][level_key(v)] for v in candidates.levels[d]], np.int64) for d in range(len(levels))]
    codes = np.column_stack([remap[d][codes[:, d]] for d in range(len(levels))]) if len(values) else codes
    effects = {}
    for d, name in enumerate(candidates.names):
        if 1 < len(levels[d]) <= MOST_LEVELS:
            effects[name] = _effects(levels[d], [values[codes[:, d] == k] for k in range(len(levels[d]))])
        elif len(levels[d]) > 1 and _are_numbers(levels[d]):
            effects[name] = _stretches(levels[d], codes[:, d], values)

    def cell(row: int, column: int) -> FloatArray2D:
        best = np.full((len(levels[row]), len(levels[column])), -np.inf)
        np.maximum.at(best, (codes[:, row], codes[:, column]), np.where(np.isnan(values), -np.inf, values))
        return np.where(np.isinf(best), np.nan, best)

    return _summary(False, candidates.names, levels, values, effects, cell, candidates.params, bins)


def _sorted_levels(levels: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(sorted(levels)) if _are_numbers(levels) else tuple(sorted(levels, key=repr))


def _are_numbers(levels: Sequence[object]) -> bool:
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in levels)


def _stretches(levels: Sequence[float], codes: IntArray1D, values: FloatArray1D) -> tuple[LevelEffect, ...]:
    """Effects of stretches of rising ``levels``, each with about as many candidates."""
    order = np.sort(codes)
    ends = sorted(({int(order[k * len(order) // STRETCHES]) for k in range(1, STRETCHES)} | {len(levels)}) - {0})
    starts = [0, *ends[:-1]]
    names = [f"{levels[a]:.3g}..{levels[b - 1]:.3g}" for a, b in zip(starts, ends, strict=True)]
    groups = [values[(codes >= a) & (codes < b)] for a, b in zip(starts, ends, strict=True)]
    return _effects(names, groups)


def _effects(levels: Sequence[object], groups: Sequence[FloatArray1D]) -> tuple[LevelEffect, ...]:
    found = []
    for level, group in zip(levels, groups, strict=True):
        valued = group[~np.isnan(group)]
        some = valued.size > 0
        found.append(
            LevelEffect(
                level,
                float(valued.max()) if some else None,
                float(np.median(valued)) if some else None,
                int(valued.size),
            )
        )
    return tuple(found)


def _nanmax(grid: np.ndarray, axes: tuple[int, ...]) -> FloatArray2D:
    best = np.where(np.isnan(grid), -np.inf, grid).max(axis=axes)
    return np.where(np.isinf(best), np.nan, best)


def _importance(effects: tuple[LevelEffect, ...], spread: float) -> float:
    medians = [e.median for e in effects if e.median is not None]
    return (max(medians) - min(medians)) / spread if len(medians) > 1 and spread > 0 else 0.0


def _summary(
    exact: bool,
    names: tuple[str, ...],
    levels: tuple[tuple[object, ...], ...],
    values: FloatArray1D,
    effects: Mapping[str, tuple[LevelEffect, ...]],
    cell: Callable[[int, int], FloatArray2D],
    point: Callable[[int], Mapping[str, object]],
    bins: int,
) -> SurfaceSummary:
    valued = values[~np.isnan(values)]
    n = int(valued.size)
    if not n:
        return SurfaceSummary(
            exact, len(values), 0, best_number=None, best_value=None, best_params=None, quantiles={}, effects=effects,
            importance={}, heat=None, edges=(), counts=(),
        )  # fmt: skip
    best = int(np.nanargmax(values))
    quantiles = dict(zip(QUANTILES, np.quantile(valued, QUANTILES).tolist(), strict=True))
    importance = {name: _importance(e, quantiles[0.95] - quantiles[0.05]) for name, e in effects.items()}
    told = [name for name in importance if len(levels[names.index(name)]) <= MOST_LEVELS]
    ranked = sorted(told, key=lambda name: (-importance[name], names.index(name)))
    heat = None
    if len(ranked) > 1:
        strongest = [names.index(name) for name in ranked[:2]]  # text labels go to the rows, then the shorter one
        row, column = sorted(strongest, key=lambda d: (not isinstance(levels[d][0], str), len(levels[d]), d))
        heat = HeatMap(names[row], names[column], levels[row], levels[column], cell(row, column))
    counts, edges = np.histogram(valued, bins=bins if valued.min() < valued.max() else 1)
    return SurfaceSummary(
        exact, len(values), n, best_number=best, best_value=float(values[best]), best_params=point(best),
        quantiles=quantiles, effects=effects, importance=importance, heat=heat, edges=tuple(edges.tolist()),
        counts=tuple(counts.tolist()),
    )  # fmt: skip
