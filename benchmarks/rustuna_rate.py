"""Rustuna's TPE beside Optuna's, asked and told alone: ``python -m benchmarks.rustuna_rate``.

In memory, without ledger and evaluation, on the default space; in turns, so that both meet the same machine. Beside the
rate stand what each proposed again and the best value it found, over the same seeds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks._page import Report
from quantray.search import make_searcher
from quantray.settings import Search
from quantray.space import parse_space
from quantray.trial import Trial, TrialState
from tests.builders import sweep_plans

SMALL = ["--trials", "40", "--runs", "2"]
FULL = ["--trials", "300", "1000"]
SPACE = parse_space(sweep_plans.SPACE)


class Found(NamedTuple):
    """Of one search: trials a second, what was proposed again, the best value, and whether no candidate came twice."""

    rate: float
    again: int
    best: float
    once: bool
    asked: tuple[str, ...]


def values(codes: np.ndarray) -> np.ndarray:
    """A bowl [n] with a ridge across two of the dimensions; larger is better."""
    sizes = np.array([max(len(d.values or ()) - 1, 1) for d in SPACE.dimensions])
    u = codes / sizes
    centre = np.linspace(0.2, 0.8, u.shape[1])
    bowl: np.ndarray = -((u - centre) ** 2).sum(axis=1) - 2 * (u[:, 0] + u[:, 1] - centre[:2].sum()) ** 2
    return bowl


def searched(kind: str, trials: int, seed: int) -> Found:
    searcher = make_searcher(Search(kind=kind, batch=16, n_trials=trials), SPACE, seed)
    best, asked, number = -np.inf, [], 0
    began = time.perf_counter()
    while len(asked) < trials:
        batch = searcher.ask(number, min(16, trials - len(asked)))
        found = values(batch.candidates.codes)
        rows = enumerate(zip(batch.digests, found.tolist(), strict=True))
        searcher.tell(
            number, [Trial(d, batch.candidates.params(i), TrialState.COMPLETE, value) for i, (d, value) in rows]
        )
        best, number = max(best, float(found.max())), number + 1
        asked += batch.digests
    seconds = time.perf_counter() - began
    again = sum(searcher.duplicates.values())
    return Found(trials / seconds, again, best, len(set(asked)) == trials, tuple(asked))


def main(arguments: Sequence[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[300])
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args(arguments)
    report = Report("rustuna_rate", f"asked and told a second, {SPACE.size:,} points, batches of 16, in memory")
    peak = float(values(SPACE.candidates(np.arange(SPACE.size or 0)).codes).max())
    for n in given.trials:
        found: dict[str, list[Found]] = {"rustuna": [], "tpe": []}
        for seed in range(given.runs):
            for kind, runs in found.items():
                runs.append(searched(kind, n, seed))
        report.equal(
            f"{n:,} trials: both propose {n:,} different candidates, and the same ones again for the same seed",
            all(f.once for runs in found.values() for f in runs)
            and all(runs[0].asked == searched(kind, n, 0).asked for kind, runs in found.items()),
        )
        rates = {kind: [f.rate for f in runs] for kind, runs in found.items()}
        report.row(
            f"search=rustuna, {n:,} trials", rates["rustuna"], unit="a second", more=True,
            beside=("search=tpe", rates["tpe"]),
        )  # fmt: skip
        told = [
            f"{kind} {statistics.median(f.again for f in runs):,.0f} proposed again, best "
            f"{statistics.median(f.best for f in runs):.4f} ({min(f.best for f in runs):.4f} to "
            f"{max(f.best for f in runs):.4f})"
            for kind, runs in found.items()
        ]
        report.note(f"{n:,} trials, medians of {given.runs} seeds, {peak:.4f} is the table's best: {'; '.join(told)}")
    return report


if __name__ == "__main__":
    main()
