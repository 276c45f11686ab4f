"""Unique completed trials per second, persisted, against Optuna's own loop: ``python -m benchmarks.search_rate``.

A trivial objective on the default space, so that what is measured is sampling, deduplication, claiming, storing and
scheduling. ``--ray`` also runs on Ray Tune (the rate without its start-up is given too).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import optuna

from quantray.ledger import open_ledger
from quantray.runner.local import run_local
from quantray.search import make_searcher
from quantray.settings import Runner, Search
from quantray.space import Candidates, candidate_digest, parse_space
from quantray.sweeps.loop.loop import Sweep
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan, StrategySpec
from quantray.trial import Trial, TrialState
from tests.builders import sweep_plans

SPACE = parse_space(sweep_plans.SPACE)
NOTHING = Slice("NONE", (), "no data")
METRICS = {f"metric_{i}": float(i) for i in range(15)}


def value(digest: str) -> float:
    return int(digest[:8], 16) / 0xFFFFFFFF


def evaluate(plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
    digests = [candidate_digest(candidates.params(i)) for i in range(len(candidates))]
    return [
        Trial(d, candidates.params(i), TrialState.COMPLETE, value(d), metrics=METRICS) for i, d in enumerate(digests)
    ]


def ours(kind: str, trials: int, batch: int, ray: bool) -> str:
    with tempfile.TemporaryDirectory() as folder:
        search = Search(kind=kind, n_trials=trials, batch=batch)
        runner = Runner("ray" if ray else "local")
        plan = Plan("bench", StrategySpec("none"), SPACE, None, Path(folder), search=search, runner=runner)
        ledger = open_ledger(plan.storage, plan.run_dir, plan.study, {}, described={})
        sweep = Sweep(plan, make_searcher(plan.search, plan.space, plan.seed), ledger)
        times: list[float] = []
        store = sweep.finish

        def finish(number: int, found: Sequence[Trial]) -> None:
            store(number, found)
            times.append(time.perf_counter())

        sweep.finish = finish  # type: ignore[method-assign]
        began = time.perf_counter()
        if ray:
            from quantray.runner.tune import run_tune

            run_tune(replace(plan, runner=runner), NOTHING, sweep, evaluate)
        else:
            run_local(plan, NOTHING, sweep, evaluate)
        seconds = time.perf_counter() - began
        ledger.close()
        steady = (trials - batch) / (times[-1] - times[0])
        dup = sum(sweep.duplicates.values())
        return f"{trials / seconds:8.0f}/s  ({steady:.0f}/s after the first batch, {dup} duplicate asks)"


def optuna_loop(sampler: optuna.samplers.BaseSampler, trials: int, storage: str | None = None) -> str:
    study = optuna.create_study(direction="maximize", sampler=sampler, storage=storage)
    seen = set()
    began = time.perf_counter()
    for _ in range(trials):
        trial = study.ask()
        params = {
            d.name: d.values[trial.suggest_int(d.name, 0, len(d.values) - 1)]
            if d.ordered
            else trial.suggest_categorical(d.name, d.values)
            for d in SPACE.dimensions
            if d.values is not None
        }
        digest = candidate_digest(params)
        seen.add(digest)
        study.tell(trial, value(digest))
    seconds = time.perf_counter() - began
    return f"{len(seen) / seconds:8.0f}/s  ({trials / seconds:.0f} asks/s, {trials - len(seen)} duplicates evaluated)"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--ray", action="store_true")
    arguments.add_argument("--trials", type=int, default=500)
    given = arguments.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    n = given.trials
    print("unique completed trials per second")
    print("optuna TPE in memory       ", optuna_loop(optuna.samplers.TPESampler(seed=0), n))
    with tempfile.TemporaryDirectory() as folder:
        print(
            "optuna TPE on SQLite       ",
            optuna_loop(optuna.samplers.TPESampler(seed=0), n, f"sqlite:///{folder}/o.db"),
        )
    print("optuna random in memory    ", optuna_loop(optuna.samplers.RandomSampler(seed=0), n))
    for ray in (False, True) if given.ray else (False,):
        name = "ray  " if ray else "local"
        print(f"quantray TPE, {name}, stored", ours("tpe", n, 16, ray))
        for batch in (16, 256):
            print(f"quantray random, {name}, stored, batch {batch}", ours("random", 40 * n, batch, ray))


if __name__ == "__main__":
    main()
