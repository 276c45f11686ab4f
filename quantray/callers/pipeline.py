"""The per-caller optimiser from a plan to its results, stage by stage; what an earlier run finished stays done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from quantray.callers.plan import CallerPlan
from quantray.callers.prepare import Prepared, Say, prepare
from quantray.callers.progress import Progress
from quantray.callers.results import CallerResults, UnitResult
from quantray.callers.stages import Stages
from quantray.callers.stored import Driver, described, digests_of, remove_others
from quantray.callers.summing import notes_of
from quantray.callers.work import work_of
from quantray.digests import digest_of
from quantray.errors import ConfigError
from quantray.outlets import logger
from quantray.provenance import versions

_log = logger(__name__)


def run(
    plan: CallerPlan, *, progress: Callable[[Progress], Any] | None = None, say: Say | None = None
) -> CallerResults:
    """Carry out the plan, or go on with it where an earlier run stopped.

    ``progress`` is told of every finished row of a stage, ``say`` sentences a person should read. Files are written
    under ``plan.run_dir``: ``policies/part-*.parquet`` (the table), ``work/`` (tables and scores, from which a killed
    run goes on) and the ledger. Raises UserError, before anything is written there, for a plan that cannot be carried
    out, and Interrupted on Ctrl-C.
    """
    driver = Driver(plan, progress, say or _log.warning)
    try:
        prepared = prepare(plan, driver.say, driver.reached)
        digests = digests_of(prepared)
        with _opened(driver, digests) as folder:
            units, notes = Stages(driver, work_of(prepared, folder)).units()
        return _results(prepared, digests, units, notes, driver)
    except KeyboardInterrupt:
        raise driver.interrupted from None


@contextmanager
def _opened(driver: Driver, digests: dict[str, str]) -> Iterator[Path]:
    """The study's ledger for the driver, and the folder of this plan's files; other plans' are removed."""
    from quantray.ledger.opening import open_ledger

    plan = driver.plan
    try:
        plan.run_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"run_dir={plan.run_dir} cannot be made: {error.strerror}; give run_dir=DIR") from None
    ledger = open_ledger(
        plan.storage, plan.run_dir, plan.study, digests, described=described(plan), fresh=plan.fresh, say=driver.say
    )
    with closing(ledger):
        driver.resume(ledger)
        folder = plan.run_dir / "work" / digest_of(digests)[:12]
        remove_others(folder.parent, [folder])
        folder.mkdir(parents=True, exist_ok=True)
        yield folder


def _results(
    prepared: Prepared, digests: dict[str, str], units: Sequence[UnitResult], notes: Sequence[str], driver: Driver
) -> CallerResults:
    calls = prepared.calls
    return CallerResults(
        plan=prepared.plan,
        units=tuple(units),
        coverage=prepared.coverage,
        table=prepared.plan.run_dir / "policies",
        quality=prepared.slice.quality,
        counts=calls.counts,
        split_ns=prepared.split.split_ns,
        calls_source=calls.source,
        candles_source=prepared.slice.source,
        digests=digests,
        versions=versions(),
        reused=driver.reused,
        seconds=time.monotonic() - driver.began,
        notes=(*notes_of(prepared, units), *notes),
    )
