"""The search of a plan: what is refused before it, the study it is kept in, and the trials it finds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from quantray.errors import TooManyFailures, begun
from quantray.failures import OWN, counted
from quantray.outlets import logger
from quantray.plugins import resolve
from quantray.protocols import Outcome
from quantray.report.words import duration
from quantray.space import Candidates
from quantray.sweeps.candidates import combinations
from quantray.sweeps.clocks import idle_moments
from quantray.sweeps.evaluate import evaluate_trials
from quantray.sweeps.exhaustive import exhausted
from quantray.sweeps.findings import GIVEN_UP, Found, Opened, all_failed, claimed_again
from quantray.sweeps.grid.points import surface
from quantray.sweeps.holdout import load_slice, split
from quantray.sweeps.identity import code_digest
from quantray.sweeps.loop.share import Share, duplicates_of, retried_of, seed_of
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.refusals import check, check_files, check_memory, compared, reach
from quantray.sweeps.strategy import gives_signals

Say = Callable[[str], None]
_log = logger(__name__)
_POLL_S = 0.5
_ENDS = ("target", "timeout")  # of a search that does not wait for what others still evaluate
_FELT_S = 10.0  # of a strategy's own code: from here on it is announced


@contextmanager
def opened(plan: Plan, say: Say) -> Iterator[Opened]:
    """Load and split the data, compile, and open the study, which is closed afterwards.

    Raises UserError, before anything is written, for a plan that cannot be carried out.
    """
    from quantray.ledger import open_ledger
    from quantray.sweeps.description import describe

    check(plan)
    check_files(plan)
    slice = load_slice(plan)
    train, held_out = split(slice, plan.oos.fraction)
    check_memory(plan, train)
    digests = plan.digests(slice.digest, code_digest())
    _warm(plan, train)
    _announce(plan, train, say)
    reach(plan, slice)
    ledger = open_ledger(
        plan.storage, plan.run_dir, plan.study, digests, described=describe(plan), fresh=plan.fresh, say=say
    )
    with closing(ledger), begun():
        plan.run_dir.mkdir(parents=True, exist_ok=True)  # only now: a refused address leaves no trace
        yield Opened(plan, slice, train, held_out, digests, ledger)


def search(
    opened: Opened, progress: Any = None, say: Say | None = None, *, share: Share | None = None, last: bool = True
) -> Found | None:
    """Find the study's trials: those that are missing are asked for, evaluated and stored.

    With a ``share`` this is one of several drivers; one that is not the ``last`` leaves when nothing is left to
    claim, and returns None. The last one waits for what other drivers still work on, and evaluates what dead ones
    left.
    """
    say = say or _log.warning
    if opened.plan.search.kind == "exhaustive":
        return exhausted(opened, progress, say, last)
    return _sample(opened, progress, say, share, last)


def _sample(opened: Opened, progress: Any, say: Say, share: Share | None, last: bool) -> Found | None:
    """Ask, evaluate, tell; then compare with the exact surface where that is cheap."""
    from quantray.search import make_searcher
    from quantray.sweeps.loop.loop import Sweep

    plan, train, ledger = opened.plan, opened.train, opened.ledger
    seed = plan.seed if share is None else seed_of(plan.seed, share.driver)
    while True:
        searcher = make_searcher(plan.search, plan.space, seed)
        sweep = Sweep(plan, searcher, ledger, progress, share=share)
        try:
            ended, failure = _runner(plan)(plan, train, sweep, evaluate_trials), None
            sentence = ended.sentence
        except TooManyFailures as error:  # what was found until then is reported all the same
            ended, sentence, failure = None, GIVEN_UP.format(plan.search.max_failures), str(error)
        if not last:
            return None
        if ended is None or not sweep.shared or _complete(opened, ended, say):
            break
    exact, notes = None, idle_moments(plan, train, resolve(plan.strategy.target))
    if failure is None and compared(plan):
        exact = surface(plan, train)
    elif failure is None and plan.space.size is not None:
        notes.append(
            f"The exact surface of {plan.space.size:,} points was not computed: it is larger than "
            "report.surface_max_points, or its candidates share nothing (a black box, limits of capital)."
        )
    kept = ledger.notes()
    repeated = {"driver": claimed_again(ledger), "worker": retried_of(kept)}
    trials, counts = list(ledger.trials()), ledger.counts()
    reasons = counted((t.number, str(t.state), t.why, 1) for t in trials if t.why)
    failure = failure or all_failed(counts, reasons)
    return Found(
        trials, counts, duplicates_of(kept), sentence, exact, tuple(notes), repeated, reasons=reasons, failure=failure
    )


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


def _warm(plan: Plan, train: Slice) -> None:
    """Compile the kernels (or read them from their cache) before workers start and clocks run."""
    if gives_signals(plan.strategy.target):
        first = {d.name: d.values[0] if d.values is not None else d.low for d in plan.space.dimensions}
        evaluate_trials(plan, train.take(0, 1), Candidates.of([first]))


def _announce(plan: Plan, train: Slice, say: Say) -> None:
    """Say what the strategy's own code will take in a complete table, where it is asked often enough to be felt."""
    strategy = resolve(plan.strategy.target)
    if plan.search.kind != "exhaustive" or not hasattr(strategy, "signals"):
        return
    try:
        made, lists, seconds = combinations(plan, train, strategy)
    except OWN:  # the first candidate fails; what it says is said with the results
        return
    if seconds >= _FELT_S:
        say(
            f"{strategy.__name__} reads so many parameters that it is made {made:,} times and asked for signals "
            f"{lists:,} times: about {duration(seconds)} of one core; fewer levels, or signal_lists(), make it quicker"
        )


def _runner(plan: Plan) -> Any:
    if plan.runner.kind == "ray":
        from quantray.runner.tune import run_tune

        return run_tune
    from quantray.runner.local import run_local

    return run_local
