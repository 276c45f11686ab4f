"""What a ``_target_`` may reach: nothing is imported or called before it is known to be what the place wants."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from quantray.config.plans import load_plan
from quantray.errors import ConfigError
from quantray.search.samplers import sampler_maker
from quantray.settings import Search

#: A file of the user's own shelf: whatever is called leaves a trace.
SHELF = """
from __future__ import annotations
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from optuna.samplers import BaseSampler, RandomSampler
from optuna.samplers.nsgaii import UniformCrossover
from subprocess import run
from quantray.sweeps.report.studies.stored import delete_study

TRACE = Path(__file__).with_name("called")

def function(*arguments, **named):
    TRACE.touch()

def gamma(x):
    return min(1 + x // 10, 25)

def two(x, y):
    return 1

class Anything:
    def __init__(self, *arguments, **named):
        TRACE.touch()

class Metaclass(type):
    def __call__(cls, *arguments, **named):
        TRACE.touch()

class Called(metaclass=Metaclass):
    pass

class Instance:
    def __call__(self, *arguments, **named):
        TRACE.touch()

instance = Instance()

@dataclass(frozen=True)
class NoStrategy:
    window: int = 1
    def __post_init__(self):
        TRACE.touch()

@dataclass(frozen=True)
class Attribute(NoStrategy):
    trades: int = 3

@dataclass(frozen=True)
class Few(NoStrategy):
    def trades(self):
        TRACE.touch()

class Mine(RandomSampler):
    def __init__(self, inner: BaseSampler | None = None, rule: Callable[[int], int] | None = None, seed=None):
        super().__init__(seed)
        self.inner, self.rule = inner, rule
"""
NAMES = (
    "function",
    "Anything",
    "Called",
    "instance",
    "NoStrategy",
    "run",
    "delete_study",
    "os",
    "Path",
    "__builtins__",
)
OWN = "strategy.hostile"


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the shelf's file leaves its trace."""
    (tmp_path / "strategy").mkdir()
    (tmp_path / "strategy" / "hostile.py").write_text(SHELF)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, OWN, raising=False)
    yield tmp_path / "strategy" / "called"
    sys.modules.pop(OWN, None)


def refused(*overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_plan("study.name=test", *overrides)
    return str(caught.value)


@pytest.mark.parametrize("name", [*NAMES, "Attribute", "Few", "Mine"])
def test_only_a_strategy_is_built_as_a_strategy(trace: Path, name: str) -> None:
    assert "must be" in refused(f"strategy._target_={OWN}.{name}") or name == "__builtins__"
    assert not trace.exists()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "place",
    [
        "search.sampler._target_={}",
        "search.sampler={{_target_:optuna.samplers.CmaEsSampler,independent_sampler:{{_target_:{}}}}}",
        "search.sampler={{_target_:optuna.samplers.NSGAIISampler,crossover:{{_target_:{}}}}}",
        "search.sampler={{_target_:optuna.samplers.NSGAIISampler,mutation:[{{_target_:{}}}]}}",
        "search.sampler={{_target_:strategy.hostile.Mine,inner:{{_target_:strategy.hostile.Mine,inner:{{_target_:{}}}}}}}",
        "search.sampler={{_target_:optuna.samplers.CmaEsSampler,x0:{{a:[{{b:{{_target_:{}}}}}]}}}}",
    ],
)
def test_only_a_sampler_is_built_as_one(trace: Path, place: str, name: str) -> None:
    assert "_target_" in refused(place.format(f"{OWN}.{name}"))
    assert not trace.exists()


@pytest.mark.slow
@pytest.mark.parametrize("target", ["two", "Anything", "instance", "Mine", "os"])
def test_a_function_stands_where_functions_are_taken_and_its_arguments_fit(trace: Path, target: str) -> None:
    place = "search.sampler={{_target_:optuna.samplers.TPESampler,multivariate:false,gamma:{{_target_:{}}}}}"
    assert "must be a function of 1 argument" in refused(place.format(f"{OWN}.{target}"))
    for name in ("quantray.sweeps.report.studies.stored.delete_study", "os.system", "optuna.samplers.TPESampler"):
        assert "functions are taken from strategy. alone" in refused(place.format(name))
    assert "leave it out" in refused(place.format(f"{OWN}.gamma,x:1"))
    assert not trace.exists()


def test_functions_and_inner_samplers_arrive(trace: Path) -> None:
    sampler: Any = sampler_maker(
        Search(sampler={"_target_": "optuna.samplers.TPESampler", "multivariate": False, "gamma": own("gamma")})
    )(3)
    assert sampler._gamma(20) == 3
    inner = {"_target_": f"{OWN}.Mine", "inner": {"_target_": "optuna.samplers.RandomSampler"}, "rule": own("gamma")}
    sampler = sampler_maker(Search(sampler=inner))(3)
    assert (type(sampler.inner).__name__, sampler.rule(30)) == ("RandomSampler", 4)
    crossed = {
        "_target_": "optuna.samplers.NSGAIISampler",
        "crossover": own_class("optuna.samplers.nsgaii.SPXCrossover"),
    }
    assert type(sampler_maker(Search(sampler=crossed))(3)).__name__ == "NSGAIISampler"


def own(name: str) -> dict[str, str]:
    return {"_target_": f"{OWN}.{name}"}


def own_class(target: str) -> dict[str, str]:
    return {"_target_": target}


@pytest.mark.parametrize(
    "override",
    [
        "data.duckdb={_target_:os.system}", "data.columns={_target_:strategy.hostile.function}",
        "runner._target_=os.system", "fees={_target_:strategy.hostile.function}",
        "space.stretch_threshold=[{_target_:strategy.hostile.function}]",
        "strategy.stretch_threshold={_target_:strategy.hostile.function}", "storage._target_=os.system",
        "space.stretch_threshold={low:1,high:2,_target_:x}", "search._target_=strategy.hostile.function",
    ],
)  # fmt: skip
def test_nowhere_else(trace: Path, override: str) -> None:
    assert "a _target_ may stand in strategy and in search.sampler, nowhere else" in refused(override)
    assert not trace.exists()


#: Where the targets below lie.
NAMED = ("quantray.report", "quantray.sweeps.report", "quantray.callers", "quantray.__main__", "strategy", "optuna.cli")


@pytest.mark.slow
@pytest.mark.parametrize(
    "override",
    [
        "search.sampler={_target_:quantray.sweeps.report.studies.stored.delete_study,where:outputs,name:x,yes:true}",
        "strategy._target_=quantray.sweeps.report.studies.stored.delete_study",
        "search.sampler._target_=quantray.callers.report.charts.Anything",
        "search.sampler._target_=optuna.samplers._base.BaseSampler",
        "search.sampler._target_=optuna.samplers.nsgaii._sampler.os",
        "search.sampler._target_=optuna.samplers.optuna.delete_study",
        "strategy._target_=quantray.__main__.main",
        "strategy._target_=strategy.__init__.x",
        "strategy._target_=quantray",
        "strategy._target_=strategy.",
        "strategy._target_=strategy..os.system",
        "strategy._target_=strategyos.system",
    ],
)
def test_nothing_else_is_imported(override: str) -> None:
    program = (
        "import sys\nfrom quantray.config.plans import load_plan\nfrom quantray.errors import ConfigError\n"
        "load_plan('study.name=t')\nbefore = set(sys.modules)\n"
        "try:\n    load_plan('study.name=t', sys.argv[1])\nexcept ConfigError:\n"
        f"    print([m for m in sys.modules if m not in before and m.startswith({NAMED})])"
    )
    done = subprocess.run([sys.executable, "-c", program, override], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_a_sampler_of_quantrays_own_is_named() -> None:
    plan = load_plan("study.name=t", "search.sampler._target_=quantray.search.tpe.StaticTPE")
    assert dict(plan.search.sampler or {}) == {"_target_": "quantray.search.tpe.StaticTPE"}
    assert "offers quantray.search.tpe.StaticTPE alone" in refused("search.sampler._target_=quantray.search.tpe.TPE")
