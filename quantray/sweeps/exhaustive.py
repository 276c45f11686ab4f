"""The search that leaves nothing out: the complete table of a study, and its best points as trials."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

from quantray.digests import digest_of
from quantray.errors import TooManyFailures
from quantray.failures import counted
from quantray.files import Pieces
from quantray.outlets import logger
from quantray.plugins import resolve
from quantray.sweeps.clocks import idle_moments
from quantray.sweeps.findings import GIVEN_UP, Found, Opened, all_failed, claimed_again
from quantray.sweeps.grid.files import SurfaceFiles, Tally
from quantray.sweeps.grid.outcome import note_table
from quantray.sweeps.grid.points import exhaust, keep_best, ranges, reasons_stored
from quantray.sweeps.loop.ranges import SUFFIX, RangeClaims
from quantray.sweeps.objective import ranked
from quantray.sweeps.plan import Plan
from quantray.trial import Trial

Say = Callable[[str], None]
_log = logger(__name__)


def exhausted(opened: Opened, progress: Any, say: Say, last: bool) -> Found | None:
    """Every point once; the best of them become the study's trials."""
    plan, train, ledger = opened.plan, opened.train, opened.ledger
    with closing(_open_ranges(opened)) as beside:
        files = surface_files(opened, say)
        try:
            exact = exhaust(plan, train, files, RangeClaims(beside, ranges(plan)), _told(plan, progress), whole=last)
        except TooManyFailures as error:
            return _stopped(opened, files, str(error)) if last else None
        again = claimed_again(beside)
    if exact is None:
        return None
    reasons = counted(reasons_stored(files, ()))
    note_table(ledger, exact.counts, reasons)
    kept = max(plan.report.top, plan.mirror.max_trials)
    keep_best(plan, train, ledger, exact.values, kept, files)
    trials = ranked(list(ledger.trials()))
    listed = f"the trials listed are the best {len(trials):,}" if trials else "none of them is listed as a trial"
    notes = (
        f"The table has {plan.space.size:,} points, all in surface/*.parquet; {listed}.",
        *idle_moments(plan, train, resolve(plan.strategy.target)),
    )
    start, stop = ranges(plan)[0]
    repeated = {"driver": min(again * (stop - start), plan.space.size or 0), "worker": 0}
    return Found(
        sorted(trials, key=lambda t: t.number), exact.counts, {}, "exhausted", exact, notes, repeated, files.shown(),
        reasons=reasons, failure=all_failed(exact.counts, reasons),
    )  # fmt: skip


def _stopped(opened: Opened, files: SurfaceFiles, failure: str) -> Found:
    """A table that was given up, because its candidates fail: what is stored of it, and why."""
    plan, todo = opened.plan, files.todo()
    counts, reasons = files.counts(todo), counted(reasons_stored(files, todo))
    note_table(opened.ledger, counts, reasons)
    notes = (f"The table was given up after {counts.attempts:,} of {plan.space.size:,} points.",)
    ended = GIVEN_UP.format(plan.search.max_failures)
    return Found((), counts, {}, ended, None, notes, {}, files.shown(todo), reasons=reasons, failure=failure)


def surface_files(opened: Opened, say: Say = _log.warning) -> SurfaceFiles:
    """Where the parts of the complete table are kept; the folder is made."""
    plan = opened.plan
    pieces = Pieces(plan.run_dir, plan.study).open()
    opened.ledger.note(*pieces.noted)
    return SurfaceFiles(pieces, digest_of(opened.digests)[:12], opened.ledger, ranges(plan), say)


def _open_ranges(opened: Opened) -> Any:
    from quantray.ledger import open_ledger
    from quantray.sweeps.description import describe

    plan = opened.plan
    return open_ledger(
        plan.storage, plan.run_dir, plan.study + SUFFIX, opened.digests, described=describe(plan),
        say=lambda _: None,
    )  # fmt: skip


def _told(plan: Plan, progress: Any) -> Callable[[Tally, Trial | None], None]:
    """What hears of each range, made from what hears of progress."""
    from quantray.sweeps.loop.progress import Progress

    began, size = time.monotonic(), plan.space.size or 0
    before: int | None = None

    def on_part(tally: Tally, best: Trial | None) -> None:
        nonlocal before
        counts, stored = tally.counts, tally.stored
        if before is None:
            before = counts.attempts
            return
        elapsed, done = time.monotonic() - began, counts.attempts - before
        rate = stored.attempts / elapsed if elapsed > 0 else 0.0
        eta = (size - counts.attempts) * elapsed / done if done > 0 else None  # all drivers together
        if progress is not None:
            progress(Progress(counts, {}, best, size, rate, elapsed, eta, stored=stored, others=tally.others))

    return on_part
