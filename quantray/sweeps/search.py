"""The search of a plan: the trials it finds, by asking for them one batch after another or by the complete table."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.digests import digest_of
from quantray.errors import TooManyFailures
from quantray.failures import Reason, counted
from quantray.files import Pieces
from quantray.outlets import logger
from quantray.plain import amount
from quantray.protocols import Counts, Outcome, Say
from quantray.sweeps.clocks import idle_moments
from quantray.sweeps.grid.files import SurfaceFiles, Tally
from quantray.sweeps.grid.outcome import note_table
from quantray.sweeps.grid.points import exhaust, ranges, reasons_stored, surface
from quantray.sweeps.grid.surface import Surface, keep_best
from quantray.sweeps.loop.pace import Pace
from quantray.sweeps.loop.progress import Progress
from quantray.sweeps.loop.ranges import SUFFIX, RangeClaims
from quantray.sweeps.loop.share import Share, duplicates_of, retried_of, seed_of
from quantray.sweeps.objective import ranked
from quantray.sweeps.plan import Plan
from quantray.sweeps.prepare import Opened, compared
from quantray.sweeps.report.reasons import everything_failed
from quantray.sweeps.scores import score_trials
from quantray.trial import Trial

if TYPE_CHECKING:
    from quantray.ledger.sql_ledger import SqlLedger
    from quantray.sweeps.loop.loop import Sweep

OnProgress = Callable[[Progress], object]
#: How a search ended whose candidates fail.
GIVEN_UP = "more than search.max_failures={} candidates failed"
_log = logger(__name__)
#: Of a complete table as many points, the best, become trials of the study at most, unless the report lists more.
LISTED = 1000
_POLL_S = 0.5
_ENDS = ("target", "timeout")  # of a search that does not wait for what others still evaluate


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a search came to; ``trials`` of a complete table are its best."""

    trials: Sequence[Trial]
    counts: Counts
    duplicates: Mapping[str, int]
    stop_reason: str
    exact: Surface | None = None
    notes: tuple[str, ...] = ()
    repeated: Mapping[str, int] = field(default_factory=dict)  # see Results
    parts: Mapping[str, Path] = field(default_factory=dict)  # of a complete table: name -> piece
    reasons: Sequence[Reason] = ()  # why candidates did not complete, the commonest first
    failure: str | None = None  # why the run is no success, though it is reported


def search(
    opened: Opened,
    progress: OnProgress | None = None,
    say: Say | None = None,
    *,
    share: Share | None = None,
    last: bool = True,
) -> Found | None:
    """Find the study's trials: those that are missing are asked for, evaluated and stored.

    With a ``share`` this is one of several drivers; one that is not the ``last`` leaves when nothing is left to
    claim, and returns None. The last one waits for what other drivers still work on, and evaluates what dead ones
    left.
    """
    say = say or _log.warning
    if opened.plan.search.kind == "exhaustive":
        return _exhausted(opened, progress, say, last)
    return _sampled(opened, progress, say, share, last)


def _sampled(
    opened: Opened, progress: OnProgress | None, say: Say, share: Share | None, last: bool
) -> Found | None:  # fmt: skip
    """Ask, evaluate, tell; then compare with the exact surface where that is cheap."""
    from quantray.search import make_searcher
    from quantray.sweeps.loop.loop import Sweep

    plan, ledger = opened.plan, opened.ledger
    seed = plan.seed if share is None else seed_of(plan.seed, share.driver)
    while True:
        sweep = Sweep(plan, make_searcher(plan.search, plan.space, seed), ledger, progress, share=share)
        failure: str | None = None
        ended: Outcome | None = None
        try:
            ended = _run(opened, sweep)
        except TooManyFailures as error:  # what was found until then is reported all the same
            failure = str(error)
        if not last:
            return None
        if ended is None or not sweep.shared or _complete(opened, ended, say):
            break
    sentence = GIVEN_UP.format(plan.search.max_failures) if ended is None else ended.sentence
    return concluded(opened, sentence, claimed_again(ledger), failure)


def concluded(opened: Opened, sentence: str, again: int, failure: str | None = None) -> Found:
    """What a sampled search came to that has ended, ``sentence`` says how; compared with the exact surface where that

    is cheap. ``again``: candidates that were claimed again.
    """
    plan, train, ledger = opened.plan, opened.train, opened.ledger
    exact, notes = None, idle_moments(plan, train)
    opened.reached("comparing")
    if failure is None and compared(plan):
        exact = surface(plan, train)
    elif failure is None and plan.space.size is not None:
        notes.append(
            f"The exact surface of {plan.space.size:,} points was not computed: it is larger than "
            "report.surface_max_points, or its candidates share nothing (a black box, limits of capital)."
        )
    kept = ledger.notes()
    repeated = {"driver": again, "worker": retried_of(kept)}
    trials, counts = list(ledger.trials()), ledger.counts()
    reasons = counted((t.number, str(t.state), t.why, 1) for t in trials if t.why)
    failure = failure or all_failed(counts, reasons)
    return Found(
        trials, counts, duplicates_of(kept), sentence, exact, tuple(notes), repeated, reasons=reasons, failure=failure
    )


def _run(opened: Opened, sweep: Sweep) -> Outcome:
    if opened.plan.runner.kind == "ray":
        from quantray.runner.tune import run_tune

        return run_tune(opened.plan, opened.train, sweep, score_trials)
    from quantray.runner.local import run_local

    return run_local(opened.plan, opened.train, sweep, score_trials)


def _complete(opened: Opened, ended: Outcome, say: Say) -> bool:
    """Wait for what other drivers have claimed; whether nothing of the search is left for this one."""
    ledger, search, told = opened.ledger, opened.plan.search, False
    if ended.reason in _ENDS:
        return True
    while (counts := ledger.counts()).claimed and not ledger.orphans():
        if not told:
            say(f"waiting for {amount(counts.claimed, 'candidate')} that other drivers have claimed")
        told = True
        time.sleep(_POLL_S)
    if counts.claimed:
        return False  # of a driver that died
    full = counts.complete >= search.n_trials or counts.attempts >= search.attempts or ended.reason == "exhausted"
    if not full:
        time.sleep(_POLL_S)  # another driver has room set aside, and claims it in a moment
    return full


def _exhausted(opened: Opened, progress: OnProgress | None, say: Say, last: bool) -> Found | None:
    """Every point once; the best of them become the study's trials."""
    plan, train = opened.plan, opened.train
    with closing(open_ranges(opened)) as beside:
        files = surface_files(opened, say)
        try:
            exact = exhaust(plan, train, files, RangeClaims(beside, files.ranges), _told(plan, progress), whole=last)
        except TooManyFailures as error:
            return _stopped(opened, files, str(error)) if last else None
        again = claimed_again(beside)
    return None if exact is None else tabled(opened, files, exact, again)


def tabled(opened: Opened, files: SurfaceFiles, exact: Surface, again: int) -> Found:
    """What a complete table came to, all of which is stored; ``again``: ranges that were claimed again."""
    plan, train, ledger = opened.plan, opened.train, opened.ledger
    reasons = counted(reasons_stored(files, ()))
    note_table(ledger, exact.counts, reasons)
    kept = max(plan.report.top, min(plan.mirror.max_trials, LISTED))
    keep_best(plan, ledger, exact, kept, files)
    trials = ranked(list(ledger.trials()))
    listed = f"the trials listed are the best {len(trials):,}" if trials else "none of them is listed as a trial"
    notes = (f"The table has {amount(plan.space.size or 0, 'point')}, all in surface/*.parquet; {listed}.",
             *idle_moments(plan, train))  # fmt: skip
    start, stop = files.ranges[0]
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
    notes = (f"The table was given up after {counts.attempts:,} of {amount(plan.space.size or 0, 'point')}.",)
    ended = GIVEN_UP.format(plan.search.max_failures)
    return Found((), counts, {}, ended, None, notes, {}, files.shown(todo), reasons=reasons, failure=failure)


def surface_files(opened: Opened, say: Say = _log.warning) -> SurfaceFiles:
    """Where the parts of the complete table are kept; the folder is made."""
    plan = opened.plan
    pieces = Pieces(plan.run_dir, plan.study).open()
    opened.ledger.note(*pieces.noted)
    return SurfaceFiles(pieces, digest_of(opened.digests)[:12], opened.ledger, ranges(plan, len(opened.train)), say)


def open_ranges(opened: Opened) -> SqlLedger:
    """The ledger in which ranges of a table are claimed."""
    from quantray.ledger import open_ledger
    from quantray.sweeps.description import describe

    plan = opened.plan
    ledger: SqlLedger = open_ledger(
        plan.storage, plan.run_dir, plan.study + SUFFIX, opened.digests, described=describe(plan),
        say=lambda _: None,
    )  # fmt: skip
    return ledger


def _told(plan: Plan, progress: OnProgress | None) -> Callable[[Tally, Trial | None], None]:
    """What hears of each range, made from what hears of progress."""
    began, size = time.monotonic(), plan.space.size or 0
    before: int | None = None
    mine, together = Pace(), Pace()  # of this driver, and of all of them

    def on_part(tally: Tally, best: Trial | None) -> None:
        nonlocal before
        counts, stored, now = tally.counts, tally.stored, time.monotonic()
        if before is None:
            before = counts.attempts
            return
        mine.see(now, stored.attempts)
        together.see(now, counts.attempts - before)
        eta = (size - counts.attempts) / together.rate if together.rate else None
        if progress is not None:
            elapsed = now - began
            progress(Progress(counts, {}, best, size, mine.rate, elapsed, eta, stored=stored, others=tally.others))

    return on_part


def all_failed(counts: Counts, reasons: Sequence[Reason]) -> str | None:
    """Why a run is no success: every candidate failed; None otherwise."""
    return everything_failed(counts, reasons) if 0 < counts.attempts == counts.failed else None


def claimed_again(ledger: SqlLedger) -> int:
    """Candidates (of a table: ranges) that were claimed again because the driver that had them died."""
    from quantray.ledger import open_reader

    if ledger.url is None:
        return 0
    with open_reader(ledger.url, ledger.name) as study:
        return int(study.repeated())
