"""The published table of 1,267,200 points on 3 synthetic sessions of one-second data: time, and ratio to the naive way.

The naive way is the same compiled kernels asked one candidate at a time; the slow one is the plain-Python reference of
the tests, which every kernel equals to the last bit. Worst and median of several runs: machines are noisy.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from quantray.runner.spread import spread
from quantray.sweeps.data import load
from quantray.sweeps.data.settings import DataSettings, SyntheticSettings
from quantray.sweeps.evaluate import evaluate
from quantray.sweeps.grid.points import evaluate_core, evaluate_full, ranges
from quantray.sweeps.metrics import METRICS
from tests.builders.sweep_plans import FIXED, sweep_plan
from tests.reference import options_sweep as reference


def timed(work: Callable[[], Any], runs: int) -> tuple[float, float]:
    """Median and worst seconds of ``runs`` runs."""
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds), max(seconds)


def whole_table(plan: Any, market: Any, work: Any, workers: int) -> int:
    """Evaluate every point without writing files; returns how many."""
    parts = spread(plan, market, ranges(plan, len(market)), work, kind="local", workers=workers)
    return sum(len(part.scores) for _, part in parts)


def mismatch(plan: Any, market: Any, n: int) -> tuple[float, int]:
    """Largest difference of any metric from the slow reference over ``n`` random candidates, and their trades."""
    numbers = np.random.default_rng(7).choice(plan.space.size, n, replace=False)
    fast = evaluate(plan, market, plan.space.candidates(numbers))
    worst, trades = 0.0, 0
    for i, number in enumerate(numbers):
        found = reference.run(market.sessions, {**FIXED, **plan.space.point(int(number))})
        slow = reference.metrics(*found, market.sessions[0].interval_s)
        row = fast.row(i)
        trades += len(found[0])
        for name in METRICS:
            same = row[name] is None or slow[name] is None
            gap = float(row[name] != slow[name]) if same else abs(row[name] - slow[name])
            worst = max(worst, gap)
    return worst, trades


def main() -> None:
    """Print the table of figures."""
    slice = load(DataSettings(synthetic=SyntheticSettings(sessions=3)))
    plan = sweep_plan()
    evaluate(plan, slice, plan.space.candidates([0]))  # compile before the clock starts
    size = plan.space.size or 0
    one = np.random.default_rng(1).integers(size, size=200)
    rows = [
        ("whole table, core metrics, 1 core", *timed(lambda: whole_table(plan, slice, evaluate_core, 1), 5)),
        ("whole table, core metrics, 2 cores", *timed(lambda: whole_table(plan, slice, evaluate_core, 2), 5)),
        ("whole table, all metrics, 2 cores", *timed(lambda: whole_table(plan, slice, evaluate_full, 2), 5)),
    ]
    single = [timed(lambda i=i: evaluate(plan, slice, plan.space.candidates([i])), 1)[0] for i in one]
    rows.append(("one candidate, all metrics", statistics.median(single), max(single)))
    began = time.perf_counter()
    worst, trades = mismatch(plan, slice, 300)
    slow = (time.perf_counter() - began) / 300
    print(f"{len(slice)} sessions of {slice.sessions[0].n_bars:,} bars, {size:,} points")
    for name, median, most in rows:
        print(f"{name:38} median {median * 1e3:9.1f} ms   worst {most * 1e3:9.1f} ms")
    per_point = rows[0][1] / size
    print(f"one by one over the table at once:      {statistics.median(single) / per_point:9,.0f} x")
    print(f"plain Python over the table at once:    {slow / per_point:9,.0f} x")
    print(f"largest difference from the reference over 300 random candidates ({trades} trades): {worst}")


if __name__ == "__main__":
    main()
