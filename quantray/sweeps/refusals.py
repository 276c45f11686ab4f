"""What is refused before a sweep begins: everything that can be told without writing a byte."""

from __future__ import annotations

from quantray.capacity import check_run_dir, check_table
from quantray.errors import ConfigError
from quantray.files import Pieces
from quantray.plugins import resolve
from quantray.search import check_searcher
from quantray.sweeps.candidates import check_fields, check_ranges
from quantray.sweeps.grid.points import ranges
from quantray.sweeps.long_option import LongOption
from quantray.sweeps.market import Slice
from quantray.sweeps.metrics import METRICS
from quantray.sweeps.objective import check_constraints, check_objective
from quantray.sweeps.plan import Plan
from quantray.sweeps.report.files import check_results


def check(plan: Plan) -> None:
    """Refuse what can be refused without data: names of parameters, metrics and bounds."""
    strategy = resolve(plan.strategy.target)
    if not hasattr(strategy, "__dataclass_fields__") or not (
        hasattr(strategy, "signals") or hasattr(strategy, "trades")
    ):
        raise ConfigError(f"{plan.strategy.target} is no strategy: a frozen dataclass with signals() or trades()")
    if hasattr(strategy, "signals") and not issubclass(strategy, LongOption):
        raise ConfigError(
            f"{plan.strategy.target} has signals() and does not inherit quantray.sweeps.long_option.LongOption, "
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


def reach(plan: Plan, market: Slice) -> None:
    """Connect to the cluster before anything is written. Ray of this machine is started only where it is used."""
    if plan.runner.kind == "ray" and (plan.runner.address != "local" or plan.search.kind != "exhaustive"):
        from quantray.runner import cluster

        cluster.start(plan.runner, market)
        cluster.check_nodes(plan.runner, plan)


def check_memory(plan: Plan, searched: Slice) -> None:
    """ConfigError where the whole table is asked for, or a search compared with it, and it has no room in memory."""
    whole = plan.search.kind == "exhaustive"
    if whole or compared(plan):
        check_table(plan.space, len(searched), compared=not whole)


def compared(plan: Plan) -> bool:
    """Whether a sampled search is compared with the exact surface: where that is cheap."""
    size = plan.space.size
    return size is not None and size <= plan.report.surface_max_points and _shared(plan)


def _shared(plan: Plan) -> bool:
    """A surface is cheap where candidates share their tables: not for a black box, nor with limits of capital."""
    limited = plan.capital.initial is not None or plan.capital.max_open_positions is not None
    return hasattr(resolve(plan.strategy.target), "signals") and not limited
