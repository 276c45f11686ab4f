"""Whole runs with a made-up objective on any storage, whose evaluations are counted and may be disturbed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from quantray.ledger import open_ledger
from quantray.runner.local import run_local
from quantray.search import make_searcher
from quantray.settings import Runner, Search, Storage
from quantray.space import Candidates
from quantray.sweeps.loop.loop import Sweep
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan, StrategySpec
from quantray.trial import Trial
from tests.builders.objectives import EMPTY, SPACE, score

__all__ = ["EMPTY", "Calls", "made_plan", "rows", "run", "swept"]


class Calls:
    """An objective that keeps the digests of what it was asked for; ``disturb`` is told the number of each call."""

    def __init__(self, disturb: Callable[[int], None] | None = None) -> None:
        self.digests: list[str] = []
        self._disturb, self._calls = disturb, 0

    def __call__(self, plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
        self._calls += 1
        if self._disturb is not None:
            self._disturb(self._calls)
        found = [score(candidates.params(i)) for i in range(len(candidates))]
        self.digests += [trial.digest for trial in found]
        return found


def made_plan(storage: Storage, run_dir: Path, kind: str, *, seed: int = 7, **search: Any) -> Plan:
    settings = {"kind": kind, "n_trials": 60, "batch": 8, "in_flight": 2, **search}
    return Plan(
        "test", StrategySpec("strategy.none.None"), SPACE, None, run_dir, seed=seed,
        search=Search(**settings), runner=Runner("local", 1), storage=storage,
    )  # fmt: skip


def swept(plan: Plan) -> Sweep:
    digests = {"seed": str(plan.seed), "search": plan.search.kind}
    ledger = open_ledger(plan.storage, plan.run_dir, plan.study, digests, described={}, say=lambda _: None)
    return Sweep(plan, make_searcher(plan.search, plan.space, plan.seed), ledger)


def run(plan: Plan, evaluate: Any = None, retries: list[int] | None = None) -> list[tuple[Any, ...]]:
    """Run to the end, or go on; what the study holds then. ``retries`` gets how often a transaction was tried again."""
    sweep = swept(plan)
    try:
        run_local(plan, EMPTY, sweep, evaluate or Calls())
        if retries is not None:
            retries.append(sweep.ledger.database.reconnects)  # type: ignore[attr-defined]
        return _table(sweep.ledger)
    finally:
        sweep.ledger.close()


def rows(plan: Plan) -> list[tuple[Any, ...]]:
    sweep = swept(plan)
    try:
        return _table(sweep.ledger)
    finally:
        sweep.ledger.close()


def _table(ledger: Any) -> list[tuple[Any, ...]]:
    return [
        (t.number, t.batch, t.digest, t.state, t.value, t.violations, tuple(t.params.items())) for t in ledger.trials()
    ]
