"""What is refused before a sweep begins: nothing is read, written or started for it."""

from __future__ import annotations

from quantray.capacity import check_run_dir, check_table
from quantray.errors import ConfigError
from quantray.evaluate import METRICS
from quantray.files import Pieces
from quantray.objectives import check_constraints, check_objective
from quantray.options import LongOption
from quantray.plan import Plan
from quantray.report.writing import check_results
from quantray.search import check_searcher
from quantray.sharing import check_fields, check_ranges
from quantray.surface import ranges
from quantray.targets import resolve


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
