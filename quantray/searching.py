"""The search of a plan: the study it is kept in, and the trials it finds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quantray.capacity import check_table
from quantray.digests import digest_of
from quantray.errors import DataError, TooManyFailures, begun
from quantray.evaluate import evaluate_trials
from quantray.failures import Reason, counted
from quantray.files import Pieces
from quantray.objectives import ranked
from quantray.outcomes import note_table
from quantray.outlets import logger
from quantray.plan import Plan
from quantray.protocols import Counts, check_volume
from quantray.provenance import code_digest
from quantray.refusals import check, check_files
from quantray.report.reasons import everything_failed
from quantray.runner.ranges import SUFFIX, RangeClaims
from quantray.runner.share import Share, duplicates_of, retried_of, seed_of
from quantray.space import Candidates
from quantray.surface import exhaust, keep_best, ranges, reasons_stored, surface
from quantray.surface_files import SurfaceFiles
from quantray.targets import resolve
from quantray.types import Slice, Trial

Say = Callable[[str], None]
_log = logger(__name__)
_POLL_S = 1.0
_GIVEN_UP = "more than search.max_failures={} candidates failed"


def split(slice: Slice, fraction: float) -> tuple[Slice, Slice | None]:
    """Sessions the search may see, and the last ``max(1, floor(fraction * n))``, which it never does."""
    n = len(slice)
    if fraction == 0:
        return slice, None
    if n < 3:
        raise DataError(
            f"{n} session{'s' if n != 1 else ''} cannot be split into a search and a held-out part; "
            "set oos.fraction=0, or give at least 3 sessions"
        )
    held = max(1, math.floor(fraction * n))
    return slice.take(0, n - held), slice.take(n - held, n)


def load_slice(plan: Plan) -> Slice:
    """The plan's data, refused when the share of quarantined rows passes a gate."""
    from quantray.data import check_gates, load

    slice = load(plan.data)
    check_gates(slice, plan.gates)
    check_volume(resolve(plan.strategy.target), slice)
    return slice


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A plan with its data and its study, ready to be searched."""

    plan: Plan
    slice: Slice
    train: Slice
    held_out: Slice | None
    digests: dict[str, str]
    ledger: Any


@contextmanager
def opened(plan: Plan, say: Say) -> Iterator[Opened]:
    """Load and split the data, compile, and open the study, which is closed afterwards.

    Raises UserError, before anything is written, for a plan that cannot be carried out.
    """
    from quantray.ledger import describe, open_ledger

    check(plan)
    check_files(plan)
    slice = load_slice(plan)
    train, held_out = split(slice, plan.oos.fraction)
    if plan.search.kind == "exhaustive" or compared(plan):
        check_table(plan.space, len(train), compared=plan.search.kind != "exhaustive")
    digests = plan.digests(slice.digest, code_digest())
    _warm(plan, train)
    _reach(plan, slice)
    ledger = open_ledger(
        plan.storage, plan.run_dir, plan.study, digests, described=describe(plan), fresh=plan.fresh, say=say
    )
    with closing(ledger), begun():
        plan.run_dir.mkdir(parents=True, exist_ok=True)  # only now: a refused address leaves no trace
        yield Opened(plan, slice, train, held_out, digests, ledger)


def _reach(plan: Plan, slice: Slice) -> None:
    """Connect to the cluster before anything is written. Ray of this machine is started only where it is used."""
    if plan.runner.kind == "ray" and (plan.runner.address != "local" or plan.search.kind != "exhaustive"):
        from quantray.runner import cluster

        cluster.start(plan.runner, slice)
        cluster.check_nodes(plan)


def compared(plan: Plan) -> bool:
    """Whether a sampled search is compared with the exact surface: where that is cheap."""
    size = plan.space.size
    return size is not None and size <= plan.report.surface_max_points and _shared(plan)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    trials: Sequence[Trial]
    counts: Counts
    duplicates: dict[str, int]
    stop_reason: str
    exact: Any = None
    notes: tuple[str, ...] = ()
    repeated: Mapping[str, int] = field(default_factory=dict)  # see Results
    parts: Mapping[str, Path] = field(default_factory=dict)  # of a complete table: name -> piece
    reasons: Sequence[Reason] = ()  # why candidates did not complete, the commonest first
    failure: str | None = None  # why the run is no success, though it is reported


def search(
    opened: Opened, progress: Any = None, say: Say | None = None, *, share: Share | None = None, last: bool = True
) -> Found | None:
    """Find the study's trials: those that are missing are asked for, evaluated and stored.

    With a ``share`` this is one of several drivers; one that is not the ``last`` leaves when nothing is left to
    claim, and returns None. The last one waits for what other drivers still work on, and evaluates what dead ones
    left.
    """
    work = _exhaust if opened.plan.search.kind == "exhaustive" else _sample
    return work(opened, progress, say or _log.warning, share, last)


def _sample(opened: Opened, progress: Any, say: Say, share: Share | None, last: bool) -> Found | None:
    """Ask, evaluate, tell; then compare with the exact surface where that is cheap."""
    from quantray.runner.sweep import Sweep
    from quantray.search import make_searcher

    plan, train, ledger = opened.plan, opened.train, opened.ledger
    seed = plan.seed if share is None else seed_of(plan.seed, share.driver)
    while True:
        searcher = make_searcher(plan.search, plan.space, seed)
        sweep = Sweep(plan, searcher, ledger, progress, share=share)
        try:
            sentence, failure = _runner(plan)(plan, train, sweep, evaluate_trials).sentence, None
        except TooManyFailures as error:  # what was found until then is reported all the same
            sentence, failure = _GIVEN_UP.format(plan.search.max_failures), str(error)
        if not last:
            return None
        if failure is not None:
            break
        left = ledger.counts().claimed if share is not None else 0
        if not left:
            break
        say(f"waiting for {left:,} candidates that other drivers have claimed")
        time.sleep(_POLL_S)
    size = plan.space.size
    exact, notes = None, []
    if failure is not None:
        size = None  # no table of a strategy that fails
    if failure is None and compared(plan):
        exact = surface(plan, train)
    elif size is not None:
        notes.append(
            f"The exact surface of {size:,} points was not computed: it is larger than report.surface_max_points, "
            "or its candidates share nothing (a black box, limits of capital)."
        )
    kept = ledger.notes()
    repeated = {"driver": _claimed_again(ledger), "worker": retried_of(kept)}
    trials, counts = list(ledger.trials()), ledger.counts()
    reasons = counted((t.number, str(t.state), t.why, 1) for t in trials if t.why)
    failure = failure or _all_failed(counts, reasons)
    return Found(
        trials, counts, duplicates_of(kept), sentence, exact, tuple(notes), repeated, reasons=reasons, failure=failure
    )


def _all_failed(counts: Counts, reasons: Sequence[Reason]) -> str | None:
    """Why a run is no success: every candidate failed; None otherwise."""
    return everything_failed(counts, reasons) if 0 < counts.attempts == counts.failed else None


def _claimed_again(ledger: Any) -> int:
    """Candidates (of a table: ranges) that were claimed again because the driver that had them died."""
    from quantray.ledger import open_reader

    if ledger.url is None:
        return 0
    with open_reader(ledger.url, ledger.name) as study:
        return int(study.repeated())


def _warm(plan: Plan, train: Slice) -> None:
    """Compile the kernels (or read them from their cache) before workers start and clocks run."""
    if hasattr(resolve(plan.strategy.target), "signals"):
        first = {d.name: d.values[0] if d.values is not None else d.low for d in plan.space.dimensions}
        evaluate_trials(plan, train.take(0, 1), Candidates.of([first]))


def _runner(plan: Plan) -> Any:
    if plan.runner.kind == "ray":
        from quantray.runner.tune import run_tune

        return run_tune
    from quantray.runner.local import run_local

    return run_local


def _shared(plan: Plan) -> bool:
    """A surface is cheap where candidates share their tables: not for a black box, nor with limits of capital."""
    limited = plan.capital.initial is not None or plan.capital.max_open_positions is not None
    return hasattr(resolve(plan.strategy.target), "signals") and not limited


def _exhaust(opened: Opened, progress: Any, say: Say, share: Share | None, last: bool) -> Found | None:
    """Every point once; the best of them become the study's trials."""
    plan, train, ledger = opened.plan, opened.train, opened.ledger
    with closing(_open_ranges(opened)) as beside:
        files = surface_files(opened, say)
        try:
            exact = exhaust(plan, train, files, RangeClaims(beside, ranges(plan)), _told(plan, progress), whole=last)
        except TooManyFailures as error:
            return _stopped(opened, files, str(error)) if last else None
        again = _claimed_again(beside)
    if exact is None:
        return None
    reasons = counted(reasons_stored(files))
    note_table(ledger, exact.counts, reasons)
    kept = max(plan.report.top, plan.mirror.max_trials)
    keep_best(plan, train, ledger, exact.values, kept, files)
    trials = ranked(list(ledger.trials()))
    listed = f"the trials listed are the best {len(trials):,}" if trials else "none of them is listed as a trial"
    notes = (f"The table has {plan.space.size:,} points, all in surface/*.parquet; {listed}.",)
    start, stop = ranges(plan)[0]
    repeated = {"driver": min(again * (stop - start), plan.space.size or 0), "worker": 0}
    return Found(
        sorted(trials, key=lambda t: t.number), exact.counts, {}, "exhausted", exact, notes, repeated,
        parts=files.shown(), reasons=reasons, failure=_all_failed(exact.counts, reasons),
    )  # fmt: skip


def surface_files(opened: Opened, say: Say = _log.warning) -> SurfaceFiles:
    """Where the parts of the complete table are kept; the folder is made."""
    plan = opened.plan
    pieces = Pieces(plan.run_dir, plan.study).open()
    opened.ledger.note(*pieces.noted)
    return SurfaceFiles(pieces, digest_of(opened.digests)[:12], opened.ledger, ranges(plan), say)


def _stopped(opened: Opened, files: SurfaceFiles, failure: str) -> Found:
    """A table that was given up, because its candidates fail: what is stored of it, and why."""
    plan, ledger = opened.plan, opened.ledger
    counts, reasons = files.counts(files.todo()), counted(reasons_stored(files))
    note_table(ledger, counts, reasons)
    notes = (f"The table was given up after {counts.attempts:,} of {plan.space.size:,} points.",)
    ended = _GIVEN_UP.format(plan.search.max_failures)
    return Found((), counts, {}, ended, None, notes, {}, reasons=reasons, failure=failure)


def _open_ranges(opened: Opened) -> Any:
    from quantray.ledger import describe, open_ledger

    plan = opened.plan
    return open_ledger(
        plan.storage, plan.run_dir, plan.study + SUFFIX, opened.digests, described=describe(plan), fresh=plan.fresh,
        say=lambda _: None,
    )  # fmt: skip


def _told(plan: Plan, progress: Any) -> Callable[[Counts, Trial | None], None]:
    """What hears of each range, made from what hears of progress."""
    from quantray.runner.progress import Progress

    began, size = time.monotonic(), plan.space.size or 0
    before: Counts | None = None

    def on_part(counts: Counts, best: Trial | None) -> None:
        nonlocal before
        if before is None:
            before = counts
            return
        elapsed = time.monotonic() - began
        new = Counts(counts.complete - before.complete, counts.pruned - before.pruned, counts.failed - before.failed)
        rate = new.attempts / elapsed if elapsed > 0 else 0.0
        eta = (size - counts.attempts) / rate if rate > 0 else None
        if progress is not None:
            progress(Progress(counts, {}, best, size, rate, elapsed, eta, new))

    return on_part
