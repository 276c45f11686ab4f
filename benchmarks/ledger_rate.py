"""Candidates stored per second on each storage: ``python -m benchmarks.ledger_rate``.

Whole runs on ``runner=local`` with an objective that costs nothing and returns 15 metrics: ask, claim, evaluate, store
and tell. The second figure is the ledger alone: claiming and storing, with nothing else in the clock; the third is the
driver's own processor time, which says more on a busy machine. Postgres is the embedded server, on this machine, with
its commits on disk.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks._page import Report
from benchmarks.search_rate import METRICS, NOTHING, SPACE, value
from quantray.ledger import open_ledger
from quantray.runner.local import run_local
from quantray.search import make_searcher
from quantray.settings import Runner, Search, Storage
from quantray.space import Candidates, Digests
from quantray.sweeps.loop.loop import Sweep
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan, StrategySpec
from quantray.trial import Trial, TrialState

SMALL = ["--trials", "128", "--runs", "2"]
FULL = ["--trials", "20480"]
DIGESTS = Digests(SPACE)


def evaluate(plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
    return [
        Trial(d, candidates.params(i), TrialState.COMPLETE, value(d), metrics=METRICS)
        for i, d in enumerate(DIGESTS.of(candidates))
    ]


def timed(work: Any, spent: list[float]) -> Any:
    def call(*arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return work(*arguments)
        finally:
            spent[0] += time.perf_counter() - began

    return call


def rates(storage: Storage, kind: str, batch: int, trials: int, turn: int) -> tuple[float, float, float, bool]:
    """Candidates a second in all and by the ledger alone, seconds of the processor for one; whether all are stored.

    A run of ``trials``, after a tenth of them in another study to warm connections and caches up.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, n in (("warm", max(trials // 10, batch)), ("rate", trials)):
            plan = Plan(
                f"{name}-{kind}-{batch}-{turn}", StrategySpec("none"), SPACE, None, Path(folder), storage=storage,
                search=Search(kind=kind, n_trials=n, batch=batch), runner=Runner("local", 1),
            )  # fmt: skip
            ledger = open_ledger(storage, folder, plan.study, {}, described={})
            spent = [0.0]
            ledger.claim = timed(ledger.claim, spent)  # type: ignore[method-assign]
            ledger.store = timed(ledger.store, spent)  # type: ignore[method-assign]
            sweep = Sweep(plan, make_searcher(plan.search, plan.space, plan.seed), ledger)
            began, used = time.perf_counter(), time.process_time()
            run_local(plan, NOTHING, sweep, evaluate)
            seconds, used = time.perf_counter() - began, time.process_time() - used
            stored = ledger.counts().complete == n == len({trial.digest for trial in ledger.trials()})
            ledger.close()
    return trials / seconds, trials / spent[0], used / trials, stored


def main(arguments: Sequence[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_240)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args(arguments)
    report = Report("ledger_rate", "candidates stored a second on each storage, with 15 metrics")
    with tempfile.TemporaryDirectory(prefix="quantray-bench-") as folder:
        for storage in (Storage("memory"), Storage("sqlite"), Storage("postgres_embedded", folder)):
            for kind, batch in (("random", 64), ("random", 256), ("random", 1024), ("qmc", 256)):
                found = [rates(storage, kind, batch, given.trials, turn) for turn in range(given.runs)]
                name = f"{storage.kind}, {kind}, batch {batch}"
                report.equal(f"{name}: each of {given.trials:,} candidates is stored once", all(f[3] for f in found))
                report.row(f"{name}: whole run", [f[0] for f in found], unit="a second", more=True)
                report.row(f"{name}: the ledger alone", [f[1] for f in found], unit="a second", more=True)
                report.row(f"{name}: processor of the driver, a candidate", [f[2] for f in found])
    return report


if __name__ == "__main__":
    main()
