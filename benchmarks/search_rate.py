"""Unique completed trials per second with a trivial objective: quantray, persisted, beside Optuna's own loop.

Everything in one run, on the published space of 1,267,200 points, with the plan's default batch, from the first
stored batch on (Ray's workers take seconds to start). Optuna's loop repeats points; only its unique ones are counted.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna

from quantray.ledger import describe, open_ledger
from quantray.plan import Runner, Search, Storage
from quantray.runner.local import run_local
from quantray.runner.sweep import Sweep
from quantray.runner.tune import run_tune
from quantray.search import make_searcher
from quantray.search.distributions import distributions
from quantray.space import Candidates, candidate_digest
from quantray.types import Slice, Trial, TrialState
from tests.data.markets import tiny_slice
from tests.sweeps import sweep_plan

N, RUNS = 300, 3


def trivial(plan: Any, slice: Slice, candidates: Candidates) -> list[Trial]:
    """A value without any work."""
    out = []
    for i in range(len(candidates)):
        params = candidates.params(i)
        out.append(Trial(candidate_digest(params), params, TrialState.COMPLETE, float(params["take_profit_percent"])))
    return out


class Clocked(Sweep):
    """Remembers when batches were stored, so that the start of Ray's workers is told apart from the rate."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.stored: list[tuple[float, int]] = []

    def finish(self, number: int, trials: Any) -> None:
        """Store, and note the time."""
        super().finish(number, trials)
        self.stored.append((time.perf_counter(), len(trials)))

    @property
    def rate(self) -> float:
        """Trials per second from the first stored batch to the last."""
        (first, skipped), (last, _) = self.stored[0], self.stored[-1]
        return (sum(n for _, n in self.stored) - skipped) / (last - first)


def ours(kind: str, n: int, run: Callable[..., Any], batch: int = 16) -> float:
    """Trials per second of one sweep after its first batch, its ledger on SQLite."""
    slice = tiny_slice(1, n_bars=400)
    with tempfile.TemporaryDirectory() as folder:
        plan = sweep_plan(
            search=Search(kind=kind, n_trials=n, batch=batch), run_dir=Path(folder), runner=Runner(workers=2)
        )
        plan = replace(plan, storage=Storage())
        digests = plan.digests(slice.digest, "benchmark")
        with open_ledger(plan.storage, plan.run_dir, plan.study, digests, described=describe(plan)) as ledger:
            sweep = Clocked(plan, make_searcher(plan.search, plan.space, 0), ledger)
            run(plan, slice, sweep, trivial)
            return sweep.rate


def optunas(sampler: str, n: int, url: str | None) -> float:
    """Unique trials per second of Optuna's ask and tell on the same indices."""
    space = distributions(sweep_plan().space)
    make = {"tpe": optuna.samplers.TPESampler, "random": optuna.samplers.RandomSampler}[sampler]
    study = optuna.create_study(direction="maximize", sampler=make(seed=0), storage=url)
    seen = set()
    began = time.perf_counter()
    for _ in range(n):
        trial = study.ask(space)
        seen.add(tuple(trial.params.values()))
        study.tell(trial, float(trial.params["take_profit_percent"]))
    return len(seen) / (time.perf_counter() - began)


def show(name: str, rate: Callable[[], float], runs: int = RUNS) -> None:
    """Median and worst of a few runs."""
    rates = [rate() for _ in range(runs)]
    print(f"{name:48} median {statistics.median(rates):10,.0f}/s   worst {min(rates):10,.0f}/s")


def main() -> None:
    """Print the table of figures."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    run = {"local": run_local, "Ray Tune": run_tune}
    ours("random", 64, run_tune)  # start Ray before the clock
    for kind in ("tpe", "random"):
        for name, runner in run.items():
            show(f"quantray {kind}, {name}, SQLite", lambda k=kind, r=runner: ours(k, N, r))
        show(f"Optuna {kind}, in memory", lambda k=kind: optunas(k, N, None))
        with tempfile.TemporaryDirectory() as folder:
            show(
                f"Optuna {kind}, SQLite",
                lambda k=kind, f=folder: optunas(k, N, f"sqlite:///{f}/{time.time_ns()}.db"),
                1,
            )
    show("quantray random, local, SQLite, batch 512", lambda: ours("random", 10_000, run_local, 512))


if __name__ == "__main__":
    main()
