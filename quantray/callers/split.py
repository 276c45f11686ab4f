"""Train and held out: one time for all callers, and nothing that is trained on reads a candle behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quantray.arrays import IntArray1D
from quantray.callers.data import Coverage
from quantray.durations import NS

#: Where a call belongs. DROPPED: before the split, but it could be held across it.
UNUSED, TRAIN, HELD_OUT, DROPPED = 0, 1, 2, 3
PARTS = {TRAIN: "train", HELD_OUT: "held_out"}


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Part [n] of each call, and the periods [start, end) of both parts in UTC ns, the same for every caller.

    The last period ends when the last call has been held for the horizon.
    """

    part: IntArray1D
    split_ns: int | None  # None: nothing is held out
    train_ns: tuple[int, int]
    held_out_ns: tuple[int, int] | None
    last_call_ns: tuple[int, int]  # of train and held out: no trade begins on a later day

    def period(self, part: int) -> tuple[int, int]:
        """The period of one part; KeyError for one that does not exist."""
        found = {TRAIN: self.train_ns, HELD_OUT: self.held_out_ns}[part]
        if found is None:
            raise KeyError(PARTS[part])
        return found

    @property
    def parts(self) -> tuple[int, ...]:
        return (TRAIN,) if self.split_ns is None else (TRAIN, HELD_OUT)


def split_calls(coverage: Coverage, fraction: float) -> Split:
    """Hold out the last ``max(1, floor(fraction * n))`` eligible calls by time; calls of one time stay together.

    Held out are calls at or after the split; a call before it is trained on when its nominal window (entry, longest dip
    wait and horizon) and its entry candle end by then: in training the source ends at the split. ``fraction`` 0 holds
    out nothing.
    """
    plan = coverage.plan
    ts, end = plan.calls.ts, np.maximum(plan.end_ns, plan.entry_until_ns + plan.interval_s * NS)
    eligible = coverage.eligible
    n = int(eligible.sum())
    part = np.where(eligible, TRAIN, UNUSED).astype(np.int8)
    # the longest wait for a dip is no part of the period: it would be another one beside other policies
    first, last = int(ts[eligible].min()), int(plan.entry_until_ns[eligible].max()) + plan.needs.max_hold_s * NS
    if fraction == 0:
        return Split(part, None, (first, last), None, (int(ts[eligible].max()),) * 2)
    held = max(1, math.floor(fraction * n))
    split = int(np.sort(ts[eligible])[n - held])
    part[eligible & (end > split)] = DROPPED
    part[eligible & (ts >= split)] = HELD_OUT
    trained = ts[part == TRAIN]
    ends = int(trained.max(initial=first)), int(ts[eligible].max())
    return Split(part, split, (first, max(split, first + 1)), (split, last), ends)
