"""How candidates come out on one part of the data: the two doors to ``evaluate``, for many candidates and for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, FloatArray2D, IntArray1D, plain
from quantray.space import Candidates, candidate_digest
from quantray.sweeps.candidates import Prepared
from quantray.sweeps.evaluate import evaluate, measured, metrics_of, trades
from quantray.sweeps.market import Outline, Slice
from quantray.sweeps.metrics import Metrics
from quantray.sweeps.objective import objective, violations
from quantray.sweeps.plan import Plan
from quantray.sweeps.trades import Trades
from quantray.trial import Trial, TrialState

TOO_FEW = "too_few_trades"  # why a candidate was pruned
COMPLETE, PRUNED, FAIL = 0, 1, 2  # codes of states, in the order of TrialState


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Candidates [N] with their metrics, and what the plan makes of them."""

    metrics: Metrics
    state: IntArray1D  # [N] COMPLETE, PRUNED or FAIL
    value: FloatArray1D  # [N] the objective, in its own unit; NaN where there is none
    violations: FloatArray2D  # [N, bounds] how far outside each bound, feasible where all <= 0

    def __len__(self) -> int:
        return len(self.state)

    @property
    def allowed(self) -> BoolArray1D:
        """Whether every bound is met, [N]."""
        return np.asarray((self.violations <= 0).all(axis=1))

    @property
    def ranked(self) -> FloatArray1D:
        """Value of the feasible candidates, NaN elsewhere, [N]."""
        return np.where(self.allowed, self.value, np.nan)

    def family(self, min_trades: int) -> BoolArray1D:
        """Who has enough trades, whatever else came out, [N]."""
        return np.asarray((self.state != FAIL) & (self.metrics.columns["n_trades"] >= min_trades))

    def counts(self) -> list[int]:
        """How many are COMPLETE, PRUNED and FAIL."""
        return [int((self.state == k).sum()) for k in (COMPLETE, PRUNED, FAIL)]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The trades of one candidate on one part of the data, with its metrics there."""

    slice: Slice
    trades: Trades
    metrics: Mapping[str, float | int | None]
    value: float | None = None  # the objective on this part; None where it does not exist

    @property
    def session_net(self) -> FloatArray1D:
        """Net of each session in currency, 0 without a trade, [sessions]."""
        return np.bincount(self.trades.session, self.trades.net, len(self.slice)).astype(np.float64)


def score(plan: Plan, market: Slice, candidates: Candidates, *, full: bool = True) -> Scores:
    """Evaluate candidates [N] on the slice; ``full=False`` computes the core metrics alone (see ``evaluate``)."""
    return scored(plan, evaluate(plan, market, candidates, full=full))


def score_prepared(plan: Plan, market: Outline, prepared: Prepared) -> Scores:
    """Every metric of candidates whose tables were built before."""
    return scored(plan, measured(plan, market, prepared, True))


def scored(plan: Plan, metrics: Metrics) -> Scores:
    """What the plan's objective, least number of trades and bounds make of the metrics of candidates [N]."""
    value, why = objective(plan.objective).judge(metrics.columns)
    if why:
        metrics = replace(metrics, why={**why, **metrics.why})
    state = np.zeros(len(metrics), np.int8)
    state[~np.isfinite(value)] = PRUNED
    state[metrics.columns["n_trades"] < plan.constraints.min_trades] = PRUNED
    state[list(metrics.why)] = FAIL
    value[state != COMPLETE] = np.nan
    return Scores(metrics, state, value, violations(plan.constraints, metrics.columns, len(metrics)))


def trial_of(plan: Plan, scores: Scores, i: int, params: Mapping[str, Any]) -> Trial:
    """Candidate ``i`` of those that were scored, which has these parameters, as a trial."""
    metrics, state = scores.metrics, int(scores.state[i])
    few = metrics.columns["n_trades"][i] < plan.constraints.min_trades
    why = (None, TOO_FEW if few else objective(plan.objective).absent, metrics.why.get(i))[state]
    failed = state == FAIL
    return Trial(
        digest=candidate_digest(params),
        params=params,
        state=tuple(TrialState)[state],
        value=plain(scores.value[i]),
        violations=() if failed else tuple(scores.violations[i].tolist()),
        metrics={} if failed else metrics.row(i),
        session_net=() if failed else tuple(metrics.session_net[i].tolist()),
        why=why,
    )


def score_trials(plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
    """The candidates as trials, in their order: what a sampled search stores."""
    scores = score(plan, market, candidates)
    return [trial_of(plan, scores, i, candidates.params(i)) for i in range(len(candidates))]


def sample(plan: Plan, market: Slice, params: Mapping[str, Any]) -> Sample:
    """Trades and metrics of one candidate on a part of the data. Raises what keeps it from being evaluated."""
    made = trades(plan, market, params)
    one = Candidates.of([dict(params)]) if params else Candidates((), (), np.zeros((1, 0), np.int32))
    metrics = evaluate(plan, market, one)
    row = metrics.row(0)
    return Sample(market, made, row, None if metrics.why else objective(plan.objective).value(row))


def resampled(plan: Plan, made: Sample, drawn: IntArray1D) -> float:
    """The objective of a sample's candidate on ``drawn`` [units] of its sessions, drawn again or not; NaN: none.

    Trades stay as they were made: limits of capital are not applied anew.
    """
    t = made.trades
    first, last = (np.searchsorted(t.session, drawn, side) for side in ("left", "right"))
    counts = last - first
    rows = np.repeat(first - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) + np.arange(counts.sum())
    columns = {f.name: getattr(t, f.name)[rows] for f in fields(t)}
    again = Trades(**{**columns, "session": np.repeat(np.arange(len(drawn)), counts)})
    columns = metrics_of(again, float(made.slice.sessions[0].interval_s), len(drawn))
    judged = objective(plan.objective)
    return float(judged.judge({name: columns[name] for name in judged.metrics})[0][0])
