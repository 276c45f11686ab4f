"""What a finished run of the alert baseline hands to its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from quantray.callers.baseline.alerts import Alerts
from quantray.callers.baseline.leaderboard import everybody, leaderboard
from quantray.callers.baseline.plan import BaselinePlan
from quantray.callers.data import CandleSlice, Coverage


@dataclass(frozen=True, eq=False)
class BaselineResults:
    """One finished run. ``seconds``, ``reused`` and ``remade`` are in no file that is compared."""

    plan: BaselinePlan
    alerts: Alerts
    slice: CandleSlice
    digests: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()  # sentences the reader should see
    reused: int = 0  # buckets of an earlier run that were not done again
    remade: int = 0  # buckets whose files were damaged or gone
    seconds: float = 0.0

    @property
    def study(self) -> str:
        return self.plan.study

    @property
    def coverage(self) -> Coverage:
        return self.alerts.coverage

    @property
    def counts(self) -> Mapping[str, int]:
        """Of the calls: read, left out by each filter, kept."""
        return self.coverage.plan.calls.counts

    @property
    def quality(self) -> Mapping[str, float]:
        """Counts and shares of what is wrong with the candles."""
        return self.slice.quality

    @property
    def calls_source(self) -> str:
        return self.coverage.plan.calls.source

    @property
    def candles_source(self) -> str:
        return self.slice.source

    @cached_property
    def leaderboard(self) -> list[dict[str, Any]]:
        """One row a caller, see :func:`quantray.callers.baseline.leaderboard.leaderboard`."""
        return leaderboard(self.alerts, self.plan.baseline.min_calls, self.plan.baseline.order_by)

    @cached_property
    def everybody(self) -> dict[str, Any]:
        """The same figures over the calls of all callers."""
        return everybody(self.alerts)
