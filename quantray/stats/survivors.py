"""Which candidates survive: a step-down maximum test over the whole family, its error rate that of the family."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, FloatArray2D
from quantray.stats.net_rows import Chunks, Rows, bin_edges, extremes, look, pieces, table_of, threads_there
from quantray.stats.signs import flips
from quantray.stats.wording import CANDIDATE, Unit

LEVEL = 0.05
MIN_UNITS = 5  # 2^5 patterns are the fewest that can show 5 %
ROUNDING = 1e-9  # of level x patterns: 5 % of 40 patterns are 2
TOLERANCE = 2.0**-30  # of the sum of a row of norm 1: equal ones must tie however they were summed

UNIT = Unit("unit", "units")

OUT_OF_REACH = (
    "No statistic would do: under more than {level:g} % of the sign patterns a {candidate} earns the same in every "
    "{unit}."
)


@dataclass(frozen=True, slots=True, eq=False)
class Survivors:
    """Outcome of :func:`survivors`."""

    mask: BoolArray1D  # [candidates] rejected by the step-down maximum test: its statistic is above ``critical``
    statistic: FloatArray1D  # [candidates] Student's t of the mean net per unit; NaN without a trade or a spread
    critical: float  # the statistic that the last step asked for; NaN when untested
    p_family: float  # of the largest statistic; NaN when untested
    smallest_p: float  # what these units could show at best
    n_candidates: int
    n_distinct: int  # different rows among those with a statistic
    n_units: int
    n_patterns: int
    exact: bool  # all patterns, not drawn ones
    level: float
    untested: str | None  # why nothing can be tested


def survivors(
    nets: FloatArray2D | Chunks,
    *,
    level: float = LEVEL,
    n_patterns: int = 2048,
    seed: int = 0,
    threads: int | None = None,
    unit: Unit = UNIT,
    candidate: Unit = CANDIDATE,
) -> Survivors:
    """Candidates that earn more than nothing, each of them, with a chance of any error of at most ``level``.

    ``nets`` [candidates, units] is what each candidate of the family earned in each unit (a session, a block of days),
    0 without a trade; or an object with ``n_candidates``, ``n_units`` and ``chunks()``, which is read several times.

    The null is that a unit would as well have come with the other sign, all candidates at once, so whatever they have
    in common is kept. Step by step a statistic is asked for that the largest of the candidates still in question
    reaches under no more than a share ``level`` of all sign patterns; who is above it survives, and the next step asks
    the others: Romano and Wolf (2005), "Exact and approximate stepdown methods for multiple hypothesis testing", with
    sign flips as exact randomisation of symmetric, independent units. Under a pattern Student's t is a rising function
    of the sum over the norm, which no pattern changes: that is what is compared.

    All patterns are enumerated up to 11 units that anybody traded in; beyond, ``n_patterns`` are drawn (pairs of
    opposites, the observed one among them) from ``seed``. Candidates without a trade or with the same net in every unit
    are not tested and count for nothing. ``threads`` (None: as many as cores) change no bit of the outcome. ``unit``
    and ``candidate`` name them in the sentence of what cannot be tested.

    Raises ValueError naming the row that holds NaN or infinity, and for a level or a number of patterns that is none.
    """
    if not 0 < level < 1:
        raise ValueError(f"level={level} is no share between 0 and 1")
    if n_patterns < 2 or n_patterns * level < 1:
        raise ValueError(f"n_patterns={n_patterns} cannot show a p-value of {level}; {math.ceil(1 / level)} can")
    table, threads = table_of(nets), threads or threads_there()
    found = look(table, threads)
    patterns, exact = flips(int(found.traded.sum()), n_patterns, seed)
    n_all = 2 * len(patterns) if found.traded.any() else 1
    why, critical, p_family = _untested(table, found, n_all, level, (unit, candidate)), math.nan, math.nan
    if not why:
        critical, p_family = _step_down(found, patterns, level, table.n_units, threads)
    if critical == math.inf:
        why = OUT_OF_REACH.format(level=100 * level, unit=unit.one, candidate=candidate.one)
        critical, p_family = math.nan, math.nan
    mask = np.zeros(table.n_candidates, np.bool_) if why else found.statistic > critical
    return Survivors(
        mask=mask, statistic=found.statistic, critical=critical, p_family=p_family, smallest_p=1 / n_all,
        n_candidates=table.n_candidates, n_distinct=found.n_distinct, n_units=table.n_units, n_patterns=n_all,
        exact=exact, level=level, untested=why,
    )  # fmt: skip


def _untested(table: Chunks, found: Rows, n_patterns: int, level: float, names: tuple[Unit, Unit]) -> str | None:
    unit, candidate = names
    n, k, live = table.n_candidates, table.n_units, int(found.traded.sum())
    n_tested = int(np.count_nonzero(~np.isnan(found.statistic)))
    if n == 0:
        return f"There is no {candidate.one} to test."
    if k < MIN_UNITS:
        return f"{unit.count(k, 'searched')}: at least {MIN_UNITS} are needed to tell skill from luck."
    if not n_tested:
        traded = any(np.any(rows) for _, rows in pieces(table))
        same = f"Every {candidate.one} earned the same in every {unit.one}."
        return same if traded else f"No {candidate.one} traded."
    if live < MIN_UNITS:
        of = f"{live} of {unit.count(k, 'searched')}"
        return f"Trades in {of}: at least {MIN_UNITS} are needed to tell skill from luck."
    if n_patterns * level + ROUNDING < 1:
        return f"{unit.count(live)} can show a p-value of {1 / n_patterns:.2g} at best, not of {level:.2g}."
    if n == 1:
        return f"A single {candidate.one}: there was nothing to choose among."
    if n_tested == 1:
        return f"Of {candidate.count(n)} a single one can be tested: there was nothing to choose among."
    if found.n_distinct == 1:
        return f"All {candidate.count(n_tested)} that can be tested earned the same: there was nothing to choose among."
    return None


def _step_down(found: Rows, patterns: np.ndarray, level: float, n_units: int, threads: int) -> tuple[float, float]:
    """The last step's critical statistic, and the p-value of the largest."""
    own = found.own[found.first]
    edges = bin_edges(own)
    highest, lowest = extremes(found, found.first, edges, patterns, threads)
    np.maximum.accumulate(highest, axis=0, out=highest)  # of all rows up to each edge
    np.minimum.accumulate(lowest, axis=0, out=lowest)
    allowed = math.floor(2 * len(patterns) * level + ROUNDING)
    null = _reached(highest[-1], lowest[-1], n_units)
    p_family = float(np.mean(null >= edges[-1]))
    critical, left = float(null[-1 - allowed]), len(own)
    while (n := int(np.count_nonzero(own <= critical))) and n < left:
        left, b = n, int(np.searchsorted(edges, critical))
        part = found.first & (found.own <= critical)
        part &= found.own > (edges[b - 1] if b else -np.inf)
        high, low = (x[0] for x in extremes(found, part, edges[b : b + 1], patterns, threads))
        if b:
            high, low = np.maximum(high, highest[b - 1]), np.minimum(low, lowest[b - 1])
        critical = float(_reached(high, low, n_units)[-1 - allowed])
    return critical, p_family


def _reached(highest: np.ndarray, lowest: np.ndarray, n_units: int) -> FloatArray1D:
    """Student's t, rising, that the largest reaches under each pattern and its opposite; a tie counts as reached."""
    from quantray.stats.flipping import SCALE

    sums = np.sort(np.concatenate([highest, -lowest])) / SCALE + TOLERANCE
    with np.errstate(divide="ignore", invalid="ignore"):
        t = sums * np.sqrt((n_units - 1) / (n_units - sums * sums))
    return np.where(sums * sums < n_units, t, np.inf)
