"""Stage C, winners: trades, equity, neighbours and lanes of each unit's peak and pick."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from quantray.arrays import IntArray1D, plain
from quantray.callers.market import Calls
from quantray.callers.policies.evaluate import PolicyTrades
from quantray.callers.policies.objective import judged
from quantray.callers.policies.policy import Policy
from quantray.callers.policies.program import Program
from quantray.callers.results import Chosen, Neighbour, Part, Row, Surviving, UnitResult
from quantray.callers.split import DROPPED, HELD_OUT, TRAIN
from quantray.callers.stages.lanes import Lane
from quantray.callers.stages.levels import Steps
from quantray.callers.stages.ranking import columns_of
from quantray.callers.stages.scores import measured, needs_marks
from quantray.callers.stages.store import Gathered, Store
from quantray.callers.stages.survival import Found, Winner
from quantray.callers.stages.warmup import warm
from quantray.callers.stages.work import TableSpec, Work

#: Points of an equity curve that a chart shows.
POINTS = 2_000


def examiner(
    work: Work, found: Sequence[Found], lanes: Sequence[Lane], marked: TableSpec
) -> Callable[[tuple[Winner, Surviving]], UnitResult]:
    """What a worker does with a unit: everything that its report shows, of the peak and of the pick."""
    work.check_visible()
    warm()
    store, steps = Store(work, marked), Steps(work.prepared.plan.policies)

    def examine(row: tuple[Winner, Surviving]) -> UnitResult:
        winner, surviving = row
        base, mine = replace(unit_result(work, winner), surviving=surviving), found[winner.found]
        if winner.place.best is None:
            return base
        return Examined(store, mine, lanes, steps if mine.numbered else None, winner).told(base)

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
        edited=edited_share(work.prepared.calls, rows),
    )


def edited_share(calls: Calls, rows: IntArray1D) -> float | None:
    """Of the calls in ``rows`` [k] of which it is known whether they were edited, the share that was."""
    if calls.edited is None:
        return None
    known = calls.edited[rows]
    known = known[known >= 0]
    return float((known == 1).mean()) if len(known) else None


class Examined:
    """One unit with a best policy: its tables are gathered once for whatever is told of it."""

    def __init__(
        self, store: Store, found: Found, lanes: Sequence[Lane], steps: Steps | None, winner: Winner
    ) -> None:  # fmt: skip
        work = store.work
        self.store, self.found, self.lanes, self.steps, self.winner = store, found, lanes, steps, winner
        self.plan = work.prepared.plan
        self.gathered = {
            part: store.gather(found.spec, work.calls_of(winner.unit, part), marks=self.plan.account.limited)
            for part in work.prepared.split.parts
        }
        metrics = found.scores.columns(winner.number)
        found_columns = zip(self.gathered, metrics, strict=True)
        self.columns = {part: judged(columns_of(m), self.plan.objective) for part, m in found_columns}
        self.every = self.plan.report.held_out == "all"  # whether held-out values of the others are looked at

    def told(self, base: UnitResult) -> UnitResult:
        """The unit with its peak, and with the survivor that was picked."""
        place, surviving = self.winner.place, base.surviving
        assert place.best is not None
        peak = self.chosen("peak", place.best)
        found = replace(
            base,
            best=peak.number,
            policy=peak.policy,
            value=peak.value,
            held_out_value=peak.held_out_value,
            train=peak.train,
            held_out=peak.held_out,
            neighbours=peak.neighbours,
            lanes=peak.lanes,
            top=self._top() if self.found.numbered else (),
        )
        if surviving is None or surviving.pick is None:
            return found
        pick = peak if surviving.pick.number == place.best else self.chosen("pick", surviving.pick.number)
        return replace(found, pick=replace(
            pick, name="pick", statistic=surviving.pick.statistic, reason=surviving.pick.reason
        ))  # fmt: skip

    def chosen(self, name: str, at: int) -> Chosen:
        """Everything of policy ``at`` of the set that was ranked."""
        policy, objective = self.found.spec.policies[at], self.plan.objective
        program = self.found.spec.program([policy])
        parts = {part: part_of(self.store, program, some, part) for part, some in self.gathered.items()}
        values = {part: plain(columns[objective][at]) for part, columns in self.columns.items()}
        lanes = {
            lane.name: _lane(self.store, lane, self.found.spec, policy, program, self.gathered) for lane in self.lanes
            if self._asked(lane, policy)
        }  # fmt: skip
        return Chosen(
            name, at if self.found.numbered else None, policy, values[TRAIN], values.get(HELD_OUT), parts[TRAIN],
            parts.get(HELD_OUT), neighbours=self._neighbours(at), lanes=lanes,
        )  # fmt: skip

    def _asked(self, lane: Lane, policy: Policy) -> bool:
        """Whether a lane differs from the ranking's own market for this unit and policy."""
        if lane.unedited:
            changed = self.store.work.prepared.calls.changed
            return any(bool(changed[some.calls].any()) for some in self.gathered.values())
        return not lane.raising or (lane.spec is not None and policy in lane.spec.policies)

    def _neighbours(self, at: int) -> tuple[Neighbour, ...]:
        if self.steps is None:
            return ()
        objective, train, held = self.plan.objective, self.columns[TRAIN], self.columns.get(HELD_OUT)
        return tuple(
            Neighbour(i, change, plain(train[objective][i]),
                      plain(held[objective][i]) if held is not None and self.every else None,
                      int(train["n_trades"][i]))
            for i, change in self.steps.around(at)
        )  # fmt: skip

    def _top(self) -> tuple[tuple[int, Row, Row | None], ...]:
        held, place = self.columns.get(HELD_OUT) if self.every else None, self.winner.place
        rows = []
        for i, drawdown in zip(place.top, place.drawdowns, strict=True):
            train = {**row_of(self.columns[TRAIN], i), "max_drawdown": drawdown}
            rows.append((i, train, None if held is None else row_of(held, i)))
        return tuple(rows)


def part_of(store: Store, program: Program, gathered: Gathered, part: int) -> Part:
    """The one policy of the program on one part: metrics with the drawdown at every close, trades, thinned equity."""
    plan = store.work.prepared.plan
    block, market = store.block(gathered, program, plan.account, plan.costs), store.market(gathered, part)
    closes = market.closes if plan.account.limited else np.zeros(0, np.int64)
    found = judged(block.metrics(market, closes=closes, daily=plan.account.limited), plan.objective)
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
    """Metrics of policy ``i`` of ``columns`` [P] as plain numbers, None for what does not exist; counts are whole."""
    from quantray.callers.stages.table import COUNTS

    values = {name: plain(column[i]) for name, column in columns.items()}
    return {name: int(v) if name in COUNTS and v is not None else v for name, v in values.items()}


def _lane(
    store: Store, lane: Lane, spec: TableSpec, policy: Policy, program: Program, gathered: Mapping[int, Gathered]
) -> tuple[Row, Row | None]:
    """One lane of a policy that was found on the tables of ``spec``, in training and held out."""
    plan, rows = store.work.prepared.plan, {}
    for part, base in gathered.items():
        some = base
        if lane.spec is not None or lane.unedited:
            calls = base.calls[~store.work.prepared.calls.changed[base.calls]] if lane.unedited else base.calls
            some = store.gather(lane.spec or spec, calls, marks=needs_marks(plan.account, plan.objective))
        if lane.at_zero:
            some = store.at_zero(base)
        one = program if lane.spec is None else lane.spec.program([policy])
        block = store.block(some, one, plan.account, lane.costs)
        found = measured(block, store.market(some, part), plan.account, plan.objective)
        rows[part] = row_of(judged(found, plan.objective), 0)
    return rows[TRAIN], rows.get(HELD_OUT)
