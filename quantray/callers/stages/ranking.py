"""From scores to places: constraints, objective, ties, who collapsed. One unit at a time, from the blocks' files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from quantray.arrays import FloatArray1D, IntArray1D, plain
from quantray.callers.metrics import METRICS
from quantray.callers.policies.objective import NO_TRADES, RANKED, Ranking, collapsed, judged, objective, rank
from quantray.callers.split import HELD_OUT, TRAIN
from quantray.callers.stages.scores import ScoreSet
from quantray.callers.stages.store import Store
from quantray.callers.stages.work import TableSpec, Unit
from quantray.outlets import logger
from quantray.plain import amount

_log = logger(__name__)
STATES = (RANKED, "infeasible", NO_TRADES, "unranked")


@dataclass(frozen=True, slots=True)
class Place:
    """What ranking says of one unit; plain values, so that it is stored as JSON."""

    name: str
    state: str
    counts: dict[str, int]  # policies by state
    top: list[int]  # best policies, places in the grid
    drawdowns: list[float | None]  # of these on the training calls, where something asked for them
    value: float | None
    held_out_value: float | None
    collapsed: str
    collapsed_held_out: str | None

    @property
    def best(self) -> int | None:
        return self.top[0] if self.state == RANKED else None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def columns_of(metrics: np.ndarray) -> dict[str, np.ndarray]:
    """Metric -> column [P] of metrics [P, M]."""
    return {name: metrics[:, m] for m, name in enumerate(METRICS)}


def rank_unit(
    store: Store, spec: TableSpec, unit: Unit, train: Mapping[str, np.ndarray], n_parts: IntArray1D
) -> Ranking:
    """Rank the policies [P] of one unit on its training calls; drawdowns are measured where a bound or tie asks."""
    plan = store.work.prepared.plan
    measured = _Drawdowns(store, spec, unit) if plan.account.limited else None
    return rank(train, n_parts, plan.objective, plan.bounds, plan.ties, measured, places=plan.report.top)


class _Drawdowns:
    """Drawdown of some policies at every close of a candle; candles are gathered when the first is asked for."""

    def __init__(self, store: Store, spec: TableSpec, unit: Unit) -> None:
        self.store, self.spec, self.unit = store, spec, unit
        self.found: Any = None

    def __call__(self, rows: IntArray1D) -> FloatArray1D:
        plan, store = self.store.work.prepared.plan, self.store
        if self.found is None:
            gathered = store.gather(self.spec, store.work.calls_of(self.unit, TRAIN), marks=True)
            market = store.market(gathered, TRAIN)
            self.found = gathered, market, market.closes
        gathered, market, closes = self.found
        program = self.spec.program([self.spec.policies[i] for i in rows.tolist()])
        block = store.block(gathered, program, plan.account, plan.costs)
        return block.metrics(market, closes=closes)["max_drawdown"]


def place_of(store: Store, unit: Unit, ranking: Ranking, columns: Mapping[int, Mapping[str, np.ndarray]]) -> Place:
    """The summary of one ranking. ``columns``: part -> metric -> column [P]."""
    plan = store.work.prepared.plan
    top = ranking.order[: plan.report.top].tolist()
    train, held = columns[TRAIN], columns.get(HELD_OUT)
    counts = {state: ranking.state.count(state) for state in STATES}
    state = next(s for s in (RANKED, "infeasible", "unranked", NO_TRADES) if counts[s])
    if not len(store.work.calls_of(unit, TRAIN)):
        state = "no_calls"
    return Place(
        name=unit.name,
        state=state,
        counts=counts,
        top=top,
        drawdowns=[plain(ranking.drawdown[i]) for i in top],
        value=plain(train[plan.objective][top[0]]) if top else None,
        held_out_value=plain(held[plan.objective][top[0]]) if top and held is not None else None,
        collapsed=_collapsed(train, plan.account.initial),
        collapsed_held_out=None if held is None else _collapsed(held, plan.account.initial),
    )


def _collapsed(columns: Mapping[str, np.ndarray], initial: float) -> str:
    return collapsed(columns["final_capital"], columns["n_trades"], initial)


def rank_set(store: Store, spec: TableSpec, scores: ScoreSet, unit: int, n_parts: IntArray1D) -> Ranked:
    """Rank one unit of a set from its files; ``n_parts`` [P] counts the parts of each policy."""
    who = scores.units[unit]
    parts = store.work.prepared.split.parts
    found = zip(parts, scores.columns(unit), strict=True)
    by = store.work.prepared.plan.objective
    columns = {part: judged(columns_of(metrics), by) for part, metrics in found}
    _tell_failed(by, who, columns[TRAIN])
    ranking = rank_unit(store, spec, who, columns[TRAIN], n_parts)
    return Ranked(who, place_of(store, who, ranking, columns), ranking, columns)


def _tell_failed(by: str, who: Unit, columns: Mapping[str, np.ndarray]) -> None:
    """Policies [P] for which an objective of the user's raises are unranked, which is said with its line."""
    judge = objective(by)
    why = judge.judge(columns)[1] if judge.source else {}
    if why:
        n = amount(len(columns["n_trades"]), "policy", "policies")
        _log.warning("%s: %s is unranked for %d of %s: %s", by, who.name, len(why), n, why[min(why)])


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """One unit ranked: the summary, and what the table writes."""

    unit: Unit
    place: Place
    ranking: Ranking
    columns: Mapping[int, Mapping[str, np.ndarray]]
