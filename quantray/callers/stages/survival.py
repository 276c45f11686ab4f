"""Which policies of a unit survive the search, and which of them is put to the held-out test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, FloatArray2D, IntArray1D
from quantray.callers.blocks import Blocks, block_days, wait_s
from quantray.callers.judge import POLICY, above, position, unit_of
from quantray.callers.plan import CallerPlan
from quantray.callers.policies.evaluate import Block, Market
from quantray.callers.policies.objective import Bounds, judged, violations
from quantray.callers.policies.policy import Policy
from quantray.callers.resampled import resampled
from quantray.callers.results import LevelShare, Surviving
from quantray.callers.split import HELD_OUT, TRAIN, Split
from quantray.callers.stages.levels import Steps, levels_of, used_axes
from quantray.callers.stages.ranking import Place, columns_of
from quantray.callers.stages.scores import ScoreSet, needs_marks
from quantray.callers.stages.store import Gathered, Store
from quantray.callers.stages.warmup import warm
from quantray.callers.stages.work import TableSpec, Unit, Work
from quantray.durations import NS
from quantray.plain import amount
from quantray.stats.compared import compared
from quantray.stats.effective import effective_number
from quantray.stats.held_out import standard_error
from quantray.stats.pick import Pick, choose
from quantray.stats.survivors import Survivors, survivors
from quantray.stats.track_record import more_units


@dataclass(frozen=True, slots=True)
class Winner:
    """One unit and its place: unit ``number`` of the ``found``-th set of units that was ranked."""

    found: int
    number: int
    unit: Unit
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A set of units that were ranked: on which tables, of which policies."""

    spec: TableSpec
    scores: ScoreSet
    places: tuple[Place, ...]
    numbered: bool = True  # the policies are those of the plan's grid

    def policy(self, place: Place) -> Policy | None:
        return None if place.best is None else self.spec.policies[place.best]

    def winners(self, found: int) -> list[Winner]:
        """Every unit, this set being the ``found``-th."""
        rows = zip(self.scores.units, self.places, strict=True)
        return [Winner(found, i, unit, place) for i, (unit, place) in enumerate(rows)]


def blocks_of(split: Split, policies: Sequence[Policy], part: int) -> Blocks | None:
    """The blocks of one part, the same for every unit: from its first call to its last one; None without the part.

    ``policies`` are all that the unit could have; a dip is waited for beyond the last call.
    """
    if part == HELD_OUT and split.held_out_ns is None:
        return None
    since, last = split.period(part)[0], split.last_call_ns[0 if part == TRAIN else 1]
    return Blocks.between(since, last + max(map(wait_s, policies), default=0) * NS, block_days(policies))


def tester(work: Work, found: Sequence[Found], marked: TableSpec) -> Callable[[Winner], Surviving]:
    """What a worker does with a unit: test every policy with trades enough, and pick a survivor."""
    work.check_visible()
    warm()
    store, steps = Store(work, marked), Steps(work.prepared.plan.policies)

    def test(winner: Winner) -> Surviving:
        mine = found[winner.found]
        return FamilyTest(store, mine, winner, steps if mine.numbered else None).made()

    return test


class FamilyTest:
    """The test of one unit's family. Policies are numbered as in the set that was ranked."""

    def __init__(self, store: Store, found: Found, winner: Winner, steps: Steps | None) -> None:
        work = store.work
        self.store, self.found, self.winner, self.steps = store, found, winner, steps
        self.plan: CallerPlan = work.prepared.plan
        self.columns = judged(columns_of(found.scores.columns(winner.number)[0]), self.plan.objective)
        enough = np.maximum(self.plan.bounds.min_trades, 1)
        self.rows = np.flatnonzero(self.columns["n_trades"] >= enough)
        self.values = above(self.plan, self.columns[self.plan.objective])
        blocks = blocks_of(work.prepared.split, found.spec.policies, TRAIN)
        assert blocks is not None
        self.blocks, self.held_out = blocks, blocks_of(work.prepared.split, found.spec.policies, HELD_OUT)

    def made(self) -> Surviving:
        """Survivors, pick, and what is told of the family."""
        plan, rows = self.plan, self.rows
        gathered, nets = self._nets()
        unit = unit_of(self.blocks.days)
        tested = _named(survivors(nets, seed=plan.seed, threads=1, unit=unit, candidate=POLICY), plan)
        allowed = self._allowed(tested, gathered)
        pick = self._pick(tested, allowed, nets, gathered)
        kept = np.flatnonzero(tested.mask & allowed)
        known = tested.statistic[~np.isnan(tested.statistic)]
        best = float(known.max()) if known.size else None
        more = None if best is None or pick is not None else more_units(best, tested.critical, self.blocks.n)
        told = None
        if pick is not None:
            told = compared(nets, nets[pick.number], n_effective=effective_number(nets, threads=1))
        return Surviving(
            tested=replace(tested, mask=tested.mask[tested.mask], statistic=tested.statistic[tested.mask]),
            days=self.blocks.days,
            numbers=rows[kept],
            values=self.columns[plan.objective][rows[kept]],
            statistic=tested.statistic[kept],
            family=nets.mean(axis=0) if len(rows) else np.zeros(self.blocks.n),
            n_held_out=0 if self.held_out is None else self.held_out.n,
            best_statistic=best,
            peak_statistic=self._of_peak(tested),
            pick=None if pick is None else _numbered(pick, rows),
            compared=told,
            more_units=more or None,
            levels=_levels([self.found.spec.policies[i] for i in rows.tolist()], tested.mask & allowed),
        )

    def _nets(self) -> tuple[Gathered, FloatArray2D]:
        """The training calls, and what every policy of the family earned on them in each block [family, units]."""
        plan, store = self.plan, self.store
        marks = needs_marks(plan.account, plan.objective) or plan.bounds.max_drawdown is not None
        calls = store.work.calls_of(self.winner.unit, TRAIN)
        gathered = store.gather(self.found.spec, calls, marks=marks)
        if not len(self.rows):
            return gathered, np.zeros((0, self.blocks.n))
        block, market = self._block(gathered, self.rows)
        nets = block.unit_nets(market, self.blocks.first_ns, self.blocks.length_ns, self.blocks.n)
        return gathered, nets if plan.account.limited else nets * position(plan.account)

    def _block(self, gathered: Gathered, rows: IntArray1D) -> tuple[Block, Market]:
        program = self.found.spec.program([self.found.spec.policies[i] for i in rows.tolist()])
        made = self.store.block(gathered, program, self.plan.account, self.plan.costs)
        return made, self.store.market(gathered, TRAIN)

    def _allowed(self, tested: Survivors, gathered: Gathered) -> BoolArray1D:
        """Who of the family meets every bound [family]; drawdowns are measured of survivors, who alone are asked."""
        fits = np.isin(self.rows, eligible_policies(self.columns, self.plan.objective, self.plan.bounds))
        largest, asked = self.plan.bounds.max_drawdown, np.flatnonzero(fits & tested.mask)
        if largest is not None and asked.size:
            block, market = self._block(gathered, self.rows[asked])
            fits[asked] = block.metrics(market, closes=market.closes)["max_drawdown"] <= largest
        return fits

    def _pick(self, tested: Survivors, allowed: BoolArray1D, nets: FloatArray2D, gathered: Gathered) -> Pick | None:
        rows, steps = self.rows, self.steps
        values = self.values[rows]
        among = np.full(len(self.found.spec.policies), np.nan)
        among[rows] = values

        def around(row: int) -> FloatArray1D:
            near = [] if steps is None else [i for i, _ in steps.around(int(rows[row]))]
            return among[near]

        def spread(row: int) -> float:
            block, market = self._block(gathered, rows[row : row + 1])
            own = {name: float(column[rows[row]]) for name, column in self.columns.items()}
            figure = resampled(self.plan, block.trades(0, market), block.reached(0, market), self.blocks, own)
            return standard_error(figure, self.blocks.n, seed=self.plan.seed)

        n_out = 0 if self.held_out is None else self.held_out.n
        return choose(values, nets, tested, allowed=allowed, n_out=n_out, neighbours=around, spread=spread)

    def _of_peak(self, tested: Survivors) -> float | None:
        best = self.winner.place.best
        at = [] if best is None else np.flatnonzero(self.rows == best).tolist()
        return float(tested.statistic[at[0]]) if at and np.isfinite(tested.statistic[at[0]]) else None


def _named(tested: Survivors, plan: CallerPlan) -> Survivors:
    """The same; where no policy made enough trades that is why nothing could be tested."""
    if tested.n_candidates:
        return tested
    fewest = amount(max(plan.bounds.min_trades, 1), "trade")
    return replace(tested, untested=f"No policy made {fewest} in training, so there is nothing to test.")


def _numbered(pick: Pick, rows: IntArray1D) -> Pick:
    return replace(pick, number=int(rows[pick.number]), strongest=int(rows[pick.strongest]))


def eligible_policies(train: Mapping[str, np.ndarray], objective: str, bounds: Bounds) -> IntArray1D:
    """Policies that traded, have an objective and meet every bound whose metric is known; ``train``: columns [P]."""
    known = {**train, "max_drawdown": np.full(len(train["n_trades"]), -np.inf)}
    fits = np.all(violations(bounds, known) <= 0, axis=1)
    return np.flatnonzero(fits & (train["n_trades"] > 0) & np.isfinite(train[objective]))


def _levels(family: Sequence[Policy], mask: BoolArray1D) -> dict[str, tuple[LevelShare, ...]]:
    """Levels of the axes that vary, in the order of the grid; nothing without survivors."""
    if not mask.any():
        return {}
    found = {}
    rows = [levels_of(policy) for policy in family]
    for axis in used_axes(family):
        level = [row[axis] for row in rows]
        distinct = list(dict.fromkeys(level))
        if len(distinct) > 1:
            code = np.array([distinct.index(v) for v in level])
            n, kept = np.bincount(code), np.bincount(code[mask], minlength=len(distinct))
            found[axis] = tuple(LevelShare(v, int(a), int(b)) for v, a, b in zip(distinct, n, kept, strict=True))
    return found
