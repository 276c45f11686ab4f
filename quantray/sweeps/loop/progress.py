"""What a sweep tells while it runs and when it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quantray.protocols import Counts
from quantray.trial import Trial

#: Stages in the order in which a sweep reaches them; kernels are read where they need no compiling.
STAGES = ("data", "kernels", "compiling", "Ray", "searching", "comparing", "judging", "writing")


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a sweep. ``rate`` is candidates that this run stores per second, from its first results on."""

    counts: Counts
    duplicates: Mapping[str, int]
    best: Trial | None  # the best feasible trial, the earliest of equals
    n_trials: int
    rate: float | None  # None until a few batches are stored
    elapsed: float  # seconds since this run began
    eta: float | None  # seconds until n_trials are COMPLETE at that rate; None when that cannot be said
    stored: Counts = Counts()  # of this run alone
    others: int = 0  # drivers beside this one, whose trials count too


def better(a: Trial | None, b: Trial) -> Trial | None:
    """The better feasible one; of equals the one with the lower number, so that order of arrival does not matter."""
    if not b.feasible or b.value is None:
        return a
    if a is None or a.value is None or (b.value, -b.number) > (a.value, -a.number):
        return b
    return a
