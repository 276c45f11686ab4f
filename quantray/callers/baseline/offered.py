"""What the calls of a run over policies offered, beside what its best policies captured of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from quantray.callers.baseline.alerts import Alerts
from quantray.callers.baseline.measure import Pass, measurer, seconds_of
from quantray.callers.baseline.notes import baseline_notes
from quantray.callers.baseline.plan import BaselinePlan, BaselineSettings
from quantray.callers.baseline.results import BaselineResults
from quantray.callers.data import CandleSlice, Coverage, open_slice
from quantray.callers.plan import CallerPlan
from quantray.callers.results import CallerResults
from quantray.callers.stages.checkpoints import Driver
from quantray.digests import digest_of
from quantray.durations import written
from quantray.files import Pieces

#: The stage of a run over policies in which its calls are measured.
STAGE = "offers"


def measure(
    driver: Driver, plan: CallerPlan, coverage: Coverage, made: CandleSlice, stem: str, alerts: Alerts | None = None
) -> None:
    """Measure every eligible call over the run's own horizon; records are pieces whose names begin with ``stem``.

    They are entered in ``alerts`` as they come, where somebody follows the run.
    """
    work = _pass(plan, coverage, made, driver.pieces, stem)

    def enter(note: Mapping[str, Any]) -> str:
        if alerts is not None:
            alerts.take(work.read(int(note["bucket"])))
        return ""

    driver.stage(
        STAGE, work.buckets, lambda bucket: f"alerts/{bucket:06d}", partial(measurer, work),
        seconds=seconds_of(work), detail=enter, kept=enter,
    )  # fmt: skip


def _pass(plan: CallerPlan, coverage: Coverage, made: CandleSlice, pieces: Pieces, stem: str) -> Pass:
    simple = BaselineSettings()
    return Pass(coverage, made, plan.horizon_s, simple.tp, simple.sl, pieces, stem)


def baseline_of(results: CallerResults) -> BaselineResults | None:
    """The alert baseline of a run's calls, from what :func:`measure` wrote; None where nothing was measured."""
    if results.slice is None:
        return None
    plan, made = results.plan, open_slice(results.slice)
    stem = digest_of(dict(results.digests))[:12]
    work = _pass(plan, results.coverage, made, Pieces(plan.run_dir, plan.study), stem)
    alerts = Alerts.empty(results.coverage, plan.costs)
    for bucket in work.buckets:
        alerts.take(work.read(bucket))
    beside = BaselinePlan(
        plan.study, plan.data, plan.run_dir, replace(plan.calls, horizon=written(plan.horizon_s)), plan.coverage,
        costs=plan.costs, gates=plan.gates, report=plan.report,
    )  # fmt: skip
    return BaselineResults(
        beside, alerts, made, results.digests, results.versions, baseline_notes(beside, alerts, made, ()),
        seconds=results.seconds,
    )  # fmt: skip
