"""Before a sweep: what is refused without writing a byte, the data in its two parts, and the study that is opened."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantray.capacity import check_run_dir, check_table
from quantray.compilation import is_compiled
from quantray.errors import ConfigError, begun
from quantray.failures import OWN
from quantray.files import Pieces
from quantray.plain import amount
from quantray.protocols import REQUEST, Reached, Say
from quantray.report.words import duration
from quantray.search import check_searcher
from quantray.space import Candidates
from quantray.sweeps.candidates import check_fields, check_ranges, combinations
from quantray.sweeps.grid.points import ranges
from quantray.sweeps.holdout import load_slice, split
from quantray.sweeps.identity import code_digest
from quantray.sweeps.long_option import LongOption
from quantray.sweeps.market import Slice
from quantray.sweeps.metrics import METRICS
from quantray.sweeps.objective import check_constraints, objective
from quantray.sweeps.plan import Plan
from quantray.sweeps.report.files import check_results
from quantray.sweeps.scores import score

if TYPE_CHECKING:
    from quantray.ledger.sql_ledger import SqlLedger

#: What a worker would import before its first batch, and imports while the data load.
_OF_WORKERS = ("ray.tune", "quantray.runner.cluster", "quantray.runner.parcel", "quantray.sweeps.scores")
_FELT_S = 10.0  # of a strategy's own code: from here on it is announced


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A plan with its data and its study, ready to be searched."""

    plan: Plan
    slice: Slice
    train: Slice
    held_out: Slice | None
    digests: Mapping[str, str]
    ledger: SqlLedger
    reached: Reached


@contextmanager
def opened(plan: Plan, say: Say, reached: Reached | None = None) -> Iterator[Opened]:
    """Load and split the data, compile, and open the study, which is closed afterwards.

    ``reached`` is told the name of each stage as it begins (see ``sweeps.loop.progress``).
    Raises UserError, before anything is written, for a plan that cannot be carried out.
    """
    from quantray.ledger import ending, open_ledger
    from quantray.sweeps.description import describe, request

    reached = reached or (lambda stage: None)
    check(plan)
    check_files(plan)
    _begin(plan)
    reached("data")
    whole = load_slice(plan)
    train, held_out = split(whole, plan.oos.fraction)
    check_memory(plan, train)
    digests = plan.digests(whole.digest, code_digest())
    reached("kernels" if is_compiled("touch.exit_tables") else "compiling")
    _warm(plan, train)
    _announce(plan, train, say)
    if _on_ray(plan):
        reached("Ray")
        reach(plan, whole)
    ledger = open_ledger(
        plan.storage, plan.run_dir, plan.study, digests, described=describe(plan), fresh=plan.fresh, say=say
    )
    with closing(ledger), begun():
        ending.begin(ledger)
        ledger.note(REQUEST, request(plan))
        plan.run_dir.mkdir(parents=True, exist_ok=True)  # only now: a refused address leaves no trace
        yield Opened(plan, whole, train, held_out, digests, ledger, reached)


def check(plan: Plan) -> None:
    """Refuse what can be refused without data: names of parameters, metrics and bounds."""
    strategy, signals = plan.strategy.resolved, plan.strategy.gives_signals
    if not hasattr(strategy, "__dataclass_fields__") or not (signals or hasattr(strategy, "trades")):
        raise ConfigError(f"{plan.strategy.target} is no strategy: a frozen dataclass with signals() or trades()")
    if signals and not issubclass(strategy, LongOption):
        raise ConfigError(
            f"{plan.strategy.target} has signals() and does not inherit quantray.sweeps.long_option.LongOption, "
            "whose parameters say what is bought and when it is sold"
        )
    check_fields(strategy, [*plan.space.names, *plan.strategy.params])
    check_ranges(strategy, plan.space)
    objective(plan.objective)
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


def check_memory(plan: Plan, searched: Slice) -> None:
    """ConfigError where the whole table is asked for, or a search compared with it, and it has no room in memory."""
    whole = plan.search.kind == "exhaustive"
    if whole or compared(plan):
        # a table that a search is compared with is held in memory
        memory_gb = plan.data.memory_gb if whole else math.inf
        check_table(plan.space, len(searched), memory_gb=memory_gb, compared=not whole)


def compared(plan: Plan) -> bool:
    """Whether a sampled search is compared with the exact surface.

    That is where it is cheap: of a finite space whose candidates share their tables, not of a black box, nor with
    limits of capital.
    """
    size, shared = plan.space.size, plan.strategy.gives_signals and not plan.capital.limited
    return size is not None and size <= plan.report.surface_max_points and shared


def reach(plan: Plan, market: Slice) -> None:
    """Connect to the cluster before anything is written."""
    from quantray.runner import cluster

    cluster.start(plan.runner, market)
    cluster.check_nodes(plan.runner, plan)


def _on_ray(plan: Plan) -> bool:
    """A table is computed on threads where Ray would be of this machine."""
    return plan.runner.kind == "ray" and (plan.runner.address != "local" or plan.search.kind != "exhaustive")


def _begin(plan: Plan) -> None:
    """Ray of this machine takes as long to start as the data take to load, so it starts beside them."""
    if _on_ray(plan):
        from quantray.runner import cluster

        cluster.begin(plan.runner, _OF_WORKERS)


def _warm(plan: Plan, train: Slice) -> None:
    """Compile the kernels (or read them from their cache) before workers start and clocks run."""
    if plan.strategy.gives_signals:
        first = {d.name: d.values[0] if d.values is not None else d.low for d in plan.space.dimensions}
        score(plan, train.take(0, 1), Candidates.of([first]))


def _announce(plan: Plan, train: Slice, say: Say) -> None:
    """Say what the strategy's own code will take in a complete table, where it is asked often enough to be felt."""
    strategy = plan.strategy.resolved
    if plan.search.kind != "exhaustive" or not plan.strategy.gives_signals:
        return
    try:
        made, lists, seconds = combinations(plan, train, strategy)
    except OWN:  # the first candidate fails; what it says is said with the results
        return
    if seconds >= _FELT_S:
        say(
            f"{strategy.__name__} reads so many parameters that it is made {amount(made, 'time')} and asked for "
            f"signals "
            f"{amount(lists, 'time')}: about {duration(seconds)} of one core; fewer levels, or signal_lists(), "
            f"make it quicker"
        )
