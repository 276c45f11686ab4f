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

from benchmarks._page import Report
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

SMALL = ["--trials", "32", "--runs", "1"]
FEW = 100  # trials of Optuna's loop on SQLite, which is slow and grows slower
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


def ours(kind: str, trials: int, batch: int, ray: bool) -> tuple[float, float, bool]:
    """Trials a second, the same after the first batch; and whether each is stored once."""
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
        stored = len({trial.digest for trial in ledger.trials()}) == trials == ledger.counts().complete
        ledger.close()
        steady = (trials - batch) / (times[-1] - times[0])
        return trials / seconds, steady, stored


def optuna_loop(sampler: optuna.samplers.BaseSampler, trials: int, storage: str | None = None) -> float:
    """Different trials a second; what it asks a second time it evaluates again."""
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
    return len(seen) / (time.perf_counter() - began)


def main(arguments: Sequence[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ray", action="store_true")
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args(arguments)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    n, runs = given.trials, range(given.runs)
    report = Report("search_rate", f"unique completed trials a second, trivial objective, {n:,} trials of TPE")
    samplers = {"tpe": optuna.samplers.TPESampler, "random": optuna.samplers.RandomSampler}
    beside = {kind: [optuna_loop(sampler(seed=0), n) for _ in runs] for kind, sampler in samplers.items()}
    with tempfile.TemporaryDirectory() as folder:
        stored = [optuna_loop(samplers["tpe"](seed=0), min(n, FEW), f"sqlite:///{folder}/{i}.db") for i in runs]
    for ray in (False, True) if given.ray else (False,):
        for kind, trials, batch in (("tpe", n, 16), ("random", 40 * n, 16), ("random", 40 * n, 256)):
            found = [ours(kind, trials, batch, ray) for _ in runs]
            name = f"{kind}, batch {batch}, on {'Ray' if ray else 'threads'}, stored"
            report.equal(f"{name}: each of {trials:,} different trials is stored once", all(f[2] for f in found))
            rates = [f[0] for f in found]
            other = ("Optuna's loop in memory", beside[kind])
            report.row(name, rates, unit="a second", more=True, beside=other)
            if kind == "tpe":
                other = (f"Optuna's loop on SQLite, {min(n, FEW)} trials", stored)
                report.row(name, rates, unit="a second", more=True, beside=other)
            report.row(f"{name}, after the first batch", [f[1] for f in found], unit="a second", more=True)
    return report


if __name__ == "__main__":
    main()
