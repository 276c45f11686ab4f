"""Pure objectives and small plans for the tests of searchers and runners."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from quantray.ledger import open_ledger
from quantray.search import make_searcher
from quantray.settings import Runner, Search, Storage
from quantray.space import Candidates, Space, candidate_digest, parse_space
from quantray.sweeps.loop.loop import Sweep
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan, StrategySpec
from quantray.trial import Trial, TrialState

SPACE: Space = parse_space(
    {
        "window": ["am", "pm", "all"],
        "stretch": [0.001, 0.002, 0.005, 0.01, 0.02],
        "hold": [60, 120, 300, 600],
        "take": [25, 50, 75, 100],
        "depth": [1],
    }
)
CONTINUOUS: Space = parse_space({"x": {"low": 0.1, "high": 10.0, "log": True}, "y": {"low": -1.0, "high": 1.0}})
EMPTY = Slice("TEST", (), "nothing")


def score(params: dict[str, Any]) -> Trial:
    """A value with a single best point; a sixth of the points is PRUNED, some FAIL, some are infeasible."""
    digest = candidate_digest(params)
    noise = int(digest[:6], 16) / 0xFFFFFF
    if noise < 0.03:
        return Trial(digest, params, TrialState.FAIL, why="ZeroDivisionError: division by zero")
    if noise < 0.2:
        return Trial(digest, params, TrialState.PRUNED, why="too_few_trades")
    place = sum((i + 1) * (float(v) if not isinstance(v, str) else len(v)) for i, v in enumerate(params.values()))
    return Trial(digest, params, TrialState.COMPLETE, -abs(place - 300) / 100 + noise, (noise - 0.9,))


def evaluate(plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
    return [score(candidates.params(i)) for i in range(len(candidates))]


def slow(plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
    time.sleep(0.2)
    return evaluate(plan, market, candidates)


def make_plan(run_dir: Path, space: Space = SPACE, seed: int = 7, workers: int = 1, **search: Any) -> Plan:
    settings = {"kind": "tpe", "n_trials": 60, "batch": 8, "in_flight": 2, "n_startup_trials": 10, **search}
    return Plan(
        "test", StrategySpec("strategy.none.None"), space, None, run_dir, seed=seed,
        search=Search(**settings), runner=Runner("local", workers), storage=Storage("sqlite"),
    )  # fmt: skip


def open_sweep(plan: Plan, **options: Any) -> Sweep:
    digests = {"seed": str(plan.seed), "search": plan.search.kind}
    ledger = open_ledger(plan.storage, plan.run_dir, plan.study, digests, described={})
    return Sweep(plan, make_searcher(plan.search, plan.space, plan.seed), ledger, **options)


def table(plan: Plan) -> list[tuple[Any, ...]]:
    """What a study holds, in the order of trial numbers."""
    digests = {"seed": str(plan.seed), "search": plan.search.kind}
    with open_ledger(plan.storage, plan.run_dir, plan.study, digests, described={}) as ledger:
        return [(t.number, t.batch, t.digest, t.state, t.value) for t in ledger.trials()]
