"""What telling survivors from luck costs: the step-down test of a whole table, beside the same in plain NumPy.

    python -m benchmarks.survivors [--candidates N] [--units K ...]

Decisions are compared before anything is timed. Tables resemble those of a sweep: neighbours are often equal, all move
with one market, a few earn; a second table has no equal rows, the worst case.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks._page import Report, in_turns
from quantray.capacity import memory
from quantray.stats.signs import flips
from quantray.stats.survivors import TOLERANCE, survivors

SMALL = ["--candidates", "2000", "--units", "42"]
FULL = ["--units", "42", "250"]
N_PATTERNS = 2048
PIECE = 4096  # rows at a time in NumPy: their sums under all patterns stay in the cache


def table(n: int, k: int, distinct: float = 1.0, seed: int = 0) -> np.ndarray:
    """Nets [n, k]: a common market, an edge that falls from 1 spread to none over a tenth of them, equal neighbours."""
    rng = np.random.default_rng(seed)
    n_distinct = max(int(n * distinct), 1)
    rows = rng.standard_normal((n_distinct, k), np.float32).astype(np.float64)
    rows += 0.5 * rng.normal(size=k)
    edged = n_distinct // 10
    rows[:edged] += np.linspace(9 / np.sqrt(k), 0, edged)[:, None]
    if n_distinct == n:
        return rows
    return rows[np.sort(rng.integers(0, n_distinct, n))]


def in_numpy(nets: np.ndarray, n_patterns: int = N_PATTERNS, level: float = 0.05) -> tuple[np.ndarray, int]:
    """The same test, every row in every step, with a matrix product; who survives, and the number of steps."""
    half = 1.0 - 2.0 * flips(nets.shape[1], n_patterns, 0)[0].T
    unit = nets / np.sqrt(np.einsum("ij,ij->i", nets, nets))[:, None]
    own, left, steps = unit.sum(axis=1), np.ones(len(nets), np.bool_), 0
    while True:
        rows = unit[left]
        high, low = np.full(half.shape[1], -np.inf), np.full(half.shape[1], np.inf)
        for start in range(0, len(rows), PIECE):
            sums = rows[start : start + PIECE] @ half
            np.maximum(high, sums.max(axis=0), out=high)
            np.minimum(low, sums.min(axis=0), out=low)
        null, steps = np.sort(np.concatenate([high, -low])), steps + 1
        still = own <= null[-1 - int(level * len(null) + 1e-9)] + TOLERANCE
        if still.sum() == left.sum():
            return ~still, steps
        left = still


def beside_numpy(report: Report, n: int, k: int) -> None:
    nets = table(n, k)
    expected, steps = in_numpy(nets)
    found = survivors(nets, n_patterns=N_PATTERNS)
    report.equal(
        f"all {n:,} decisions over {k} units are those of NumPy: {found.mask.sum():,} survivors after {steps} steps, "
        f"{found.n_patterns:,} patterns",
        np.array_equal(found.mask, expected),
    )
    ours, theirs = in_turns([lambda: survivors(nets, n_patterns=N_PATTERNS), lambda: in_numpy(nets)], 3)
    report.row(f"{n:,} x {k}", ours, beside=("NumPy, every row in every step", theirs))


def whole(report: Report, n: int, k: int, distinct: float, runs: int) -> None:
    """Seconds, and memory above the table."""
    need = 8 * n * k * (2 if distinct < 1 else 1.6) + 2e9
    there = memory()
    if there is not None and need > there:
        report.note(f"{n:,} x {k} is left out: it needs {need / 1e9:.1f} GB and {there / 1e9:.1f} GB are there.")
        return
    nets = table(n, k, distinct)
    survivors(nets[:1000])
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    found = survivors(nets, n_patterns=N_PATTERNS)
    above = status("VmHWM") - before
    name = f"{n:,} x {k}, {found.n_distinct:,} different rows, {found.mask.sum():,} survivors"
    report.row(name, in_turns([lambda: survivors(nets, n_patterns=N_PATTERNS)], runs)[0])
    report.row(f"{name}: memory above the table", [above / 1e6], unit="GB")


def status(name: str) -> int:
    """Kilobytes of this process."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[name].split()[0])


def beside_arch(report: Report, n: int = 200, k: int = 60) -> None:
    """The step-down of a bootstrap, which asks another null: how many decisions are the same."""
    from arch.bootstrap import StepM

    nets = table(n, k)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # losses: the benchmark's is none; units are independent, so blocks are of one
        test = StepM(np.zeros(k), -nets.T, size=0.05, block_size=1, reps=2000, studentize=True, seed=0)
        test.compute()
    theirs = np.zeros(n, np.bool_)
    theirs[np.asarray(test.superior_models, int)] = True
    ours = survivors(nets).mask
    report.note(f"{np.count_nonzero(ours == theirs)} of {n} decisions over {k} units are those of arch's StepM, a "
                f"bootstrap: {ours.sum()} survivors, there {theirs.sum()}.")  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=1_270_000)
    parser.add_argument("--units", type=int, nargs="+", default=[42])
    given = parser.parse_args(arguments)
    n = given.candidates
    report = Report("survivors", "telling survivors from luck, the step-down test of a whole table")
    beside_numpy(report, max(n // 10, 100), 42)
    beside_arch(report)
    whole(report, n, 42, 0.36, 5)
    for k in given.units:
        whole(report, n, k, 1.0, 5 if k < 100 else 3)
    return report


if __name__ == "__main__":
    main()
