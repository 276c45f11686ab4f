"""How far a run of the alert baseline is, and what it has found so far: what a terminal or a notebook follows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from quantray.callers.baseline.alerts import Alerts
from quantray.callers.baseline.columns import MULTIPLES
from quantray.callers.baseline.groups import Groups, plain_list
from quantray.callers.data import CandleSlice

#: Stages in the order in which they run.
STAGES = ("calls", "candles", "coverage", "first touch", "writing")
#: The stage whose rows are buckets of assets, and in which calls are measured.
MEASURING = "first touch"
#: Begins the first note of results that are not complete.
INCOMPLETE = "Incomplete:"
#: Columns whose medians are followed.
FOLLOWED = ("ath_multiple", "time_to_ath_s", "drawdown", "end_return")


@dataclass(frozen=True, slots=True)
class CallerSoFar:
    """One caller while the run goes on. Figures are over the ``n`` calls measured by now, None where there are none."""

    caller: str
    n: int
    n_eligible: int  # that will have been measured in the end
    n_calls: int  # that the filters left
    median_ath_multiple: float | None
    median_time_to_ath_s: float | None
    median_drawdown: float | None
    median_end_return: float | None
    hit_rate: tuple[float | None, ...]  # of each of columns.MULTIPLES, in their order


@dataclass(frozen=True, slots=True)
class Medians:
    """Running medians over all calls measured by now; None before the first."""

    ath_multiple: float | None = None
    time_to_ath_s: float | None = None
    drawdown: float | None = None
    end_return: float | None = None


@dataclass(frozen=True, slots=True)
class BaselineProgress:
    """``done`` of ``total`` rows of a stage (0 of 0: it has none, and has begun); ``reused`` an earlier run had done.

    The rows of ``first touch`` are buckets of assets; what they hold is counted in calls, ``measured`` of ``eligible``.
    """

    stage: str
    done: int = 0
    total: int = 0
    reused: int = 0
    elapsed: float = 0.0  # seconds since the run began
    measured: int = 0  # calls
    eligible: int = 0  # calls; 0 before coverage is known
    rate: float | None = None  # calls measured a second, without those of an earlier run; None before the first
    eta: float | None = None  # seconds until the last call is measured; None before there is a rate
    medians: Medians = field(default_factory=Medians)
    alerts: Alerts | None = None  # the calls and what is measured of them; None before coverage is known
    slice: CandleSlice | None = None  # their candles, for ``trace.candles_of``; None before coverage is known
    horizon_s: int = 0

    @property
    def finished(self) -> bool:
        """Whether the stage has done all of its rows."""
        return self.total > 0 and self.done >= self.total

    def callers(self) -> list[CallerSoFar]:
        """Every caller in order of name, those without a measured call too; computed when it is asked for."""
        return [] if self.alerts is None else callers_so_far(self.alerts)


def medians_of(alerts: Alerts) -> Medians:
    """Running medians of what is measured."""
    return (
        Medians()
        if not alerts.done.any()
        else Medians(*(float(np.median(alerts.real(name)[alerts.done])) for name in FOLLOWED))
    )


def callers_so_far(alerts: Alerts) -> list[CallerSoFar]:
    """What is known of every caller by now."""
    calls = alerts.coverage.plan.calls
    groups = Groups(calls.caller, len(calls.callers))
    n = groups.count(alerts.done)
    eligible, made = groups.count(alerts.coverage.eligible), calls.per_caller
    medians = [plain_list(groups.median(alerts.real(name))) for name in FOLLOWED]
    hits = [groups.count(~np.isnan(alerts.real(f"time_to_{name}_s"))) for name in MULTIPLES]
    with np.errstate(invalid="ignore"):
        rates = [plain_list(hit / n) for hit in hits]
    return [
        CallerSoFar(
            caller, int(n[i]), int(eligible[i]), int(made[i]), medians[0][i], medians[1][i], medians[2][i],
            medians[3][i], hit_rate=tuple(rate[i] for rate in rates),
        )
        for i, caller in enumerate(calls.callers)
    ]  # fmt: skip
