"""Stage C, winners: trades, equity, neighbours, lanes and the verdict of each unit's best policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from quantray.arrays import FloatArray1D, IntArray1D, plain
from quantray.callers.judge import judged, net_per_day, position
from quantray.callers.policies.evaluate import PolicyTrades
from quantray.callers.policies.objective import DAILY, Bounds, violations
from quantray.callers.policies.policy import Policy
from quantray.callers.policies.program import Program
from quantray.callers.results import Neighbour, Part, Row, UnitResult
from quantray.callers.split import DROPPED, HELD_OUT, TRAIN
from quantray.callers.stages.lanes import Lane
from quantray.callers.stages.levels import Steps
from quantray.callers.stages.ranking import Place, columns_of
from quantray.callers.stages.scores import ScoreSet, needs_marks
from quantray.callers.stages.store import Gathered, Store
from quantray.callers.stages.warmup import warm
from quantray.callers.stages.work import TableSpec, Unit, Work
from quantray.stats.checks import Verdict
from quantray.stats.judgements import RESCALED
from quantray.stats.verdict_of_the_peak import Evidence, verdict

#: Points of an equity curve that a chart shows.
POINTS = 2_000


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


def examiner(
    work: Work, found: Sequence[Found], lanes: Sequence[Lane], marked: TableSpec
) -> Callable[[Winner], UnitResult]:
    """What a worker does with a unit: everything that its report shows."""
    work.check_visible()
    warm()
    store, steps = Store(work, marked), Steps(work.prepared.plan.policies)

    def examine(winner: Winner) -> UnitResult:
        base, mine = unit_result(work, winner), found[winner.found]
        policy = mine.policy(winner.place)
        around = steps if mine.numbered else None
        return base if policy is None else _examined(store, mine, lanes, around, winner, policy, base)

    return examine


def unit_result(work: Work, winner: Winner) -> UnitResult:
    """What is known of a unit without its best policy."""
    unit, place = winner.unit, winner.place
    rows = work.calls_of(unit)
    part = work.part[rows]
    return UnitResult(
        name=unit.name,
        state=place.state,
        n_calls=len(rows),
        n_eligible=int(work.prepared.coverage.eligible[rows].sum()),
        n_train=int((part == TRAIN).sum()),
        n_held_out=int((part == HELD_OUT).sum()),
        n_dropped=int((part == DROPPED).sum()),
        collapsed=place.collapsed,
        collapsed_held_out=place.collapsed_held_out,
        counts=place.counts,
        verdict=verdict(Evidence(np.empty((0, 0)), None)),
    )


def _examined(
    store: Store, found: Found, lanes: Sequence[Lane], steps: Steps | None, winner: Winner, policy: Policy,
    base: UnitResult,
) -> UnitResult:  # fmt: skip
    place, work, plan = winner.place, store.work, store.work.prepared.plan
    program = found.spec.program([policy])
    gathered = {
        part: store.gather(found.spec, work.calls_of(winner.unit, part), marks=plan.account.limited)
        for part in work.prepared.split.parts
    }
    metrics = found.scores.columns(winner.number)
    columns = {part: columns_of(m) for part, m in zip(gathered, metrics, strict=True)}
    parts = {part: part_of(store, program, some, part) for part, some in gathered.items()}
    near = _neighbours(steps, place, columns, plan.objective)
    return replace(
        base,
        best=place.best if found.numbered else None,
        policy=policy,
        value=place.value,
        held_out_value=place.held_out_value,
        train=parts[TRAIN],
        held_out=parts.get(HELD_OUT),
        neighbours=near,
        lanes={lane.name: _lane(store, lane, winner, policy, program, gathered) for lane in lanes
               if not lane.raising or (lane.spec is not None and policy in lane.spec.policies)},
        top=_top(place, columns) if found.numbered else (),
        verdict=_verdict(store, found, winner, gathered, parts, columns[TRAIN], near),
    )  # fmt: skip


def part_of(store: Store, program: Program, gathered: Gathered, part: int) -> Part:
    """The one policy of the program on one part: metrics with the drawdown at every close, trades, thinned equity."""
    plan = store.work.prepared.plan
    block, market = store.block(gathered, program, plan.account, plan.costs), store.market(gathered, part)
    closes = market.closes if plan.account.limited else np.zeros(0, np.int64)
    found = block.metrics(market, closes=closes, daily=plan.account.limited)
    times = closes[np.unique(np.linspace(0, len(closes) - 1, POINTS).round().astype(int))] if len(closes) else closes
    equity = block.equity(0, market, times)[0] if len(times) else np.zeros(0)
    trades = _trades(block.trades(0, market), gathered.calls)
    return Part(row_of(found, 0), trades, times, equity, market.start_ns, market.end_ns, _jumped(store.work, trades))


def _jumped(work: Work, trades: PolicyTrades) -> int:
    """Executed trades within which the price of their asset changes scale."""
    calls, across = work.prepared.calls, np.zeros(len(trades), bool)
    names = np.array(calls.assets, object)[calls.asset[trades.call]] if len(trades) else np.zeros(0, object)
    for asset, at, _ in work.prepared.slice.jumps:
        across |= (names == asset) & (trades.entry_ns < at) & (at <= trades.exit_ns)
    return int((across & (trades.skip == 0)).sum())


def _trades(trades: PolicyTrades, calls: IntArray1D) -> PolicyTrades:
    return replace(trades, call=calls[trades.call])


def row_of(columns: Mapping[str, np.ndarray], i: int) -> dict[str, float | int | None]:
    """Metrics of one policy as plain numbers, None for what does not exist; counts are whole."""
    from quantray.callers.stages.table import COUNTS

    values = {name: plain(column[i]) for name, column in columns.items()}
    return {name: int(v) if name in COUNTS and v is not None else v for name, v in values.items()}


def _neighbours(
    steps: Steps | None, place: Place, columns: Mapping[int, Mapping[str, np.ndarray]], objective: str
) -> tuple[Neighbour, ...]:
    if steps is None or place.best is None:
        return ()
    train, held = columns[TRAIN], columns.get(HELD_OUT)
    return tuple(
        Neighbour(i, change, plain(train[objective][i]), None if held is None else plain(held[objective][i]),
                  int(train["n_trades"][i]))
        for i, change in steps.around(place.best)
    )  # fmt: skip


def _top(place: Place, columns: Mapping[int, Mapping[str, np.ndarray]]) -> tuple[tuple[int, Row, Row | None], ...]:
    held = columns.get(HELD_OUT)
    rows = []
    for i, drawdown in zip(place.top, place.drawdowns, strict=True):
        train = {**row_of(columns[TRAIN], i), "max_drawdown": drawdown}
        rows.append((i, train, None if held is None else row_of(held, i)))
    return tuple(rows)


def _lane(
    store: Store, lane: Lane, winner: Winner, policy: Policy, program: Program, gathered: Mapping[int, Gathered]
) -> tuple[Row, Row | None]:
    plan, rows = store.work.prepared.plan, {}
    daily = plan.account.limited and plan.objective in DAILY
    for part, base in gathered.items():
        some = base
        if lane.spec is not None:
            marks = needs_marks(plan.account, plan.objective)
            some = store.gather(lane.spec, base.calls, marks=marks)
        if lane.at_zero:
            some = store.at_zero(base)
        one = program if lane.spec is None else lane.spec.program([policy])
        block = store.block(some, one, plan.account, lane.costs)
        rows[part] = row_of(block.metrics(store.market(some, part), daily=daily), 0)
    return rows[TRAIN], rows.get(HELD_OUT)


def _verdict(
    store: Store, found: Found, winner: Winner, gathered: Mapping[int, Gathered], parts: Mapping[int, Part],
    train: Mapping[str, np.ndarray], near: Sequence[Neighbour],
) -> Verdict:  # fmt: skip
    """The family are the policies that could have been picked, on the training calls, no account between."""
    work, place = store.work, winner.place
    plan, split, size = work.prepared.plan, work.prepared.split, position(work.prepared.plan.account)
    best = place.top[0]
    rows = np.union1d(eligible_policies(train, plan.objective, plan.bounds), [best])
    program = found.spec.program([found.spec.policies[i] for i in rows.tolist()])
    first = split.train_ns[0]
    family = net_per_day(gathered[TRAIN].tables, program, plan.costs, first, split.last_call_ns[0], size)
    pick = int(np.searchsorted(rows, best))
    held: FloatArray1D | None = None
    if HELD_OUT in gathered and split.held_out_ns is not None:
        one = program.take(np.array([pick]))
        days = (split.held_out_ns[0], split.last_call_ns[1])
        held = net_per_day(gathered[HELD_OUT].tables, one, plan.costs, *days, size)[0]
    values = (place.value, place.held_out_value)
    quality = {**work.prepared.slice.quality, RESCALED: sum(part.jumped for part in parts.values())}
    return judged(plan, family, pick, held, parts[TRAIN].metrics, values, [n.value for n in near], quality,
                  held_metrics=parts[HELD_OUT].metrics if HELD_OUT in parts else None)  # fmt: skip


def eligible_policies(train: Mapping[str, np.ndarray], objective: str, bounds: Bounds) -> IntArray1D:
    """Policies that traded, have an objective and meet every bound whose metric is known."""
    known = {**train, "max_drawdown": np.full(len(train["n_trades"]), -np.inf)}
    fits = np.all(violations(bounds, known) <= 0, axis=1)
    return np.flatnonzero(fits & (train["n_trades"] > 0) & np.isfinite(train[objective]))
