"""Blocks of days of entry: what the tests of a verdict take as independent observations of a policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantray.arrays import FloatArray1D, IntArray1D
from quantray.callers.plan import ENDLESS_S
from quantray.callers.policies.evaluate import DAY_NS
from quantray.callers.policies.policy import Policy
from quantray.durations import NS


@dataclass(frozen=True, slots=True)
class Blocks:
    """``n`` blocks of ``days`` UTC days each, from the day ``first`` (days since 1970) on.

    The last one also holds the days that fill no block of their own, so none is shorter than the others.
    """

    first: int
    days: int
    n: int

    @classmethod
    def between(cls, since_ns: int, until_ns: int, days: int) -> Blocks:
        """Blocks from the day of ``since_ns`` to that of ``until_ns``, the last possible entry; one at least."""
        first, last = since_ns // DAY_NS, max(since_ns, until_ns) // DAY_NS
        return cls(first, days, max(1, (last - first + 1) // days))

    @property
    def first_ns(self) -> int:
        return self.first * DAY_NS

    @property
    def length_ns(self) -> int:
        return self.days * DAY_NS

    def place(self, entry_ns: IntArray1D) -> IntArray1D:
        """The block [n] of each time of entry, UTC ns."""
        found: IntArray1D = np.clip((entry_ns - self.first_ns) // self.length_ns, 0, self.n - 1)
        return found

    def sums(self, entry_ns: IntArray1D, net: FloatArray1D) -> FloatArray1D:
        """``net`` [n] by block [units], added up in the order given."""
        found: FloatArray1D = np.bincount(self.place(entry_ns), weights=net, minlength=self.n).astype(np.float64)
        return found


def block_days(policies: Sequence[Policy]) -> int:
    """Days that no policy's trade, waited for and held, outlasts: a trade of one block ends within the next.

    One without a time stop counts as 48 hours.
    """
    waits = max((wait_s(p) for p in policies), default=0)
    holds = max((p.hold_s or ENDLESS_S for p in policies), default=ENDLESS_S)
    return max(1, -(-(waits + holds) * NS // DAY_NS))


def wait_s(policy: Policy) -> int:
    """Seconds that an entry waits for its dip; 0 without one."""
    return 0 if policy.entry is None else policy.entry.wait_s
