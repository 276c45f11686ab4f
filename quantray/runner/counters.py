"""What workers and drivers on Ray have done, as metrics of Ray's own: `/metrics` of every node, for Prometheus.

One record a batch or a row, never one a candidate: a record costs microseconds. Ray counts where it is told, so each
process has counters of its own and a dashboard sums them.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from quantray.trial import Trial

if TYPE_CHECKING:
    from ray.util.metrics import Counter, Histogram

#: Name -> what it counts, and by what. Ray puts ``ray_`` before the names and ``_total`` behind those of counters.
COUNTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "quantray_batches": ("Batches of candidates that were evaluated.", ()),
    "quantray_candidates": ("Candidates that were evaluated, by their state.", ("state",)),
    "quantray_duplicates": ("Candidates that the search proposed again and that were not evaluated.", ("source",)),
    "quantray_retried": ("Candidates that were given to another worker because theirs died.", ()),
    "quantray_rows": ("Rows of work: buckets and blocks of callers, ranges of a table.", ("result",)),
}
SECONDS: dict[str, str] = {
    "quantray_batch_seconds": "Seconds that a batch took a worker.",
    "quantray_row_seconds": "Seconds that a row took a worker.",
}
_BOUNDS = [0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]


def evaluated(trials: Iterable[Trial], seconds: float) -> None:
    """A worker has evaluated a batch."""
    _add("quantray_batches")
    for state, n in Tally(str(trial.state) for trial in trials).items():
        _add("quantray_candidates", n, {"state": state})
    _took("quantray_batch_seconds", seconds)


def worked(failed: bool, seconds: float) -> None:
    """A worker is done with a row."""
    _add("quantray_rows", 1, {"result": "failed" if failed else "done"})
    _took("quantray_row_seconds", seconds)


def retried(candidates: int) -> None:
    """A worker died, and its candidates go to another."""
    _add("quantray_retried", candidates)


class Duplicates:
    """Counts what a driver's search proposed again, from totals by source that only grow."""

    def __init__(self, before: Mapping[str, int]) -> None:
        self._seen = dict(before)

    def see(self, now: Mapping[str, int]) -> None:
        """``now``: source -> how many there were."""
        for source, n in now.items():
            _add("quantray_duplicates", n - self._seen.get(source, 0), {"source": source})
            self._seen[source] = n


def _add(name: str, n: int = 1, tags: Mapping[str, str] | None = None) -> None:
    if n > 0:
        _counter(name).inc(n, dict(tags or {}))


def _took(name: str, seconds: float) -> None:
    _histogram(name).observe(max(seconds, 1e-9))


@cache
def _counter(name: str) -> Counter:
    from ray.util.metrics import Counter

    about, tags = COUNTERS[name]
    made: Any = Counter
    found: Counter = made(name, description=about, tag_keys=tags)
    return found


@cache
def _histogram(name: str) -> Histogram:
    from ray.util.metrics import Histogram

    made: Any = Histogram
    found: Histogram = made(name, description=SECONDS[name], boundaries=_BOUNDS)
    return found
