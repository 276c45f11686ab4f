"""``quantray data check``: what is wrong with a market, or with calls and candles, before a run trusts them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.cli.exits import DONE, FAILED, quiet
from quantray.cli.verbs import Parser, Work
from quantray.errors import DataError, near_miss
from quantray.outlets import logger

if TYPE_CHECKING:
    from quantray.files.findings import Checked

_log = logger(__name__)
#: Tables by which a DuckDB file is known -> how a command names it.
MARKET, CALLS = ("underlying", "options", "chain"), ("candles", "calls")
SUFFIXES = (".duckdb", ".db", ".ddb")
ABOUT = """Look for what is wrong with data, how much of it and where.
Exit code 0: a run takes it; 1: errors were found; 2: it cannot be opened."""
EXAMPLES = """examples:
  quantray data check market.duckdb
  quantray data check +experiment=options_sweep data=duckdb data.duckdb=market.duckdb
  quantray data check +experiment=caller_policies data.duckdb=calls.duckdb --out checks"""


def parse(given: Sequence[str]) -> Work:
    """What stands behind ``quantray data check``."""
    parser = Parser("quantray data check", ABOUT, examples=EXAMPLES)
    parser.add_argument("--out", metavar="DIR", help="where check.json and check.html go [outputs/data_check]")
    parser.add_argument(
        "asked", nargs="*", metavar="FILE or key=value", help="a DuckDB file, or what a run takes: an experiment, keys"
    )
    args = parser.read(given)
    folder = Path(args.out or "outputs/data_check")

    def work() -> int:
        quiet()
        return examine(args.asked, folder)

    return work


def examine(asked: Sequence[str], folder: Path) -> int:
    """Check, show and write; the exit code. DataError and ConfigError where there is nothing to look at."""
    from quantray.files.findings import Severity
    from quantray.report.checks import shown
    from quantray.report.console import show

    lines = overrides(asked)
    shown.check_place(folder)
    checked, name = found(lines)
    paths = shown.write(checked, name, folder, _log.warning)
    show(shown.as_renderable(checked))
    print(f"{paths['check.html']}")
    return FAILED if checked.worst == Severity.ERROR else DONE


def found(lines: Sequence[str]) -> tuple[Checked, str]:
    """What the checks of the configuration's data find, and the name of its study."""
    from quantray.config.plans import load_plan
    from quantray.sweeps.plan import Plan

    plan = load_plan(list(lines))
    if isinstance(plan, Plan):
        from quantray.sweeps.data.checks import check_market

        return check_market(plan.data, plan.gates), plan.study
    from quantray.callers.data.checks import check_calls

    return check_calls(plan.data, plan.calls, plan.gates), plan.study


def overrides(asked: Sequence[str]) -> list[str]:
    """What a run takes. A word that is no ``key=value`` is a DuckDB file, whose tables say what it holds."""
    files = [word for word in asked if "=" not in word or Path(word).is_file()]
    rest = [word for word in asked if word not in files]
    if not files:
        return rest
    if len(files) > 1:
        raise DataError(f"one file at a time: {' and '.join(files[:3])} were given")
    kind = kind_of(files[0])
    given = {word.lstrip("+").partition("=")[0] for word in rest}
    lines = [] if kind == "market" or "experiment" in given else ["+experiment=alert_baseline"]
    return [*lines, *([] if "data" in given else ["data=duckdb"]), f"data.duckdb={_quoted(files[0])}", *rest]


def kind_of(file: str) -> str:
    """``market`` or ``calls``, by the tables of the file. DataError where it has neither, or both."""
    from quantray.files.duckdb_file import open_market

    connection, catalog = open_market(file)
    connection.close()
    has = {key for key in (*MARKET, *CALLS) if catalog.find(key) is not None}
    market, calls = has & {"underlying", "options"}, has & set(CALLS)
    if market and calls:
        raise DataError(
            f"{file} holds a market ({', '.join(sorted(market))}) and calls ({', '.join(sorted(calls))}); say "
            f"which with data=duckdb data.duckdb={file} and, for the calls, +experiment=alert_baseline"
        )
    if not market and not calls:
        hint = near_miss("underlying", catalog.shown, what="table")
        raise DataError(
            f"{file} has neither a table underlying (a market) nor calls or candles: {hint}; name its tables, as in "
            f"data=duckdb data.duckdb={file} data.underlying=NAME data.options=NAME"
        )
    return "market" if market else "calls"


def _quoted(path: str) -> str:
    from quantray.command_line import quoted

    return quoted(path)
