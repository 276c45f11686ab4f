"""What quantray costs beside the evaluation itself: ``python -m benchmarks.overhead [--ray]``.

1. An objective that sleeps 50 ms, random search: the share of the workers' time that is spent in it, after warm-up.
2. A trivial objective, TPE: unique candidates per second stored in SQLite, against the same searcher in memory with
   nothing around it, at the same batch and number of trials; Optuna's own loop stands beside it.
3. With ``--ray`` both on Ray Tune, and Tune's plain way (a trial a candidate, Optuna's sampler behind it).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna

from benchmarks._page import Report
from benchmarks.search_rate import NOTHING, SPACE, evaluate, optuna_loop
from quantray.ledger import open_ledger
from quantray.runner import cluster
from quantray.search import make_searcher
from quantray.settings import Runner, Search
from quantray.space import Candidates, candidate_digest
from quantray.sweeps.loop.loop import Sweep
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan, StrategySpec
from quantray.trial import Trial, TrialState

SMALL = ["--trials", "32", "--seconds", "2", "--repeat", "1"]
FULL = ["--seconds", "10"]
PAUSE_S = 0.05
FEW = 100  # trials of Optuna's loop on SQLite, which is slow and grows slower
WARM_UP = 2  # batches a worker that are not counted


def sleeping(plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
    """Each candidate sleeps; the batch's first trial says when and where it was evaluated."""
    began = time.monotonic()
    time.sleep(PAUSE_S * len(candidates))
    facts = {"began": began, "ended": time.monotonic(), "worker": float(os.getpid() + threading.get_ident() % 1e6)}
    params = [candidates.params(i) for i in range(len(candidates))]
    return [Trial(candidate_digest(p), p, TrialState.COMPLETE, 0.0, metrics=facts) for p in params]


def sweep(kind: str, trials: int, batch: int, ray: bool, work: Callable[..., Any]) -> tuple[list[Trial], float]:
    """Run one sweep with two workers, stored in SQLite: its trials, and its rate after the first stored batch."""
    with tempfile.TemporaryDirectory() as folder:
        search = Search(kind=kind, n_trials=trials, batch=batch, in_flight=4 if work is sleeping else 2)
        runner = Runner("ray" if ray else "local", 2)
        plan = Plan("bench", StrategySpec("none"), SPACE, None, Path(folder), search=search, runner=runner)
        with closing(open_ledger(plan.storage, plan.run_dir, plan.study, {}, described={})) as ledger:
            driver = Sweep(plan, make_searcher(plan.search, plan.space, plan.seed), ledger)
            ended: list[float] = []
            store = driver.finish

            def finish(number: int, found: Any) -> None:
                store(number, found)
                ended.append(time.perf_counter())

            driver.finish = finish  # type: ignore[method-assign]
            if ray:
                from quantray.runner.tune import run_tune as run
            else:
                from quantray.runner.local import run_local as run
            run(plan, NOTHING, driver, work)
            return list(ledger.trials()), (trials - batch) / (ended[-1] - ended[0])


def share(trials: list[Trial]) -> float:
    """Of the workers' time between the end of warm-up and the last start of a batch: the part in the objective."""
    spans: dict[float, set[tuple[float, float]]] = {}
    for trial in trials:
        m = trial.metrics
        spans.setdefault(float(m["worker"] or 0), set()).add((float(m["began"] or 0), float(m["ended"] or 0)))
    lanes = [sorted(lane) for lane in spans.values() if len(lane) > WARM_UP]
    first, last = max(lane[WARM_UP - 1][1] for lane in lanes), min(lane[-1][0] for lane in lanes)
    busy = sum(max(0.0, min(b, last) - max(a, first)) for lane in lanes for a, b in lane)
    return busy / (len(lanes) * (last - first))


def in_memory(trials: int, batch: int) -> float:
    """Unique candidates per second of the searcher alone, after its first batch: same order, nothing stored."""
    search = Search(kind="tpe", n_trials=trials, batch=batch, in_flight=2)
    plan = Plan("bench", StrategySpec("none"), SPACE, None, Path("none"), search=search)
    searcher, waiting, ended = make_searcher(search, SPACE, 0), [], []

    def tell() -> None:
        earlier = waiting.pop(0)
        searcher.tell(earlier.number, evaluate(plan, NOTHING, earlier.candidates))
        ended.append(time.perf_counter())

    for number in range(-(-trials // batch)):
        if len(waiting) == search.in_flight:
            tell()
        waiting.append(searcher.ask(number, min(batch, trials - number * batch)))
    while waiting:
        tell()
    return (trials - batch) / (ended[-1] - ended[0])


def tune_plain(trials: int) -> float:
    """Candidates per second of Ray Tune used as its documentation does, after its first trial."""
    from ray import tune
    from ray.tune.search.optuna import OptunaSearch

    ended: list[float] = []

    class Clock(tune.Callback):
        def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
            ended.append(time.perf_counter())

    space = {d.name: tune.choice(list(d.values or ())) for d in SPACE.dimensions}
    folder = tempfile.mkdtemp()  # Tune looks there again after its end
    with contextlib.ExitStack() as last:
        last.callback(shutil.rmtree, folder, ignore_errors=True)
        tuner = tune.Tuner(
            lambda config: {"value": float(len(config))},
            param_space=space,
            tune_config=tune.TuneConfig(
                metric="value", mode="max", search_alg=OptunaSearch(), num_samples=trials, max_concurrent_trials=2
            ),
            run_config=tune.RunConfig(storage_path=folder, verbose=0, callbacks=[Clock()]),
        )
        with cluster.quiet():
            tuner.fit()
    return (len(ended) - 1) / (ended[-1] - ended[0])


def main(arguments: Sequence[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ray", action="store_true", help="on Ray Tune too")
    parser.add_argument("--trials", type=int, default=500, help="of TPE (500)")
    parser.add_argument("--seconds", type=float, default=4.0, help="of sleeping, about, for each figure (4)")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each (3)")
    given = parser.parse_args(arguments)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    report = Report("overhead", f"what stands around an evaluation: sleeps of {1000 * PAUSE_S:.0f} ms, and none at all")
    runners, runs = [("threads", False), *([("Ray Tune", True)] if given.ray else [])], range(given.repeat)
    sleeps, n = int(given.seconds * 2 / PAUSE_S), given.trials
    for name, ray in runners:
        for batch in (8, 16):
            found = [sweep("random", sleeps, batch, ray, sleeping)[0] for _ in runs]
            what = f"share of two workers' time in the objective, {name}, batch {batch}"
            report.equal(f"{name}, batch {batch}: each of {sleeps} sleeps is stored once", all(
                len({trial.digest for trial in trials}) == sleeps for trials in found))  # fmt: skip
            report.row(what, [100 * share(trials) for trials in found], unit="%", more=True)
    alone = [in_memory(n, 16) for _ in runs]
    loops = [optuna_loop(optuna.samplers.TPESampler(seed=0), n) for _ in runs]
    with tempfile.TemporaryDirectory() as folder:
        storages = [f"sqlite:///{folder}/{i}.db" for i in runs]
        stored = [optuna_loop(optuna.samplers.TPESampler(seed=0), min(n, FEW), storage) for storage in storages]
    others = [
        ("the searcher alone in memory", alone),
        ("Optuna's loop in memory", loops),
        (f"the same on SQLite, {min(n, FEW)} trials", stored),
    ]
    for name, ray in runners:
        rates = [sweep("tpe", n, 16, ray, evaluate)[1] for _ in runs]
        for other in others:
            what, bound = f"unique TPE candidates, {name}, in SQLite", other is others[0]
            report.row(what, rates, unit="a second", more=True, beside=other, bound=bound)
        if ray:  # in the Ray that is there, with the settings for quiet that we use ourselves
            plain = ("Tune, a trial a candidate, its OptunaSearch", [tune_plain(30)])
            report.row("unique TPE candidates, Ray Tune, in SQLite", rates, unit="a second", more=True, beside=plain)
    return report


if __name__ == "__main__":
    main()
