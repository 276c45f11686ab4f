"""How the driver's memory grows with a study: ``python -m benchmarks.driver_memory``.

Real runs through ``runner=local`` on a real ledger, with a black-box objective that costs nothing and returns 15
metrics. Each search runs in a process of its own; resident memory is read at every tenth of the run, and the slope of
a line through those readings after the first fifth (where caches and pools fill) is printed per 10,000 trials.
``--postgres`` keeps the ledger on an embedded server.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks._page import Report
from quantray.ledger import open_ledger
from quantray.runner.local import run_local
from quantray.search import make_searcher
from quantray.settings import Runner, Search, Storage
from quantray.space import Candidates, Digests, Space, parse_space
from quantray.sweeps.loop.loop import Sweep
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan, StrategySpec
from quantray.trial import Trial, TrialState

TABLE = {
    "window": ["9:30-10:30", "9:30-12:00", "12:00-15:00", "15:00-15:45", "9:30-15:45"],
    "stretch": [0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008, 0.01, 0.015, 0.02],
    "reclaim": [0.4, 0.5, 0.6, 0.7, 0.8],
    "cooldown": [60, 90, 120, 180, 300, 600],
    "profit": [25, 35, 50, 60, 70, 80, 90, 100],
    "loss": [-25, -35, -50, -60, -70, -80, -90, -100],
    "hold": [60, 120, 180, 240, 300, 600],
    "mode": ["itm", "otm"],
}
ENDLESS = {**TABLE, "stretch": {"low": 0.001, "high": 0.02, "log": True}}
SMALL = ["--share", "0.02", "--cases", "random", "tpe"]
FULL = ["--share", "1"]
METRICS = {f"metric_{i}": float(i) for i in range(15)}
MB = 1 << 20
#: Name: space, search, batch, trials, MB per 10,000 trials at most.
CASES = {
    "random": (TABLE, "random", 256, 100_000, 2.0),
    "qmc": (TABLE, "qmc", 256, 100_000, 2.0),
    "random, continuous": (ENDLESS, "random", 256, 100_000, 2.0),
    "qmc, continuous": (ENDLESS, "qmc", 256, 100_000, 2.0),
    "tpe": (TABLE, "tpe", 64, 5_000, 30.0),
}


class BlackBox:
    """Trials of a batch, and the resident memory of this process whenever another ``step`` of them is done."""

    def __init__(self, space: Space, step: int) -> None:
        self._digests, self._step, self._done = Digests(space), step, 0
        self.readings: list[tuple[int, int]] = []

    def __call__(self, plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
        if self._done // self._step > len(self.readings):
            gc.collect()
            self.readings.append((self._done, resident()))
        self._done += len(candidates)
        return [
            Trial(d, candidates.params(i), TrialState.COMPLETE, int(d[:8], 16) / 2**32, metrics=METRICS)
            for i, d in enumerate(self._digests.of(candidates))
        ]


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def measure(case: str, storage: Storage, trials: int) -> list[tuple[int, int]]:
    spec, kind, batch, _, _ = CASES[case]
    space = parse_space(spec)
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(
            "memory", StrategySpec("none"), space, None, Path(folder), storage=storage,
            search=Search(kind=kind, n_trials=trials, batch=batch), runner=Runner("local", 1),
        )  # fmt: skip
        ledger = open_ledger(plan.storage, plan.run_dir, plan.study, {}, described={})
        sweep = Sweep(plan, make_searcher(plan.search, plan.space, plan.seed), ledger)
        box = BlackBox(space, trials // 20)
        run_local(plan, Slice("NONE", (), "no data"), sweep, box)
        box.readings.append((trials, resident()))
        assert ledger.counts().complete == trials
        ledger.close()
    return box.readings


def slope(readings: list[tuple[int, int]]) -> float:
    """MB per 10,000 trials, by least squares over all but the first fifth."""
    later = np.array(readings[len(readings) // 5 :], float)
    return float(np.polyfit(later[:, 0], later[:, 1], 1)[0]) * 10_000 / MB


def main(arguments: Sequence[str] | None = None) -> Report | None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--share", type=float, default=0.5, help="of the trials of each case")
    parser.add_argument("--case", choices=CASES, help="run one case here and print its readings")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    given = parser.parse_args(arguments)
    if given.case:
        storage = Storage("postgres_embedded" if given.postgres else "sqlite")
        print(json.dumps(measure(given.case, storage, int(CASES[given.case][3] * given.share))))
        return None
    report = Report("driver_memory", "growth of the driver's memory with a study")
    for case in given.cases:
        _, _, _, trials, limit = CASES[case]
        command = [sys.executable, "-m", "benchmarks.driver_memory", "--case", case, "--share", str(given.share)]
        done = subprocess.run([*command, *["--postgres"] * given.postgres], check=True, capture_output=True, text=True)
        readings = json.loads(done.stdout)
        n = int(trials * given.share)
        report.equal(f"{case}: each of {n:,} trials is stored", readings[-1][0] == n)
        report.row(f"{case}: growth per 10,000 trials", [slope(readings)], beside=("the limit set", [limit]), unit="MB")
        report.row(f"{case}: memory after {n:,} trials", [readings[-1][1] / MB], unit="MB")
    return report


if __name__ == "__main__":
    main()
