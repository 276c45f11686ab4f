"""The published table of 1,267,200 points on 3 synthetic sessions of one-second data: time, and ratio to the naive way.

    python -m benchmarks.options_table [--points N]

The naive way is the same compiled kernels asked one candidate at a time; the slow one is the plain-Python reference of
the tests, which every kernel equals to the last bit.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks._page import Report, in_turns
from quantray.runner.spread import spread
from quantray.sweeps.data import load
from quantray.sweeps.data.settings import DataSettings, SyntheticSettings
from quantray.sweeps.evaluate import evaluate
from quantray.sweeps.grid.points import evaluate_core, evaluate_full, ranges
from quantray.sweeps.metrics import METRICS
from tests.builders.sweep_plans import FIXED, SPACE, sweep_plan
from tests.reference import options_sweep as reference

SMALL = ["--points", "2000"]


def whole_table(plan: Any, market: Any, work: Any, workers: int) -> int:
    """Evaluate every point without writing files; returns how many."""
    parts = spread(plan, market, ranges(plan, len(market)), work, kind="local", workers=workers)
    return sum(len(part.scores) for _, part in parts)


def mismatch(plan: Any, market: Any, numbers: np.ndarray) -> tuple[float, int, list[float]]:
    """Largest difference of any metric from the slow reference; its trades, and its seconds for each candidate."""
    fast = evaluate(plan, market, plan.space.candidates(numbers))
    worst, trades, seconds = 0.0, 0, []
    for i, number in enumerate(numbers):
        began = time.perf_counter()
        found = reference.run(market.sessions, {**FIXED, **plan.space.point(int(number))})
        slow = reference.metrics(*found, market.sessions[0].interval_s)
        seconds.append(time.perf_counter() - began)
        row = fast.row(i)
        trades += len(found[0])
        for name in METRICS:
            same = row[name] is None or slow[name] is None
            gap = float(row[name] != slow[name]) if same else abs(row[name] - slow[name])
            worst = max(worst, gap)
    return worst, trades, seconds


def smaller(points: int) -> dict[str, list[Any]]:
    """The published space, its longest dimensions cut until it has at most so many points."""
    space = {name: list(values) for name, values in SPACE.items()}
    while np.prod([len(values) for values in space.values()]) > points:
        max(space.values(), key=len).pop()
    return space


def main(arguments: Sequence[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=1_267_200, help="of the table, at most")
    given = parser.parse_args(arguments)
    market = load(DataSettings(synthetic=SyntheticSettings(sessions=3)))
    plan = sweep_plan(smaller(given.points))
    size = plan.space.size or 0
    what = f"{size:,} points over {len(market)} sessions of {market.sessions[0].n_bars:,} bars"
    report = Report("options_table", what)
    some = np.random.default_rng(7).choice(size, max(min(300, size // 200), 5), replace=False)
    worst, trades, slow = mismatch(plan, market, some)
    report.equal(f"every metric of {len(some)} candidates with {trades:,} trades is that of the plain Python reference",
                 worst == 0)  # fmt: skip
    core, two, full = in_turns([
        lambda: whole_table(plan, market, evaluate_core, 1),
        lambda: whole_table(plan, market, evaluate_core, 2),
        lambda: whole_table(plan, market, evaluate_full, 2),
    ])  # fmt: skip
    alone = []
    for number in np.random.default_rng(1).integers(size, size=max(min(200, size // 200), 5)):
        began = time.perf_counter()
        evaluate(plan, market, plan.space.candidates([number]))
        alone.append(time.perf_counter() - began)
    report.row("whole table, core metrics, 1 core", core)
    report.row("whole table, core metrics, 2 cores", two)
    report.row("whole table, all metrics, 2 cores", full)
    report.row("one candidate alone, all metrics", alone, beside=("plain Python", slow))
    each = [seconds / size for seconds in core]
    report.row("a point of the whole table, core metrics, 1 core", each, beside=("one candidate alone", alone))
    report.row("a point of the whole table, core metrics, 1 core", each, beside=("plain Python", slow))
    return report


if __name__ == "__main__":
    main()
