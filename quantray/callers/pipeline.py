"""The per-caller optimiser from a plan to its results, stage by stage; what an earlier run finished stays done."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from quantray.callers.baseline import offered
from quantray.callers.baseline.alerts import Alerts
from quantray.callers.baseline.following import Watch
from quantray.callers.notes import notes_of
from quantray.callers.plan import CallerPlan
from quantray.callers.prepare import Prepared, prepare
from quantray.callers.progress import Progress
from quantray.callers.results import Across, CallerResults, UnitResult
from quantray.callers.stages.checkpoints import Driver, described, digests_of, request
from quantray.callers.stages.opening import opened, reach
from quantray.callers.stages.sequence import Stages
from quantray.callers.stages.table import TABLE, folder_of
from quantray.callers.stages.work import work_of
from quantray.capacity import check_run_dir
from quantray.digests import digest_of
from quantray.files import Published, room
from quantray.outlets import logger
from quantray.protocols import REPORTED, Say
from quantray.provenance import versions

_log = logger(__name__)


def run(
    plan: CallerPlan, *, progress: Callable[[Progress], object] | None = None, say: Say | None = None
) -> CallerResults:
    """Carry out the plan, or go on with it where an earlier run stopped.

    ``progress`` is told of every finished row of a stage (``baseline.following.PolicyProgress``), ``say`` sentences a
    person should read. Files are written under ``plan.run_dir``: ``policies/part-*.parquet`` (the table),
    ``.quantray/`` (the pieces from which a killed run goes on) and the ledger. Raises UserError, before anything is
    written there, for a plan that cannot be carried out, or whose study another process works on; DiskError where there
    is no room, and Interrupted on Ctrl-C.
    """
    watch = None if progress is None else Watch(progress)
    driver = Driver(plan, None if watch is None else watch.reached, say or _log.warning)
    try:
        driver.pieces.check()
        Published(plan.run_dir).check([], [TABLE])
        driver.pieces.free()
        check_run_dir(plan.run_dir)
        reach(plan.runner)
        prepared = prepare(plan, driver.say, driver.reached)
        digests = digests_of(prepared)
        stem = digest_of(digests)[:12]
        with opened(driver, plan, digests, described(plan), request(plan)):
            driver.pieces.keep(lambda name: name.startswith(f"{stem}/"))
            alerts = None if watch is None else _watched(watch, driver, prepared)
            offered.measure(driver, plan, prepared.coverage, prepared.slice, stem, alerts)
            stages = Stages(driver, work_of(prepared, driver.pieces, stem))
            units, across, notes = stages.units()
            _publish(driver, stages.parts)
            table = driver.pieces.path(f"{stem}/{folder_of(plan)}")
            results = _results(prepared, digests, units, across, notes, driver, table)
            driver.note(REPORTED, results.ended().as_json())
        return results
    except KeyboardInterrupt:
        raise driver.interrupted from None


def _watched(watch: Watch, driver: Driver, prepared: Prepared) -> Alerts:
    """From here on events say what is known of the calls and of the ranking."""
    plan = prepared.plan
    watch.alerts = Alerts.empty(prepared.coverage, plan.costs)
    watch.slice, watch.horizon_s, watch.notes = prepared.slice, plan.horizon_s, driver.notes
    return watch.alerts


def _publish(driver: Driver, parts: Sequence[str]) -> None:
    """Show the table where a person finds it."""
    published = Published(driver.plan.run_dir)
    with room(driver.plan.run_dir / TABLE):
        paths = map(driver.pieces.path, parts)
        for sentence in published.write(driver.plan.study, {}, {TABLE: {path.name: path for path in paths}}):
            driver.say(sentence)


def _results(
    prepared: Prepared, digests: dict[str, str], units: Sequence[UnitResult], across: Across | None,
    notes: Sequence[str], driver: Driver, table: Path,
) -> CallerResults:  # fmt: skip
    calls = prepared.calls
    return CallerResults(
        plan=prepared.plan,
        units=tuple(units),
        coverage=prepared.coverage,
        table=table,
        slice=prepared.slice.folder,
        quality=prepared.slice.quality,
        counts=calls.counts,
        split_ns=prepared.split.split_ns,
        calls_source=calls.source,
        candles_source=prepared.slice.source,
        digests=digests,
        versions=versions(),
        reused=driver.reused,
        remade=driver.remade,
        seconds=time.monotonic() - driver.began,
        across=across,
        notes=(*notes_of(prepared, units), *notes),
    )
