"""On a real Ray: the same trials as on threads, through dead workers and exceptions."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quantray.errors import ConfigError, QuantrayError
from quantray.protocols import Batch
from quantray.runner.local import run_local
from quantray.space import Candidates
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from quantray.trial import Trial, TrialState
from tests.builders.objectives import EMPTY, evaluate, make_plan, open_sweep, score, table
from tests.builders.rays import own_ray
from tests.builders.sessions import tiny_slice

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    with own_ray():
        yield


def on_ray(plan: Plan, work: Any = evaluate, market: Slice = EMPTY) -> tuple[Any, Any]:
    from quantray.runner.tune import run_tune

    sweep = open_sweep(plan)
    try:
        return run_tune(plan, market, sweep, work), sweep
    finally:
        sweep.ledger.close()


@pytest.mark.parametrize("kind", ["tpe", "random", "qmc"])
def test_ray_stores_what_threads_store(tmp_path: Path, kind: str) -> None:
    plan = make_plan(tmp_path / "local", kind=kind, workers=2)
    sweep = open_sweep(plan)
    expected = run_local(plan, EMPTY, sweep, evaluate)
    sweep.ledger.close()
    for workers in (1, 2):
        ray_plan = make_plan(tmp_path / f"ray{workers}", kind=kind, workers=workers)
        outcome, sweep = on_ray(ray_plan)
        assert table(ray_plan) == table(plan)
        assert (outcome.reason, outcome.counts, outcome.best) == (expected.reason, expected.counts, expected.best)
        assert outcome.duplicates == expected.duplicates
        assert sweep.repeated == 0


def test_tune_calls_the_sweep_in_one_thread_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from quantray.runner.tune import run_tune

    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "tmp").mkdir()
    plan, threads = make_plan(tmp_path / "run", n_trials=20), set()
    sweep = open_sweep(plan)
    ask, finish = sweep.next_batch, sweep.finish

    def next_batch() -> Batch | None:
        threads.add(threading.current_thread())
        return ask()

    def finished(number: int, trials: Any) -> None:
        threads.add(threading.current_thread())
        finish(number, trials)

    sweep.next_batch, sweep.finish = next_batch, finished  # type: ignore[method-assign]
    run_tune(plan, EMPTY, sweep, evaluate)
    sweep.ledger.close()
    assert threads == {threading.main_thread()}
    assert list((tmp_path / "tmp").glob("quantray*")) == []
    assert capfd.readouterr().out == ""


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()

    def deadly(plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
        mark = marks / f"{len(list(marks.iterdir()))}"
        if len(list(marks.iterdir())) < 2:
            mark.touch()
            os._exit(1)
        return evaluate(plan, market, candidates)

    plan = make_plan(tmp_path / "run", n_trials=20)
    outcome, _ = on_ray(plan, deadly)
    assert outcome.counts.complete == 20
    assert len(list(marks.iterdir())) == 2
    straight = make_plan(tmp_path / "straight", n_trials=20)
    sweep = open_sweep(straight)
    run_local(straight, EMPTY, sweep, evaluate)
    sweep.ledger.close()
    assert table(plan) == table(straight)


def test_a_batch_that_kills_every_worker_fails_and_the_sweep_goes_on(tmp_path: Path) -> None:
    first = open_sweep(make_plan(tmp_path / "look", n_trials=20))
    batch = first.next_batch()
    first.ledger.close()
    assert batch is not None
    poison = batch.candidates.params(3)

    def deadly(plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
        if any(candidates.params(i) == poison for i in range(len(candidates))):
            os._exit(1)
        return evaluate(plan, market, candidates)

    plan = make_plan(tmp_path / "run", n_trials=20)
    outcome, _ = on_ray(plan, deadly)
    assert outcome.counts.complete == 20
    rows = table(plan)
    assert {row[3] for row in rows[:8]} == {TrialState.FAIL}


def test_exceptions_of_an_evaluation(tmp_path: Path) -> None:
    def broken(plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
        raise ZeroDivisionError("once in a while")

    def refusing(plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
        raise ConfigError("objective: unknown metric")

    plan = make_plan(tmp_path / "broken", max_attempts=16)
    assert on_ray(plan, broken)[0].counts.failed == 16
    with pytest.raises(ConfigError, match="unknown metric"):
        on_ray(make_plan(tmp_path / "refusing"), refusing)


def test_the_slice_arrives_once_and_unchanged(tmp_path: Path) -> None:
    whole = tiny_slice()
    digest = whole.digest

    def checked(plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
        if market.digest != digest or market.sessions[0].close.flags.writeable:
            raise ValueError("another slice, or a copy of it")
        return [score(candidates.params(i)) for i in range(len(candidates))]

    outcome, _ = on_ray(make_plan(tmp_path, n_trials=20), checked, whole)
    assert outcome.counts.failed < 5
    assert outcome.counts.complete == 20


def test_spread_on_ray_keeps_order_retries_and_raises(tmp_path: Path) -> None:
    from quantray.runner.spread import _on_ray

    marks = tmp_path / "marks"
    marks.mkdir()

    def work(plan: Plan, market: Slice, chunk: int) -> int:
        if chunk == 3 and not (marks / "died").exists():
            (marks / "died").touch()
            os._exit(1)
        if chunk == 7:
            raise QuantrayError("seven")
        return chunk * chunk

    plan = make_plan(tmp_path)
    assert list(_on_ray(plan, EMPTY, range(7), work, 2)) == [(i, i * i) for i in range(7)]
    with pytest.raises(QuantrayError, match="seven"):
        list(_on_ray(plan, EMPTY, range(9), work, 2))
