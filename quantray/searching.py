"""The search of a plan: what is refused before it, the study it is kept in, and the trials it finds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from quantray.capacity import check_run_dir, check_table
from quantray.clocks import idle_moments
from quantray.errors import ConfigError, DataError, TooManyFailures, begun
from quantray.evaluate import METRICS, evaluate_trials
from quantray.exhausting import exhausted
from quantray.failures import OWN, counted
from quantray.files import Pieces
from quantray.found import GIVEN_UP, Found, Opened, all_failed, claimed_again
from quantray.objectives import check_constraints, check_objective
from quantray.options import LongOption
from quantray.outlets import logger
from quantray.plan import Plan
from quantray.provenance import code_digest
from quantray.report.words import duration
from quantray.report.writing import check_results
from quantray.runner.share import Share, duplicates_of, retried_of, seed_of
from quantray.search import check_searcher
from quantray.sharing import check_fields, check_ranges, combinations
from quantray.space import Candidates
from quantray.surface import ranges, surface
from quantray.targets import resolve
from quantray.types import Slice

Say = Callable[[str], None]
_log = logger(__name__)
_POLL_S = 1.0
_FELT_S = 10.0  # of a strategy's own code: from here on it is announced


def check(plan: Plan) -> None:
    """Refuse what can be refused without data: names of parameters, metrics and bounds."""
    strategy = resolve(plan.strategy.target)
    if not hasattr(strategy, "__dataclass_fields__") or not (
        hasattr(strategy, "signals") or hasattr(strategy, "trades")
    ):
        raise ConfigError(f"{plan.strategy.target} is no strategy: a frozen dataclass with signals() or trades()")
    if hasattr(strategy, "signals") and not issubclass(strategy, LongOption):
        raise ConfigError(
            f"{plan.strategy.target} has signals() and does not inherit quantray.options.LongOption, "
            "whose parameters say what is bought and when it is sold"
        )
    check_fields(strategy, [*plan.space.names, *plan.strategy.params])
    check_ranges(strategy, plan.space)
    check_objective(plan.objective)
    check_constraints(plan.constraints, METRICS)
    check_run_dir(plan.run_dir)
    if plan.search.kind == "exhaustive":
        ranges(plan)
        check_table(plan.space)
        return
    check_searcher(plan.search, plan.space, plan.seed)
    if plan.runner.kind == "ray":
        from quantray.runner import cluster

        cluster.check_tune(plan.runner)


def check_files(plan: Plan) -> None:
    """ConfigError where a file, folder or link in the run's directory is in the way of what this run will write."""
    Pieces(plan.run_dir, plan.study).check()
    check_results(plan.run_dir, table=plan.search.kind == "exhaustive")


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
    return slice


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
    _announce(plan, train, say)
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
            sentence, failure = GIVEN_UP.format(plan.search.max_failures), str(error)
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
    exact, notes = None, idle_moments(plan, train, resolve(plan.strategy.target))
    if failure is None and compared(plan):
        exact = surface(plan, train)
    elif failure is None and size is not None:
        notes.append(
            f"The exact surface of {size:,} points was not computed: it is larger than report.surface_max_points, "
            "or its candidates share nothing (a black box, limits of capital)."
        )
    kept = ledger.notes()
    repeated = {"driver": claimed_again(ledger), "worker": retried_of(kept)}
    trials, counts = list(ledger.trials()), ledger.counts()
    reasons = counted((t.number, str(t.state), t.why, 1) for t in trials if t.why)
    failure = failure or all_failed(counts, reasons)
    return Found(trials, counts, duplicates_of(kept), sentence, exact, tuple(notes), repeated, {}, reasons, failure)


def _warm(plan: Plan, train: Slice) -> None:
    """Compile the kernels (or read them from their cache) before workers start and clocks run."""
    if hasattr(resolve(plan.strategy.target), "signals"):
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


def _shared(plan: Plan) -> bool:
    """A surface is cheap where candidates share their tables: not for a black box, nor with limits of capital."""
    limited = plan.capital.initial is not None or plan.capital.max_open_positions is not None
    return hasattr(resolve(plan.strategy.target), "signals") and not limited
