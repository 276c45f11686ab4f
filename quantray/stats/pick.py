"""Peak and pick: the best objective of all, and the best one among survivors that unseen units can confirm."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, FloatArray2D, IntArray1D

if TYPE_CHECKING:
    from quantray.stats.survivors import Survivors

#: Student's t was selected for being large: its one-sided 95 % lower bound counts, not the figure itself.
LOWER_BOUND = 1.645
#: 80 % power of a one-sided 5 % test: the sum of the normal quantiles of 95 % and 80 %, rounded up.
PROMISE = 2.49
#: Units with trades that the held-out part can be expected to have, so that a test on them can reach its level.
MIN_UNITS_AHEAD = 8
CHUNK = 65_536  # candidates whose rows are looked at in one go
STRONGEST = (
    "No survivor is strong enough, or trades often enough, for the held-out part to be likely to confirm it: the one "
    "that luck explains worst was taken."
)


class Rule(StrEnum):
    """What chose the pick."""

    OBJECTIVE = "objective"  # the best objective that the held-out part can confirm
    STATISTIC = "statistic"  # none can be confirmed: the survivor that luck explains worst


@dataclass(frozen=True, slots=True)
class Pick:
    """One survivor, why it was chosen, and the figures of both rules. ``number`` is its row in the family."""

    number: int
    rule: Rule
    reason: str
    value: float  # objective
    statistic: float  # Student's t of its mean net per unit
    promise: float  # lower bound of t on the held-out part; 2.49 is 80 % power
    units_ahead: float  # held-out units with trades to be expected
    lowest_around: float | None  # smallest objective of it and its neighbours; None: a neighbour has none, or not asked
    n_survivors: int  # that meet every bound and have an objective
    n_promising: int  # of these, whom the held-out part can confirm
    n_near: int  # of these, within one standard error of the best objective
    best_value: float | None  # best objective of the promising
    standard_error: float | None  # of that objective, by bootstrap
    strongest: int  # the survivor with the best statistic
    strongest_statistic: float

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**asdict(self), "rule": str(self.rule)}


def peak(values: FloatArray1D, allowed: BoolArray1D) -> int | None:
    """The row of the largest of ``values`` [candidates] (NaN: none) among those ``allowed``, the first of equals."""
    eligible = allowed & ~np.isnan(values)
    return int(np.argmax(np.where(eligible, values, -np.inf))) if eligible.any() else None


def choose(
    values: FloatArray1D,
    nets: FloatArray2D | Callable[[IntArray1D], FloatArray2D],
    survivors: Survivors,
    *,
    allowed: BoolArray1D,
    n_out: int,
    neighbours: Callable[[int], FloatArray1D],
    spread: Callable[[int], float],
) -> Pick | None:
    """The survivor to put to the held-out test; None without one that is allowed and has an objective.

    ``values`` [candidates] are objectives (NaN: none), ``nets`` [candidates, units] what each earned per unit (0: no
    trade), or a function from rows to their nets; ``allowed`` [candidates] says who meets every bound. ``n_out`` is
    the number of held-out units: nothing else of them enters. ``neighbours`` gives the objectives one step from a row
    (NaN: none), ``spread`` the bootstrap standard error of a row's objective over units.

    A candidate is promising when the lower bound of its t, carried over to the held-out part, ``(t - 1.645) *
    sqrt(n_out / n_in)``, is at least 2.49 (80 % power of a one-sided 5 % test), and its units with trades let 8 of
    the held-out ones be expected. Of the promising within one standard error of their best objective the one whose
    neighbourhood is best at its worst is chosen: the largest minimum over itself and its neighbours, a missing one
    being minus infinity; of equals the first. Where none is promising, the survivor with the largest t.
    """
    rows = np.flatnonzero(survivors.mask & allowed & ~np.isnan(values))
    if not rows.size:
        return None
    ratio, t = n_out / survivors.n_units, survivors.statistic
    promise = (t[rows] - LOWER_BOUND) * math.sqrt(ratio)
    strong = rows[promise >= PROMISE]
    promising = strong[_units_traded(nets, strong) * ratio >= MIN_UNITS_AHEAD]
    strongest = int(rows[np.argmax(t[rows])])
    found = _confirmable(values, promising, neighbours, spread) if promising.size else _Chosen(strongest, STRONGEST)
    chosen = found.number
    return Pick(
        number=chosen,
        rule=Rule.OBJECTIVE if promising.size else Rule.STATISTIC,
        reason=found.reason,
        value=float(values[chosen]),
        statistic=float(t[chosen]),
        promise=float((t[chosen] - LOWER_BOUND) * math.sqrt(ratio)),
        units_ahead=float(_units_traded(nets, np.array([chosen]))[0] * ratio),
        lowest_around=found.lowest_around,
        n_survivors=int(rows.size),
        n_promising=int(promising.size),
        n_near=found.n_near,
        best_value=found.best_value,
        standard_error=found.standard_error,
        strongest=strongest,
        strongest_statistic=float(t[strongest]),
    )


class _Chosen(NamedTuple):
    number: int
    reason: str
    lowest_around: float | None = None
    n_near: int = 0
    best_value: float | None = None
    standard_error: float | None = None


def _confirmable(
    values: FloatArray1D, promising: IntArray1D, neighbours: Callable[[int], FloatArray1D],
    spread: Callable[[int], float],
) -> _Chosen:  # fmt: skip
    """Of the promising within one standard error of their best objective the one with the best neighbourhood."""
    best = int(promising[np.argmax(values[promising])])
    best_value, error = float(values[best]), _or_zero(spread(best))
    near = promising[values[promising] >= best_value - error]
    chosen, lowest = _sheltered(values, near, neighbours)
    return _Chosen(chosen, _sheltered_reason(int(near.size), chosen == best), lowest, int(near.size), best_value, error)


def _units_traded(nets: FloatArray2D | Callable[[IntArray1D], FloatArray2D], rows: IntArray1D) -> IntArray1D:
    """Units in which each of ``rows`` earned or lost something."""
    counts = np.zeros(rows.size, np.int64)
    for start in range(0, rows.size, CHUNK):
        some = rows[start : start + CHUNK]
        counts[start : start + CHUNK] = np.count_nonzero(nets(some) if callable(nets) else nets[some], axis=1)
    return counts


def _sheltered(
    values: FloatArray1D, near: IntArray1D, neighbours: Callable[[int], FloatArray1D]
) -> tuple[int, float | None]:
    """Of ``near`` the row with the largest minimum over itself and its neighbours, and that minimum.

    Rows are asked from the best objective down: no minimum exceeds the row's own objective, so whoever is below the
    largest minimum so far, and all after it, need not be asked.
    """
    chosen, highest = -1, -np.inf
    for row in near[np.lexsort((near, -values[near]))].tolist():
        if chosen >= 0 and values[row] < highest:
            break
        around = np.append(np.nan_to_num(neighbours(row), nan=-np.inf), values[row])
        lowest = float(around.min())
        if chosen < 0 or lowest > highest or (lowest == highest and row < chosen):
            chosen, highest = row, lowest
    return chosen, highest if math.isfinite(highest) else None


def _sheltered_reason(n_near: int, best: bool) -> str:
    if n_near == 1:
        return "It has the best objective among the survivors that the held-out part is likely to confirm."
    reason = f"Of {n_near:,} survivors that the held-out part is likely to confirm and whose objectives cannot be told "
    reason += "apart (one standard error), its neighbours hold up best"
    return reason + ("; it is also the best of them." if best else ".")


def _or_zero(error: float) -> float:
    return error if math.isfinite(error) else 0.0
