"""The family of a sweep: every candidate that traded often enough, chosen or not, whatever came out.

Bounds on outcomes do not shrink it (a test of what was selected by its outcome would find luck): they say afterwards
who may be picked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, IntArray1D
from quantray.space import Candidates, Space, level_key
from quantray.stats.neighbours import neighbour_numbers, neighbours
from quantray.stats.net_rows import InMemory, Nets
from quantray.sweeps.grid.surface import Surface
from quantray.sweeps.market import Slice
from quantray.sweeps.metrics import METRICS
from quantray.sweeps.plan import Plan
from quantray.sweeps.scores import score
from quantray.trial import Trial, TrialState

#: Rows whose neighbours are evaluated where there is no table to read them from; of others they count as missing.
ASKED = 32


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """``F`` candidates by row. ``whole``: of the complete table, numbered as its points; else trials by their number.

    ``around`` gives the objectives one step from a row (NaN: none), ``metrics`` the columns of rows.
    """

    whole: bool
    numbers: IntArray1D  # [F] rising
    values: FloatArray1D  # [F] the objective; NaN where there is none or a bound is not met
    allowed: BoolArray1D  # [F] every bound is met
    nets: Nets  # [F, sessions] in currency, 0 without a trade
    candidates: Callable[[IntArray1D], Candidates]
    around: Callable[[int], FloatArray1D]
    metrics: Callable[[IntArray1D], Mapping[str, np.ndarray]]

    def __len__(self) -> int:
        return len(self.numbers)

    def params(self, row: int) -> dict[str, Any]:
        return self.candidates(np.array([row])).params(0)

    def row(self, number: int) -> int | None:
        """Where a candidate stands, by its number; None for one that is not in the family."""
        at = int(np.searchsorted(self.numbers, number))
        return at if at < len(self) and self.numbers[at] == number else None


def family_of(plan: Plan, market: Slice, trials: Sequence[Trial], exact: Surface | None) -> Family:
    """The whole table where there is one, else what the search evaluated on the slice."""
    return _of_trials(plan, market, trials) if exact is None else _of_surface(plan.space, exact)


def _of_surface(space: Space, s: Surface) -> Family:
    return Family(
        True, s.numbers, s.values[s.numbers], s.allowed, s.nets,
        candidates=lambda rows: space.candidates(s.numbers[rows]),
        around=lambda row: s.values[neighbour_numbers(space, int(s.numbers[row]))],
        metrics=lambda rows: s.metrics(s.numbers[rows]),
    )  # fmt: skip


def _of_trials(plan: Plan, market: Slice, trials: Sequence[Trial]) -> Family:
    least = plan.constraints.min_trades
    kept = sorted(
        (t for t in trials if t.state is not TrialState.FAIL and (t.metrics.get("n_trades") or 0) >= least),
        key=lambda t: t.number,
    )
    every = Candidates.of([t.params for t in kept])
    nan = float("nan")
    return Family(
        False,
        np.array([t.number for t in kept], np.int64),
        np.array([nan if t.value is None or not t.feasible else t.value for t in kept]),
        np.array([all(v <= 0 for v in t.violations) for t in kept], bool),
        InMemory(np.array([t.session_net for t in kept], np.float64).reshape(len(kept), len(market))),
        candidates=every.take,
        around=_Neighbours(plan, market, every),
        metrics=partial(_columns, kept),
    )


class _Neighbours:
    """Objectives one step from a row, evaluated for this purpose whether the search met them or not."""

    def __init__(self, plan: Plan, market: Slice, candidates: Candidates) -> None:
        self._plan, self._market, self._candidates = plan, market, candidates
        self._known: dict[int, FloatArray1D] = {}

    def __call__(self, row: int) -> FloatArray1D:
        if row not in self._known:
            near = neighbours(self._plan.space, self._candidates.params(row))
            if near is None:
                self._known[row] = np.empty(0)
            elif len(self._known) >= ASKED:
                return np.full(len(near), np.nan)
            else:
                self._known[row] = score(self._plan, self._market, near).ranked
        return self._known[row]


def _columns(kept: Sequence[Trial], rows: IntArray1D) -> dict[str, np.ndarray]:
    named = [name for name in METRICS if kept and name in kept[0].metrics]
    return {
        name: np.array([np.nan if (value := kept[i].metrics.get(name)) is None else value for i in rows.tolist()])
        for name in named
    }


def sorted_codes(family: Family, rows: IntArray1D, space: Space) -> tuple[tuple[tuple[Any, ...], ...], np.ndarray]:
    """Levels of each dimension in the order of the space (else sorted), and the codes [rows, dimensions] into them."""
    found = family.candidates(rows)
    if family.whole:
        return found.levels, found.codes
    levels, codes = [], np.empty(found.codes.shape, np.int64)
    for d, name in enumerate(found.names):
        listed = next((x.values for x in space.dimensions if x.name == name), None)
        own = {level_key(v): v for v in found.levels[d]}
        order = [k for k in map(level_key, listed) if k in own] if listed is not None else None
        keys = order if order is not None and len(order) == len(own) else sorted(own, key=lambda k: _place(own[k]))
        levels.append(tuple(own[k] for k in keys))
        place = {k: i for i, k in enumerate(keys)}
        codes[:, d] = np.array([place[level_key(v)] for v in found.levels[d]], np.int64)[found.codes[:, d]]
    return tuple(levels), codes


def _place(value: object) -> tuple[bool, Any]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return (not number, value if number else repr(value))
