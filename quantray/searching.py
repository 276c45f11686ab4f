"""The search of a plan: what is refused before it, the study it is kept in, and the trials it finds."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quantray.checking import check, check_files, check_memory, compared, load_slice, reach, split
from quantray.digests import digest_of
from quantray.errors import begun
from quantray.evaluate import evaluate_trials
from quantray.files import Pieces
from quantray.objectives import ranked
from quantray.plan import Plan
from quantray.protocols import Counts
from quantray.provenance import code_digest
from quantray.runner.progress import Outcome
from quantray.runner.ranges import SUFFIX, RangeClaims
from quantray.runner.share import Share, duplicates_of, retried_of, seed_of
from quantray.space import Candidates
from quantray.surface import exhaust, keep_best, ranges, surface
from quantray.surface_files import SurfaceFiles
from quantray.targets import resolve
from quantray.types import Slice, Trial

Say = Callable[[str], None]
_log = logging.getLogger(__name__)
_POLL_S = 0.5
_ENDS = ("target", "timeout")  # of a search that does not wait for what others still evaluate


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
    check_memory(plan, train)
    digests = plan.digests(slice.digest, code_digest())
    _warm(plan, train)
    reach(plan, slice)
    ledger = open_ledger(
        plan.storage, plan.run_dir, plan.study, digests, described=describe(plan), fresh=plan.fresh, say=say
    )
    with closing(ledger), begun():
        plan.run_dir.mkdir(parents=True, exist_ok=True)  # only now: a refused address leaves no trace
        yield Opened(plan, slice, train, held_out, digests, ledger)


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
        ended = _runner(plan)(plan, train, Sweep(plan, searcher, ledger, progress, share=share), evaluate_trials)
        if not last:
            return None
        if not (share is not None or ledger.shared) or _complete(opened, ended, say):
            break
    exact, notes = None, []
    if compared(plan):
        exact = surface(plan, train)
    elif plan.space.size is not None:
        notes.append(
            f"The exact surface of {plan.space.size:,} points was not computed: it is larger than "
            "report.surface_max_points, or its candidates share nothing (a black box, limits of capital)."
        )
    kept = ledger.notes()
    repeated = {"driver": _claimed_again(ledger), "worker": retried_of(kept)}
    trials, counts = list(ledger.trials()), ledger.counts()
    return Found(trials, counts, duplicates_of(kept), ended.sentence, exact, tuple(notes), repeated)


def _complete(opened: Opened, ended: Outcome, say: Say) -> bool:
    """Wait for what other drivers have claimed; whether nothing of the search is left for this one."""
    ledger, search, told = opened.ledger, opened.plan.search, False
    if ended.reason in _ENDS:
        return True
    while (counts := ledger.counts()).claimed and not ledger.orphans():
        if not told:
            say(f"waiting for {counts.claimed:,} candidates that other drivers have claimed")
        told = True
        time.sleep(_POLL_S)
    if counts.claimed:
        return False  # of a driver that died
    full = counts.complete >= search.n_trials or counts.attempts >= search.attempts or ended.reason == "exhausted"
    if not full:
        time.sleep(_POLL_S)  # another driver has room set aside, and claims it in a moment
    return full


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


def _exhaust(opened: Opened, progress: Any, say: Say, share: Share | None, last: bool) -> Found | None:
    """Every point once; the best of them become the study's trials."""
    plan, train, ledger = opened.plan, opened.train, opened.ledger
    with closing(_open_ranges(opened)) as beside:
        files = surface_files(opened, say)
        exact = exhaust(plan, train, files, RangeClaims(beside, ranges(plan)), _told(plan, progress), whole=last)
        again = _claimed_again(beside)
    if exact is None:
        return None
    kept = max(plan.report.top, plan.mirror.max_trials)
    keep_best(plan, train, ledger, exact.values, kept, files)
    trials = ranked(list(ledger.trials()))
    notes = (
        f"The table has {plan.space.size:,} points, all in surface/*.parquet; "
        f"the trials listed are the best {len(trials):,}.",
    )
    start, stop = ranges(plan)[0]
    repeated = {"driver": min(again * (stop - start), plan.space.size or 0), "worker": 0}
    found = sorted(trials, key=lambda t: t.number)
    return Found(found, exact.counts, {}, "exhausted", exact, notes, repeated, files.shown())


def surface_files(opened: Opened, say: Say = _log.warning) -> SurfaceFiles:
    """Where the parts of the complete table are kept; the folder is made."""
    plan = opened.plan
    pieces = Pieces(plan.run_dir, plan.study).open()
    opened.ledger.note(*pieces.noted)
    return SurfaceFiles(pieces, digest_of(opened.digests)[:12], opened.ledger, ranges(plan), say)


def _open_ranges(opened: Opened) -> Any:
    from quantray.ledger import describe, open_ledger

    plan = opened.plan
    return open_ledger(
        plan.storage, plan.run_dir, plan.study + SUFFIX, opened.digests, described=describe(plan),
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
