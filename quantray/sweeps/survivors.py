"""Who survives, and where in the space: the table of survivors, the levels they have, what a better objective costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, IntArray1D
from quantray.measures import Unit
from quantray.report.tables import column
from quantray.space import Candidates, Space
from quantray.stats.survivors import Survivors
from quantray.sweeps.family import Family, sorted_codes
from quantray.sweeps.metrics import Metric

if TYPE_CHECKING:
    import pandas

MOST_LEVELS = 60  # of a dimension that is told of; a continuous one has more
BINS = 48  # of the statistic, in each of which the best objective is found
MOST_CELLS = 40_000  # of all planes together: what a page holds in half a megabyte


@dataclass(frozen=True, slots=True)
class LevelShare:
    """One level of one dimension: how many of the family have it, and how many of these survive."""

    level: Any
    n: int
    n_survivors: int

    @property
    def share(self) -> float:
        """Of those that have the level; 0 where none has it."""
        return self.n_survivors / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """The family by the levels of two dimensions."""

    rows: str
    columns: str
    row_levels: tuple[Any, ...]
    column_levels: tuple[Any, ...]
    n: np.ndarray  # [row levels, column levels] of the family
    n_survivors: np.ndarray  # [row levels, column levels]
    best: np.ndarray  # [row levels, column levels] objective; NaN where no candidate has one

    @property
    def turned(self) -> Plane:
        """The same with rows for columns."""
        return Plane(
            self.columns, self.rows, self.column_levels, self.row_levels, self.n.T, self.n_survivors.T, self.best.T
        )


@dataclass(frozen=True, slots=True, eq=False)
class Surviving:
    """The outcome of the test on a family, and who meets every bound among those that pass it."""

    tested: Survivors
    whole: bool  # the family is the complete table
    n: int  # survivors that meet every bound
    frame: pandas.DataFrame  # one row each
    numbers: IntArray1D  # [F] of the family, rising, as ``tested`` has it
    levels: Mapping[str, tuple[LevelShare, ...]]  # per dimension that varies; empty without survivors
    planes: tuple[Plane, ...]  # of every two dimensions that vary, that on which surviving depends most first
    tradeoff: tuple[tuple[float, float], ...]  # (statistic, best objective of those with about this one), rising
    peak_statistic: float | None  # of the objective's maximum; None where it has none


def surviving(family: Family, tested: Survivors, space: Space, peak: int | None) -> Surviving:
    """What is told of those of the family that survive and meet every bound; ``peak`` is the row of the maximum."""
    mask = tested.mask & family.allowed
    rows = np.flatnonzero(mask)
    figures = {"number": family.numbers[rows], "value": family.values[rows], "statistic": tested.statistic[rows]}
    frame = _frame(figures, family.candidates(rows), family.metrics(rows))
    levels, planes = _where(family, mask, space) if len(family) else ({}, ())
    own = np.nan if peak is None else float(tested.statistic[peak])
    return Surviving(
        tested, family.whole, int(rows.size), frame, family.numbers, levels=levels if rows.size else {}, planes=planes,
        tradeoff=_tradeoff(family, tested.statistic), peak_statistic=None if np.isnan(own) else own,
    )  # fmt: skip


def _frame(
    figures: Mapping[str, np.ndarray], candidates: Candidates, metrics: Mapping[str, np.ndarray]
) -> pandas.DataFrame:  # fmt: skip
    """Number, parameters, value, statistic, metrics; a metric named like a parameter is called ``metric.<name>``."""
    import pandas

    columns: dict[str, Any] = {"number": pandas.array(figures["number"], dtype="int64")}
    columns.update((name, column(candidates.column(name))) for name in candidates.names)
    for name in ("value", "statistic"):
        columns[f"metric.{name}" if name in columns else name] = pandas.array(figures[name], dtype="float64")
    counts = {metric.key for metric in Metric if metric.unit is Unit.COUNT}
    for name, values in metrics.items():
        kind: Any = "Int64" if name in counts else "float64"
        columns[f"metric.{name}" if name in columns else name] = pandas.array(values, dtype=kind)
    return pandas.DataFrame(columns)


def _where(
    family: Family, mask: BoolArray1D, space: Space
) -> tuple[dict[str, tuple[LevelShare, ...]], tuple[Plane, ...]]:  # fmt: skip
    names = family.candidates(np.arange(1)).names
    levels, codes = sorted_codes(family, np.arange(len(family)), space)
    found: dict[str, tuple[LevelShare, ...]] = {}
    for d, name in enumerate(names):
        if 1 < len(levels[d]) <= MOST_LEVELS:
            n, kept = _counts(codes[:, d], mask, len(levels[d]))
            found[name] = tuple(LevelShare(v, int(a), int(b)) for v, a, b in zip(levels[d], n, kept, strict=True))
    weights = {name: _spread(shares) for name, shares in found.items()}
    ranked = [names.index(name) for name in sorted(found, key=lambda name: (-weights[name], names.index(name)))]
    return found, _planes(names, levels, codes, mask, family.values, ranked)


def _planes(
    names: tuple[str, ...], levels: tuple[tuple[Any, ...], ...], codes: np.ndarray, mask: BoolArray1D,
    values: FloatArray1D, ranked: list[int],
) -> tuple[Plane, ...]:  # fmt: skip
    """Every two of the ``ranked`` dimensions, until there are ``MOST_CELLS``."""
    rising = np.argsort(values, kind="stable")  # what has no value comes last
    n_valued = len(values) - int(np.isnan(values).sum())
    own = {d: codes[rising, d].astype(np.int32) for d in ranked}
    survivor, rising_values = np.flatnonzero(mask[rising]), values[rising[:n_valued]]
    found: list[Plane] = []
    cells = 0
    for one, other in sorted(combinations(range(len(ranked)), 2), key=lambda pair: (sum(pair), pair)):
        # text labels go to the rows, then the shorter one
        row, column = sorted(
            (ranked[one], ranked[other]), key=lambda d: (not isinstance(levels[d][0], str), len(levels[d]), d)
        )
        shape = len(levels[row]), len(levels[column])
        size = shape[0] * shape[1]
        if cells + size > MOST_CELLS:
            continue
        cells += size
        place = own[row] * shape[1] + own[column]
        n, kept = (np.bincount(some, minlength=size) for some in (place, place[survivor]))
        best = np.full(size, np.nan)
        best[place[:n_valued]] = rising_values  # of a cell's values the last stays, which is the largest
        cut = n.reshape(shape), kept.reshape(shape), best.reshape(shape)
        found.append(Plane(names[row], names[column], levels[row], levels[column], *cut))
    return tuple(found)


def _counts(codes: IntArray1D, mask: BoolArray1D, n_levels: int) -> tuple[IntArray1D, IntArray1D]:
    """Of each level: how many of all, and of those in the mask."""
    return np.bincount(codes, minlength=n_levels), np.bincount(codes[mask], minlength=n_levels)


def _spread(shares: tuple[LevelShare, ...]) -> float:
    """How much surviving depends on the level: the largest share less the smallest."""
    known = [s.share for s in shares if s.n]
    return max(known) - min(known)


def _tradeoff(family: Family, statistic: FloatArray1D) -> tuple[tuple[float, float], ...]:
    """The best objective in each bin of the statistic, where it lies in it."""
    known = np.flatnonzero(~np.isnan(family.values) & ~np.isnan(statistic))
    if not known.size:
        return ()
    t, value = statistic[known], family.values[known]
    low, high = float(t.min()), float(t.max())
    at = np.minimum(((t - low) / ((high - low) or 1.0) * BINS).astype(np.int64), BINS - 1)
    order = np.lexsort((t, value, at))  # within a bin the best comes last, of equals the strongest
    last = np.append(np.flatnonzero(np.diff(at[order])), len(order) - 1)
    return tuple((float(t[i]), float(value[i])) for i in order[last])
