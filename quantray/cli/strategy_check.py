"""``quantray strategy check``: does a strategy look at the future, change its input, or answer twice differently?"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.cli.exits import DONE, FAILED, quiet
from quantray.cli.verbs import Parser, Work, at_least_one, whole
from quantray.errors import ConfigError, near_miss
from quantray.outlets import clean
from quantray.plain import amount

if TYPE_CHECKING:
    from quantray.sweeps.lookahead import Found
    from quantray.sweeps.plan import Plan

ABOUT = """Change everything behind each of many bars, in several ways, and compare all that the strategy decided
up to it. Exit code 0: nothing was found; 1: it looks ahead, changes its input, is not deterministic or raises;
2: there is no such strategy."""
EXAMPLES = """examples:
  quantray strategy check vwap_reclaim
  quantray strategy check strategy/mine.py
  quantray strategy check vwap_reclaim data=duckdb data.duckdb=market.duckdb
  quantray strategy check /home/me/mine.py:MyStrategy --bars 500 --seed 7"""


def parse(given: Sequence[str]) -> Work:
    """What stands behind ``quantray strategy check``."""
    parser = Parser("quantray strategy check", ABOUT, examples=EXAMPLES)
    parser.add_argument("--bars", type=at_least_one, default=200, metavar="N", help="bars behind which all is changed")
    parser.add_argument("--points", type=at_least_one, default=4, metavar="N", help="points of its space to try")
    parser.add_argument("--seed", type=whole, default=0, metavar="N", help="of bars, futures and points")
    parser.add_argument("strategy", metavar="STRATEGY", help="FILE.py, FILE.py:Class, a name of the shelf, a _target_")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="what a sweep takes: data, strategy, space")
    args = parser.read(given)
    if args.seed < 0:
        raise ConfigError(f"--seed must be 0 or more, got {args.seed}")

    def work() -> int:
        quiet()
        found, name = examine(args.strategy, args.overrides, bars=args.bars, points=args.points, seed=args.seed)
        for line in lines_of(found, name):
            print(clean(line))
        return DONE if found.passed else FAILED

    return work


def examine(strategy: str, overrides: Sequence[str], *, bars: int, points: int, seed: int) -> tuple[Found, str]:
    """What was found, and the strategy's ``_target_``. ConfigError and DataError where there is nothing to look at."""
    from quantray.sweeps.data import load
    from quantray.sweeps.lookahead_signals import check_signals
    from quantray.sweeps.lookahead_trades import check_trades
    from quantray.sweeps.strategy import check_volume

    plan = plan_of(strategy, overrides)
    market = load(plan.data)
    check_volume(plan.strategy.resolved, market)
    check = check_signals if plan.strategy.gives_signals else check_trades
    return check(plan, market, bars=bars, points=points, seed=seed), plan.strategy.target


def plan_of(strategy: str, overrides: Sequence[str]) -> Plan:
    """The plan of a sweep of the strategy: with the YAML of its name where there is one, else with its defaults."""
    from quantray.config import wings
    from quantray.config.plans import load_sweep

    stem, name = _named(strategy)
    asked = "quantray strategy check"
    if stem in wings.choices("strategy", wings.SWEEPS):
        plan = load_sweep([f"strategy={stem}", *overrides], asked=asked)
        if name is None or plan.strategy.target.rpartition(".")[2] == name:
            return plan
    own = [line for line in overrides if line.lstrip("+~").startswith(("strategy.", "space.", "strategy=", "space="))]
    if own:
        raise ConfigError(
            f"{own[0]}: {strategy} has no YAML of its name, so nothing of it can be set here; write "
            f"conf/strategy/{stem}.yaml, or give its fields other defaults"
        )
    return _by_default(load_sweep(list(overrides), asked=asked), f"strategy.{stem}.{name or _only_class(stem)}")


def _by_default(plan: Plan, target: str) -> Plan:
    """The plan with another strategy, every field of it at its default."""
    from quantray.plugins import check_strategy, resolve, source_digest
    from quantray.space import Space
    from quantray.sweeps.plan import StrategySpec

    cls = resolve(target, check=check_strategy)
    try:
        cls()
    except TypeError as error:
        raise ConfigError(f"{target} has no default for every field ({error}); write a YAML that gives them") from None
    empty: Space = object.__new__(Space)
    object.__setattr__(empty, "dimensions", ())
    return replace(plan, strategy=StrategySpec(target, {}, source_digest(cls)), space=empty)


def _named(strategy: str) -> tuple[str, str | None]:
    """(module on the shelf, class or None) of a file, ``FILE:Class``, a name or a ``_target_``."""
    from quantray import folders

    file, _, name = strategy.partition(":") if strategy.partition(":")[0].endswith(".py") else (strategy, "", "")
    if file.endswith(".py"):
        return _on_the_shelf(Path(file)), name or None
    if strategy.startswith("strategy."):
        stem, _, name = strategy.removeprefix("strategy.").partition(".")
        return stem, name or None
    folders.install()
    if strategy not in (known := _names(folders.folders("strategy"))):
        said = near_miss(strategy, known, what="strategy")
        raise ConfigError(said if said.endswith("?") else f"{said}; a file is given as FILE.py")
    return strategy, None


def _names(places: Sequence[Path]) -> list[str]:
    return sorted({path.stem for folder in places for path in folder.glob("[!_]*.py")})


def _shipped() -> str:
    """Which strategies need no file."""
    from quantray import folders

    names = _names([folders.shipped("strategy")])
    return f"{' and '.join(names)} are shipped"


def _on_the_shelf(path: Path) -> str:
    """The module's name; a file that lies elsewhere stands first on the shelf for this command."""
    from quantray import folders

    if not path.is_file():
        beside = [p.name for p in path.parent.glob("*.py")] if path.parent.is_dir() else []
        said = f": {near_miss(path.name, beside, what='file')}" if beside else ""
        raise ConfigError(f"{path} does not exist{said}; {_shipped()} and checked by name")
    if not path.stem.isidentifier():
        raise ConfigError(f"{path}: {path.stem!r} is no name of a module; rename the file, e.g. my_strategy.py")
    module, folder = folders.install(), str(path.resolve().parent)
    if folder not in module.__path__:
        module.__path__.insert(0, folder)
    loaded = sys.modules.get(f"strategy.{path.stem}")
    if loaded is not None and Path(str(loaded.__file__)).resolve() != path.resolve():
        raise ConfigError(f"{path}: the shelf has another {path.stem}.py, {loaded.__file__}; rename one of them")
    return path.stem


def _only_class(stem: str) -> str:
    """The strategy that the file defines."""
    from quantray.failures import OWN, told
    from quantray.plugins import check_strategy

    try:
        module = import_module(f"strategy.{stem}")
    except OWN as error:
        raise ConfigError(f"strategy.{stem} cannot be imported: {told(error)}") from None
    found = [
        name for name, thing in vars(module).items()
        if inspect.isclass(thing) and thing.__module__ == module.__name__ and check_strategy(thing) is None
    ]  # fmt: skip
    if len(found) != 1:
        has = f"several strategies: {', '.join(found)}" if found else "no dataclass with signals(session) or trades(…)"
        raise ConfigError(f"{module.__file__} has {has}; name one with {Path(str(module.__file__)).name}:Class")
    return found[0]


def lines_of(found: Found, name: str) -> list[str]:
    """What a terminal shows."""
    lines = [f"{name}: {amount(found.bars, 'bar')} of {', '.join(found.sessions)}, {amount(found.futures, 'future')}, "
             f"{amount(len(found.points), 'point')}, {amount(found.decisions, 'decision')} compared"]  # fmt: skip
    for d in found.differences:
        params = ", ".join(f"{k}={v}" for k, v in d.params.items()) or "its defaults"
        lines += [f"LOOK-AHEAD in {d.session}, up to bar {d.bar} ({d.time} of the exchange), future: {d.way}",
                  f"    at     {params}", f"    before {d.before}", f"    after  {d.after}"]  # fmt: skip
    lines += [f"FAULT: {fault}" for fault in found.faults] + [f"note: {note}" for note in found.notes]
    if found.passed and found.decisions and not found.answered:
        lines.append("note: no future changed anything that it decided behind a bar: it reads no prices, or keeps "
                     "its answers")  # fmt: skip
    if found.differences:
        lines.append("what it decided up to a bar depends on what comes behind it")
    lines.append("passed: nothing that it decided depends on what comes later" if found.passed else "not passed")
    return lines
