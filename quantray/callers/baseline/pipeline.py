"""The alert baseline from a plan to its results, stage by stage; what an earlier run finished stays done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from quantray.callers.baseline.alerts import Alerts
from quantray.callers.baseline.measure import Pass, measurer, seconds_of, warm
from quantray.callers.baseline.notes import baseline_notes
from quantray.callers.baseline.plan import BaselinePlan
from quantray.callers.baseline.progress import INCOMPLETE, MEASURING, STAGES, BaselineProgress, Medians, medians_of
from quantray.callers.baseline.results import BaselineResults
from quantray.callers.identity import code_digest
from quantray.callers.prepare import Survey, survey
from quantray.callers.progress import Progress
from quantray.callers.stages.checkpoints import Driver, data_sections, met_by
from quantray.callers.stages.opening import opened, reach
from quantray.capacity import check_run_dir
from quantray.digests import digest_of
from quantray.errors import DataError, LedgerError
from quantray.ledger.difference import differences, plain_sections, request_of
from quantray.outlets import logger
from quantray.plain import amount
from quantray.protocols import REPORTED, Say
from quantray.provenance import versions
from quantray.report.ended import Ended

_log = logger(__name__)
Follow = Callable[[BaselineProgress], object]
_NOTED = "callers/alerts/"  # begins the notes of measured buckets


def run(plan: BaselinePlan, *, progress: Follow | None = None, say: Say | None = None) -> BaselineResults:
    """Measure every call, or go on where an earlier run stopped.

    ``progress`` is told of every finished bucket of assets, ``say`` sentences a person should read. Pieces and the
    ledger are written under ``plan.run_dir``. Raises UserError, before anything is written there, for a plan that
    cannot be carried out, or whose study another process works on; DiskError where there is no room, and Interrupted
    on Ctrl-C.
    """
    watch = _Watch(progress)
    driver = Driver(plan, watch.reached if progress is not None else None, say or _log.warning)
    try:
        driver.pieces.check()
        driver.pieces.free()
        check_run_dir(plan.run_dir)
        reach(plan.runner)
        found = survey(plan, plan.needs, driver.say, driver.reached)
        digests = plan.digests(*met_by(plan.data, found.windows, found.slice, found.coverage), code_digest())
        stem = digest_of(digests)[:12]
        with opened(driver, plan, digests, described(plan), request(plan)):
            driver.pieces.keep(lambda name: name.startswith(f"{stem}/"))
            alerts = Alerts.empty(found.coverage, plan.costs)
            work = pass_of(plan, found, driver, stem)
            watch.alerts, watch.work = alerts, work
            _measure(driver, work, alerts, watch)
            results = _results(plan, found, alerts, digests, driver)
            driver.note(REPORTED, Ended(units=len(results.leaderboard), seconds=round(results.seconds, 3)).as_json())
        return results
    except KeyboardInterrupt:
        raise driver.interrupted from None


def so_far(plan: BaselinePlan, notes: Mapping[str, Any], digests: Mapping[str, str], where: str) -> BaselineResults:
    """What the study holds by now, ``notes`` and ``digests`` being its own; ``where`` says what became of its run.

    Nothing is measured. LedgerError where nothing is yet, or where calls or candles are not what they were.
    """
    driver = Driver(plan, None, _log.warning)
    found = survey(plan, plan.needs)
    now = plan.digests(*met_by(plan.data, found.windows, found.slice, found.coverage), code_digest())
    if lines := differences(digests, now, {}, {}):
        raise LedgerError(
            f"study {plan.study!r} is of other data or rules: {'; '.join(line.strip() for line in lines)}"
        )
    alerts = Alerts.empty(found.coverage, plan.costs)
    work = pass_of(plan, found, driver, digest_of(dict(digests))[:12])
    for key in (key for key in notes if key.startswith(_NOTED)):
        with suppress(DataError):  # a piece that is gone: the next run makes it again
            alerts.take(work.read(int(key.removeprefix(_NOTED))))
    n, of = int(alerts.done.sum()), int(found.coverage.eligible.sum())
    if not n:
        raise LedgerError(f"no call of study {plan.study!r} is measured yet; {where}")
    results = _results(plan, found, alerts, digests, driver)
    told = f"{INCOMPLETE} {n:,} of {amount(of, 'call')} measured so far; {where}. Medians and places may still change."
    return replace(results, notes=(told, *results.notes))


def pass_of(plan: BaselinePlan, found: Survey, driver: Driver, stem: str) -> Pass:
    """What workers need of the plan."""
    simple = plan.baseline
    return Pass(found.coverage, found.slice, plan.horizon_s, simple.tp, simple.sl, driver.pieces, stem)


def _measure(driver: Driver, work: Pass, alerts: Alerts, watch: _Watch) -> None:
    """The stage whose rows are buckets; records are taken in as they come, those of an earlier run first."""

    def enter(note: Mapping[str, Any]) -> str:
        alerts.take(work.read(int(note["bucket"])))
        return ""

    warm()
    watch.began = time.monotonic()
    driver.stage(
        MEASURING, work.buckets, lambda bucket: f"alerts/{bucket:06d}", partial(measurer, work),
        seconds=seconds_of(work), detail=enter, kept=enter,
    )  # fmt: skip


class _Watch:
    """Turns what the driver says of its rows into what is known of the calls."""

    def __init__(self, tell: Follow | None) -> None:
        self.tell, self.began = tell, time.monotonic()
        self.alerts: Alerts | None = None
        self.work: Pass | None = None
        self._first: int | None = None  # calls that were measured when this run began to measure
        self._last = 0
        self._medians = Medians()

    def reached(self, event: Progress) -> None:
        if self.tell is None:
            return
        measured = eligible = 0
        rate = eta = None
        if self.alerts is not None:
            measured, eligible = int(self.alerts.done.sum()), int(self.alerts.coverage.eligible.sum())
            if self._first is None:
                self._first = measured
            if measured != self._last:
                self._last, self._medians = measured, medians_of(self.alerts)
            took = time.monotonic() - self.began
            if measured > self._first and took > 0:
                rate = (measured - self._first) / took
                eta = (eligible - measured) / rate
        self.tell(
            BaselineProgress(
                event.stage, event.done, event.total, event.reused, event.elapsed, measured, eligible,
                rate=rate, eta=eta, medians=self._medians, alerts=None if self.alerts is None else self.alerts.so_far(),
                slice=None if self.work is None else self.work.slice,
                horizon_s=0 if self.work is None else self.work.horizon_s,
            )
        )  # fmt: skip


def written_now(results: BaselineResults) -> BaselineProgress:
    """The event of the last stage: everything is measured, files are being written."""
    n = int(results.alerts.done.sum())
    return BaselineProgress(
        STAGES[-1], elapsed=results.seconds, measured=n, eligible=n, medians=medians_of(results.alerts),
        alerts=results.alerts, slice=results.slice, horizon_s=results.plan.horizon_s,
    )  # fmt: skip


def request(plan: BaselinePlan) -> dict[str, Any]:
    """The whole plan as the configuration that gives it again, but for where its ledger lies: that may be a secret."""
    same = ("calls", "coverage", "baseline", "runner", "tracking", "gates", "report")
    sections = {"study": {"name": plan.study}, **data_sections(plan.data), "fees": plan.costs}
    return request_of({**sections, **{name: getattr(plan, name) for name in same}}, plan.run_dir, plan.asked)


def described(plan: BaselinePlan) -> dict[str, Any]:
    """The sections of the plan that decide its results, under the names that its digests have."""
    return plain_sections({
        "calls": {"calls": plan.calls, "coverage": plan.coverage},
        "data": plan.data,
        "baseline": plan.baseline,
        "fees": plan.costs,
    })  # fmt: skip


def _results(
    plan: BaselinePlan, found: Survey, alerts: Alerts, digests: Mapping[str, str], driver: Driver
) -> BaselineResults:
    return BaselineResults(
        plan=plan,
        alerts=alerts,
        slice=found.slice,
        digests=digests,
        versions=versions(),
        notes=tuple(baseline_notes(plan, alerts, found.slice, found.told)),
        reused=driver.reused,
        remade=driver.remade,
        seconds=time.monotonic() - driver.began,
    )
