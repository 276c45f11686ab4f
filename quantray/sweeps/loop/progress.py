"""What a sweep tells while it runs and when it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quantray.protocols import Counts
from quantray.trial import Trial


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a sweep. ``rate`` is candidates stored per second since this run began."""

    counts: Counts
    duplicates: Mapping[str, int]
    best: Trial | None  # the best feasible trial, the earliest of equals
    n_trials: int
    rate: float
    elapsed: float  # seconds since this run began
    eta: float | None  # seconds until n_trials are COMPLETE at the present rate; None when that cannot be said
    stored: Counts = Counts()  # of this run alone
    others: int = 0  # drivers beside this one, whose trials count too


def better(a: Trial | None, b: Trial) -> Trial | None:
    """The better feasible one; of equals the one with the lower number, so that order of arrival does not matter."""
    if not b.feasible or b.value is None:
        return a
    if a is None or a.value is None or (b.value, -b.number) > (a.value, -a.number):
        return b
    return a
