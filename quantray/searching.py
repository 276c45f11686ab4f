"""The search of a plan: what is refused before it, the study it is kept in, and the trials it finds."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from quantray.errors import ConfigError, DataError
from quantray.evaluate import METRICS, evaluate_trials
from quantray.objectives import check_constraints, check_objective, ranked
from quantray.plan import Plan
from quantray.protocols import Counts, check_volume
from quantray.provenance import code_digest
from quantray.runner.ranges import SUFFIX, RangeClaims
from quantray.runner.share import Share, duplicates_of, retried_of, seed_of
from quantray.sharing import check_fields
from quantray.space import Candidates
from quantray.surface import exhaust, keep_best, ranges, surface
from quantray.targets import resolve
from quantray.types import Slice, Trial

Say = Callable[[str], None]
_log = logging.getLogger(__name__)
_POLL_S = 1.0


def check(plan: Plan) -> None:
    """Refuse what can be refused without data: names of parameters, metrics and bounds."""
    strategy = resolve(plan.strategy.target)
    if not hasattr(strategy, "__dataclass_fields__") or not (
        hasattr(strategy, "signals") or hasattr(strategy, "trades")
    ):
        raise ConfigError(f"{plan.strategy.target} is no strategy: a frozen dataclass with signals() or trades()")
    check_fields(strategy, [*plan.space.names, *plan.strategy.params])
    check_objective(plan.objective)
    check_constraints(plan.constraints, METRICS)
    if plan.search.kind == "exhaustive":
        ranges(plan)


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
    slice = load_slice(plan)
    train, held_out = split(slice, plan.oos.fraction)
    digests = plan.digests(slice.digest, code_digest())
    _warm(plan, train)
    ledger = open_ledger(
        plan.storage, plan.run_dir, plan.study, digests, described=describe(plan), fresh=plan.fresh, say=say
    )
    with closing(ledger):
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
        left = ledger.counts().claimed if share is not None else 0
        if not left:
            break
        say(f"waiting for {left:,} candidates that other drivers have claimed")
        time.sleep(_POLL_S)
    size = plan.space.size
    exact, notes = None, []
    if size is not None and size <= plan.report.surface_max_points and _shared(plan):
        exact = surface(plan, train)
    elif size is not None:
        notes.append(
            f"The exact surface of {size:,} points was not computed: it is larger than report.surface_max_points, "
            "or its candidates share nothing (a black box, limits of capital)."
        )
    kept = ledger.notes()
    repeated = {"driver": _claimed_again(ledger), "worker": retried_of(kept)}
    trials, counts = list(ledger.trials()), ledger.counts()
    return Found(trials, counts, duplicates_of(kept), ended.sentence, exact, tuple(notes), repeated)


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
        exact = exhaust(plan, train, ledger, RangeClaims(beside, ranges(plan)), _told(plan, progress), whole=last)
        again = _claimed_again(beside)
    if exact is None:
        return None
    kept = max(plan.report.top, plan.mirror.max_trials)
    keep_best(plan, train, ledger, exact.values, kept)
    trials = ranked(list(ledger.trials()))
    notes = (
        f"The table has {plan.space.size:,} points, all in surface/*.parquet; "
        f"the trials listed are the best {len(trials):,}.",
    )
    start, stop = ranges(plan)[0]
    repeated = {"driver": min(again * (stop - start), plan.space.size or 0), "worker": 0}
    return Found(sorted(trials, key=lambda t: t.number), exact.counts, {}, "exhausted", exact, notes, repeated)


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
