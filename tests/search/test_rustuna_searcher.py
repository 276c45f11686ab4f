"""Rustuna's TPE keeps what every search keeps, for any number of workers and through an interruption."""

from __future__ import annotations

import importlib.metadata
import math
from pathlib import Path
from typing import Any

import pytest

from quantray.config.plans import load_plan
from quantray.errors import ConfigError, QuantrayError
from quantray.protocols import Batch
from quantray.runner.local import run_local
from quantray.search import check_searcher, make_searcher
from quantray.settings import RUSTUNA, Search, Storage
from quantray.space import parse_space
from quantray.trial import Trial, TrialState
from tests.builders.objectives import EMPTY, evaluate, make_plan, open_sweep, table
from tests.builders.runs import Calls, made_plan, rows, run

pytest.importorskip("rustuna", reason="rustuna is not installed")
SPACE = parse_space(
    {"a": list(range(40)), "b": list(range(40)), "c": ["x", "y"], "d": {"low": 0.1, "high": 9.0, "log": True}}
)


def searcher(**search: object):
    from quantray.search.rustuna_searcher import RustunaSearch

    return RustunaSearch(Search(**{"kind": "rustuna", "batch": 10, **search}), SPACE, 3)


def told(batch: Batch, worth) -> list[Trial]:
    """Results of a batch; ``worth`` gives value and violation of a candidate's parameters."""
    made = []
    for i, digest in enumerate(batch.digests):
        params = batch.candidates.params(i)
        value, violation = worth(params)
        made.append(Trial(digest, params, TrialState.COMPLETE, value, (violation,)))
    return made


@pytest.mark.slow
def test_any_number_of_workers_stores_the_same(tmp_path: Path) -> None:
    tables = []
    for workers in (1, 2, 4):
        plan = make_plan(tmp_path / str(workers), kind="rustuna", workers=workers)
        sweep = open_sweep(plan)
        run_local(plan, EMPTY, sweep, evaluate)
        sweep.ledger.close()
        tables.append(table(plan))
    assert tables[0] == tables[1] == tables[2]


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 3, 6])
def test_a_run_that_was_cut_off_goes_on_and_evaluates_nothing_twice(after: int, tmp_path: Path) -> None:
    def cut(call: int) -> None:
        if call > after:
            raise QuantrayError("cut off")

    straight = run(made_plan(Storage(), tmp_path / "straight", "rustuna"))
    plan, first, second = made_plan(Storage(), tmp_path / "cut", "rustuna"), Calls(cut), Calls()
    with pytest.raises(QuantrayError, match="cut off"):
        run(plan, first)
    stored = {row[2] for row in rows(plan)}
    assert run(plan, second) == straight
    assert not stored & set(second.digests)
    assert len(set(second.digests)) == len(second.digests)


@pytest.mark.slow
def test_it_learns_and_avoids_what_is_infeasible() -> None:
    """Better late than early, and mostly feasible: else it would be a dear random search."""
    search, late, early = searcher(n_startup_trials=20), [], []
    for k in range(20):
        batch = search.ask(k)
        trials = told(batch, lambda p: (float(p["b"]) - abs(math.log(p["d"])), float(p["a"] - 15)))
        (early if k < 2 else late if k >= 14 else []).extend(trials)
        search.tell(k, trials)
    mean = [sum(t.value or 0 for t in trials) / len(trials) for trials in (early, late)]
    feasible = [sum(t.violations[0] <= 0 for t in trials) / len(trials) for trials in (early, late)]
    assert mean[1] > mean[0] + 5
    assert feasible[1] > feasible[0] + 0.2


def test_a_violation_that_does_not_exist_is_the_largest() -> None:
    search = searcher(n_startup_trials=1)
    batch = search.ask(0)
    search.tell(0, told(batch, lambda p: (1.0, math.nan)))
    assert len(search.ask(1).digests) == 10


ODD: dict[str, dict[str, object]] = {
    "one point": {"a": [1]},
    "one value beside several": {"a": [1], "b": ["x", "y", "z"]},
    "wide": {"a": {"low": 1e-300, "high": 1e300, "log": True}, "b": {"low": -8e307, "high": 8e307}},
    "as narrow as floats": {"a": {"low": 0.0, "high": 5e-324}},
    "odd values": {"a": [True, False, None, "x"]},
    "long": {"a": list(range(5000))},
}


@pytest.mark.parametrize("name", ODD)
def test_odd_spaces_are_searched_within_their_bounds(name: str) -> None:
    space, search = parse_space(ODD[name]), Search(kind="rustuna", batch=8, n_startup_trials=2)
    check_searcher(search, space, 0)
    asking, k = make_searcher(search, space, 0), 0
    while k < 6 and (batch := asking.ask(k)).digests:
        for i in range(len(batch.digests)):
            for dim in space.dimensions:
                value: Any = batch.candidates.params(i)[dim.name]
                assert value in dim.values if dim.values is not None else dim.low <= value <= dim.high
        asking.tell(k, told(batch, lambda p: (1.0, 0.0)))
        k += 1


def test_what_the_engine_does_not_take_is_refused_before_work(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        """As Rust's panics arrive in Python."""

    def suggest(trial: object) -> object:
        raise PanicException("no such distribution")

    monkeypatch.setattr("quantray.search.rustuna_searcher._suggestion", lambda dim: suggest)
    with pytest.raises(ConfigError, match=r"search=rustuna cannot search this space: .* gave up \(no such dist"):
        check_searcher(Search(kind="rustuna"), SPACE, 0)


@pytest.mark.slow
def test_another_version_or_none_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(name: str) -> str:
        return "0.3.0"

    def none(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    for version, said in ((other, f"pip install rustuna=={RUSTUNA}"), (none, r"pip install 'quantray\[rustuna\]'")):
        monkeypatch.setattr(importlib.metadata, "version", version)
        with pytest.raises(ConfigError, match=said):
            load_plan("+experiment=options_sweep", "search=rustuna")


@pytest.mark.slow
def test_what_it_does_not_take_is_refused_and_its_version_is_of_the_study() -> None:
    with pytest.raises(ConfigError, match=r"search\.n_ei_candidates=48: Rustuna's TPE does not take it"):
        load_plan("+experiment=options_sweep", "search=rustuna", "search.n_ei_candidates=48")
    plan = load_plan("+experiment=options_sweep", "search=rustuna")
    assert plan.digests("", "")["search"].startswith(f"rustuna {RUSTUNA} batch=")
