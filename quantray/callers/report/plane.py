"""The grid of policies as a plane of any two of its axes: every cell with its value, and with what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from quantray.arrays import FloatArray1D, IntArray1D
from quantray.callers.policies import written
from quantray.callers.policies.policy import Policy
from quantray.callers.report.grid import ALONE, GridValues
from quantray.callers.report.words import SHARES, axis_words, gain, level_words, nothing
from quantray.callers.results import CallerResults, UnitResult
from quantray.callers.stages.levels import NUMBERS, Steps
from quantray.plain import amount
from quantray.report.words import number
from quantray.space import Candidates
from quantray.stats.surface import SurfaceSummary, summarise

#: Levels of an axis that a plane shows; more of them are joined, neighbours by neighbours.
MOST_LEVELS = 40
#: Cells of all planes of a page: beyond them a unit has the plane of its two strongest axes alone.
MOST_CELLS = 60_000
SHADES = 8
MOST_DIGITS = 6
#: Sets of equal cells that the legend names one by one.
MOST_SETS = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """A pair of levels: the value of its best policy as text, the class that colours it, what is marked in it."""

    text: str
    kind: str
    same: str = ""  # the letter of the set of cells whose best policies make the same trades
    survives: bool = False
    marks: str = ""  # peak, pick
    tip: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Two axes of the grid: ``cells`` [rows, columns], and in words what is marked."""

    rows: str
    columns: str
    across: tuple[str, ...]
    down: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    said: tuple[str, ...]
    scale: tuple[tuple[str, str], ...]  # class and value of each shade of the legend
    several: bool  # a cell holds policies with other levels too
    held_out: tuple[tuple[Cell, ...], ...] = ()  # of the same policies, with report.held_out=all

    @property
    def name(self) -> str:
        return f"{self.rows} × {self.columns}"

    @property
    def marks(self) -> set[str]:
        """What is marked somewhere: peak, pick, survivor, out, same."""
        found = {mark for row in self.cells for cell in row for mark in cell.marks.split()}
        found |= {"survivor" for row in self.cells for cell in row if cell.survives}
        found |= {"same" for row in self.cells for cell in row if cell.same}
        return found | {"out" for row in self.cells for cell in row if "out" in cell.kind}


@dataclass(frozen=True, slots=True, eq=False)
class Axes:
    """The axes of a grid that vary: their levels in order as text, and the level of each policy."""

    levels: dict[str, tuple[str, ...]]
    at: dict[str, IntArray1D]  # [P] places in ``levels``
    policies: tuple[Policy, ...]
    candidates: Candidates

    @classmethod
    def of(cls, policies: Sequence[Policy]) -> Axes:
        steps = Steps(policies)
        used = [axis for axis, levels in steps.ladder.items() if len(levels) > 1]
        levels, at = {}, {}
        for axis in used:
            place = {level: i for i, level in enumerate(steps.ladder[axis])}
            own = np.array([place[row[axis]] for row in steps.rows], np.int64)
            names = [level_words(axis, level) for level in steps.ladder[axis]]
            levels[axis], at[axis] = _joined(names, own, axis in NUMBERS)
        rows = [{axis: levels[axis][at[axis][i]] for axis in used} for i in range(len(policies))]
        return cls(levels, at, tuple(policies), Candidates.of(rows) if used else Candidates.of([{}] * len(policies)))

    def ordered(self, summary: SurfaceSummary) -> list[str]:
        """The axes, those whose levels move the value most first."""
        weight = summary.importance
        return sorted(self.levels, key=lambda axis: (-weight.get(axis, 0.0), list(self.levels).index(axis)))

    def pairs(self, summary: SurfaceSummary) -> list[tuple[str, str]]:
        """Every two axes as (rows, columns), the strongest first; the one with more levels is across."""
        found = combinations(self.ordered(summary), 2)
        pairs = [(b, a) if len(self.levels[a]) >= len(self.levels[b]) else (a, b) for a, b in found]
        place = {axis: i for i, axis in enumerate(self.ordered(summary))}
        return sorted(pairs, key=lambda pair: sorted(place[axis] for axis in pair))


def _joined(names: list[str], at: IntArray1D, ordered: bool) -> tuple[tuple[str, ...], IntArray1D]:
    """Levels as they are, or neighbours joined where there are more than a plane has room for."""
    if len(names) <= MOST_LEVELS:
        return tuple(names), at
    groups = np.array_split(np.arange(len(names)), MOST_LEVELS)
    dash = " to " if ordered else " … "
    told = tuple(names[g[0]] if len(g) == 1 else f"{names[g[0]]}{dash}{names[g[-1]]}" for g in groups)
    of = np.repeat(np.arange(MOST_LEVELS), [len(g) for g in groups])
    joined: IntArray1D = of[at]
    return told, joined


def planes(r: CallerResults, unit: UnitResult, values: GridValues, axes: Axes, room: int) -> list[Plane]:
    """The planes of the unit's grid, the two axes that matter most in training first; none where fewer than two vary.

    At most ``room`` cells of them, the first in any case.
    """
    summary = summarised(r, values, axes)
    found: list[Plane] = []
    for rows, columns in axes.pairs(summary) if summary is not None else ():
        room -= len(axes.levels[rows]) * len(axes.levels[columns])
        if found and room < 0:
            break
        found.append(_plane(r, unit, values, axes, (rows, columns)))
    return found


def summarised(r: CallerResults, values: GridValues, axes: Axes) -> SurfaceSummary | None:
    """What the levels of each axis do to the training value, shares in percent; None where nothing has a value."""
    if not axes.levels or not np.isfinite(values.train).any():
        return None
    return summarise(axes.candidates, _scale(r) * values.train)


def _scale(r: CallerResults) -> float:
    return 100.0 if r.plan.objective in SHARES else 1.0


def _plane(r: CallerResults, unit: UnitResult, v: GridValues, axes: Axes, pair: tuple[str, str]) -> Plane:
    rows, columns = pair
    shape = len(axes.levels[rows]), len(axes.levels[columns])
    flat = axes.at[rows] * shape[1] + axes.at[columns]
    best = best_policies(v, flat, shape[0] * shape[1])
    texts = _texts(r, v, best)
    letters, sets = _letters(v, best)
    survivors = np.zeros(shape[0] * shape[1], bool)
    if unit.surviving is not None:
        survivors[flat[unit.surviving.numbers]] = True
    pick = None if unit.pick is None else unit.pick.number
    marked = {name: int(flat[at]) for name, at in (("peak", unit.best), ("pick", pick)) if at is not None}
    gains, limits = _gains(r, v, best)
    several = len(axes.levels) > 2
    cells = [
        Cell(
            texts[i],
            _kind(gains[i], limits) + (" out" if p >= 0 and not v.ranked[p] else ""),
            letters.get(int(v.equal[p]), "") if p >= 0 else "",
            bool(survivors[i]),
            " ".join(name for name, at in marked.items() if at == i),
            written(axes.policies[p]) if several and p >= 0 else "",
        )
        for i, p in enumerate(best.tolist())
    ]  # fmt: skip
    said = (_sets_words(r, v), *sets)
    return Plane(
        axis_words(rows), axis_words(columns), across=axes.levels[columns], down=axes.levels[rows],
        cells=_lines(cells, shape[1]), said=tuple(s for s in said if s), scale=_legend(r, limits), several=several,
        held_out=_lines(_held_out(r, v, best), shape[1]),
    )  # fmt: skip


def _lines(cells: list[Cell], wide: int) -> tuple[tuple[Cell, ...], ...]:
    return tuple(tuple(cells[k : k + wide]) for k in range(0, len(cells), wide))


def _held_out(r: CallerResults, v: GridValues, best: IntArray1D) -> list[Cell]:
    """What the policies that are ``best`` in training did on the held-out calls; none where that is not looked at."""
    if not np.isfinite(v.held_out).any():
        return []
    there = (best >= 0) & np.isfinite(v.held_out[best])
    mine, shown = replace(v, train=v.held_out), np.where(there, best, -1)
    gains, limits = _gains(r, mine, shown)
    return [Cell(text, _kind(value, limits)) for text, value in zip(_texts(r, mine, shown), gains, strict=True)]


def best_policies(v: GridValues, flat: IntArray1D, n: int) -> IntArray1D:
    """The policy [n] with the largest training value of each cell, -1 without one; those that meet every constraint

    come first, of equals the first of the grid.
    """
    order = np.lexsort((np.arange(len(flat)), -v.train, ~v.ranked))
    order = order[np.isfinite(v.train[order])]
    best = np.full(n, -1, np.int64)
    best[flat[order[::-1]]] = order[::-1]
    return best


def _texts(r: CallerResults, v: GridValues, best: IntArray1D) -> list[str]:
    """The value of each cell, with as many digits as tell different values apart; in brackets what is not ranked."""
    there = best >= 0
    values = _scale(r) * v.train[best[there]]
    told = iter(apart(values))
    bare = ["" if not found else next(told) for found in there.tolist()]
    return [f"({t})" if t and not v.ranked[p] else t for t, p in zip(bare, best.tolist(), strict=True)]


def apart(values: FloatArray1D) -> list[str]:
    """Numbers [n] with the fewest decimals at which different ones read differently, at most :data:`MOST_DIGITS`.

    >>> apart(np.array([9806.2, 10473.55, 10473.61, 10473.61]))
    ['9,806.20', '10,473.55', '10,473.61', '10,473.61']
    >>> apart(np.array([1.0, 2.5])), apart(np.array([0.5]))
    (['1.0', '2.5'], ['0.5'])
    """
    n = len(np.unique(values))
    large = float(np.abs(values).max(initial=0.0))
    least = 0 if large >= 1000 or not len(values) or (values == np.round(values)).all() else 1 if large >= 0.1 else 2
    for digits in range(least, MOST_DIGITS + 1):
        told = [number(float(value), digits) if digits else f"{value:,.0f}".replace("-", "−") for value in values]
        if len(set(told)) == n:
            break
    return told


def _letters(v: GridValues, best: IntArray1D) -> tuple[dict[int, str], list[str]]:
    """A letter for each set of cells whose best policies make the same trades, and a sentence about the sets."""
    numbers, first, count = np.unique(v.equal[best[best >= 0]], return_index=True, return_counts=True)
    shared = [(int(f), int(s), int(n)) for s, f, n in zip(numbers, first, count, strict=True) if n > 1 and s != ALONE]
    letters = {s: _letter(k) for k, (_, s, _) in enumerate(sorted(shared))}
    if not shared:
        return {}, []
    told = [f"{_letter(k)}: {n:,} cells" for k, (_, _, n) in enumerate(sorted(shared)[:MOST_SETS])]
    more = f" and {len(shared) - MOST_SETS:,} more sets" if len(shared) > MOST_SETS else ""
    return letters, [f"Cells with one letter are equal: their policies make the same trades to the last bit "
                     f"({', '.join(told)}{more})."]  # fmt: skip


def _letter(k: int) -> str:
    """
    >>> _letter(0), _letter(25), _letter(26)
    ('a', 'z', 'aa')
    """
    return _letter(k // 26 - 1) + _letter(k % 26) if k >= 26 else chr(ord("a") + k)


def _sets_words(r: CallerResults, v: GridValues) -> str:
    traded = int((v.n_trades > 0).sum())
    if not traded or v.n_sets == traded:
        return ""
    return f"{amount(traded, 'policy', 'policies')} with a trade make {amount(v.n_sets, 'different set')} of trades."


def _gains(r: CallerResults, v: GridValues, best: IntArray1D) -> tuple[list[float | None], tuple[float, float]]:
    """How far each cell lies above earning nothing, None without a value, and the range of that."""
    initial = r.plan.account.initial
    found = [None if p < 0 else gain(r.plan.objective, float(v.train[p]), initial) for p in best.tolist()]
    real = [g for g in found if g is not None] or [0.0]
    return found, (min(real), max(real))


def _kind(value: float | None, limits: tuple[float, float]) -> str:
    """The class that colours a cell: green above nothing earned, red below, stronger where farther from it.

    Where all cells gain, or all lose, the shades are spread over their own range, so that they can be told apart.
    """
    low, high = limits
    if value is None:
        return "none"
    if low < 0 < high:
        depth = abs(value) / max(-low, high)
    else:
        span = high - low
        depth = 0.5 if not span else (value - low) / span if low >= 0 else (high - value) / span
    shade = 1 + round(depth * (SHADES - 1))
    return f"g{shade}" if value > 0 or (value == 0 and low >= 0) else f"l{shade}" if value < 0 else "l1"


def _legend(r: CallerResults, limits: tuple[float, float]) -> tuple[tuple[str, str], ...]:
    """Five shades from the least to the most, each with the value it stands for."""
    low, high = limits
    base = nothing(r.plan.objective, r.plan.account.initial)
    marks = sorted({low, high, *np.linspace(low, high, 5).tolist(), *([0.0] if low < 0 < high else [])})
    told = apart(_scale(r) * (np.array(marks) + base))
    return tuple((_kind(mark, limits), text) for mark, text in zip(marks, told, strict=True))
