"""A checked request of the alert baseline: which calls, how far they are followed, what the simple trade is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from quantray.callers.baseline.leaderboard import ORDERS
from quantray.callers.data import Needs, needs_of
from quantray.callers.data.settings import CallsData, CallSettings, CoverageSettings, Gates
from quantray.callers.plan import ENDLESS_S, RULES_VERSION
from quantray.callers.policies.account import Costs
from quantray.cards import Card, line
from quantray.command_line import Overrides
from quantray.digests import digest_of
from quantray.durations import written
from quantray.errors import ConfigError, near_miss
from quantray.settings import Report, Runner, Storage, Tracking

FORBID: dict[str, str] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class BaselineSettings:
    """The section ``baseline``. ``tp`` and ``sl`` of the simple trade are multiples of the entry, 0 < sl < 1 < tp."""

    __pydantic_config__: ClassVar = FORBID
    tp: float = 2.0
    sl: float = 0.5
    min_calls: int = 10  # measured calls that a caller needs for a place in the leaderboard
    order_by: str = "median_ath_multiple"

    def __post_init__(self) -> None:
        if not 1 < self.tp < float("inf"):
            raise ConfigError(f"baseline.tp={self.tp} must be above 1, a multiple of the entry price")
        if not 0 < self.sl < 1:
            raise ConfigError(f"baseline.sl={self.sl} must lie between 0 and 1, a multiple of the entry price")
        if self.min_calls < 1:
            raise ConfigError(f"baseline.min_calls must be >= 1, got {self.min_calls}")
        if self.order_by not in ORDERS:
            raise ConfigError(f"baseline.order_by: {near_miss(self.order_by, ORDERS, what='column')}")


@dataclass(frozen=True, slots=True)
class BaselinePlan:
    """One run of the alert baseline. ``calls.horizon`` is how far a call is followed, 48 hours unless it is given."""

    study: str
    data: CallsData
    run_dir: Path
    calls: CallSettings = CallSettings()
    coverage: CoverageSettings = CoverageSettings()
    baseline: BaselineSettings = BaselineSettings()
    costs: Costs = Costs()
    fresh: bool = False
    runner: Runner = Runner(kind="local")
    storage: Storage = Storage()
    tracking: Tracking = Tracking()
    gates: Gates = Gates()
    report: Report = Report()
    asked: Overrides | None = field(default=None, compare=False, repr=False)  # as it was typed; None: made by hand

    def __post_init__(self) -> None:
        if self.horizon_s < 1:
            raise ConfigError(f"calls.horizon={self.calls.horizon}: a horizon is at least 1s")

    @property
    def horizon_s(self) -> int:
        """Seconds behind the entry that a call is followed."""
        given = self.calls.horizon_s
        return ENDLESS_S if given is None else given

    def needs(self, interval_s: int) -> Needs:
        """How much of the market a call needs, whatever the ``interval_s`` of its candles."""
        return needs_of(self.calls, self.horizon_s)

    def digests(self, calls: str, data: str, code: str) -> dict[str, str]:
        """The parts that resume compares, by name; see :meth:`quantray.callers.plan.CallerPlan.digests`."""
        return {
            "rules_version": str(RULES_VERSION),
            "calls": calls,
            "data": data,
            "reading": digest_of(self.data.reading),
            "code": code,
            "baseline": digest_of(self.baseline, self.horizon_s),
            "costs": digest_of(self.costs),
        }

    def __repr__(self) -> str:
        return line("BaselinePlan", self.study, [self._followed, self._sold])

    def _repr_html_(self) -> str:
        rows = [
            ("every call", self._followed),
            ("the simple trade", self._sold),
            ("data", self.data.in_words),
            ("leaderboard by", self.baseline.order_by),
            ("runs on", self.runner.in_words),
            ("results in", str(self.run_dir)),
        ]
        foot = "found = qr.baseline(plan) runs it, or goes on with it where an earlier run stopped"
        return Card("plan of the alert baseline", self.study, rows=rows, foot=foot).html()

    @property
    def _followed(self) -> str:
        return f"followed for {written(self.horizon_s)}"

    @property
    def _sold(self) -> str:
        return f"sold at {self.baseline.tp:g}x or {self.baseline.sl:g}x"
