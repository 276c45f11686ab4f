"""The state machine: where it stops, what it stores, and that order of arrival decides nothing."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from quantray.errors import Interrupted, QuantrayError, TooManyFailures
from quantray.protocols import Batch, Counts, Outcome
from quantray.runner.local import run_local
from quantray.space import Candidates, parse_space
from quantray.sweeps.loop.loop import Sweep
from quantray.sweeps.loop.progress import Progress
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from quantray.trial import Trial, TrialState
from tests.builders.objectives import EMPTY, SPACE, evaluate, make_plan, open_sweep, score, table

KINDS = ("tpe", "random", "qmc")


def play(sweep: Sweep, order: random.Random, steps: int = 10**9) -> list[Batch]:
    """Hand batches out and finish them in a random order, for some steps; what is then in flight."""
    waiting: list[Batch] = []
    for _ in range(steps):
        batch = sweep.next_batch() if not waiting or order.random() < 0.6 else None
        if batch is not None:
            waiting.append(batch)
        elif waiting:
            done = waiting.pop(order.randrange(len(waiting)))
            sweep.finish(done.number, evaluate(sweep.plan, EMPTY, done.candidates))
        elif sweep.finished:
            break
    return waiting


def straight(plan: Plan) -> Outcome:
    sweep = open_sweep(plan)
    try:
        return run_local(plan, EMPTY, sweep, evaluate)
    finally:
        sweep.ledger.close()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("in_flight", [1, 2, 3])
def test_any_number_of_workers_and_any_order_store_the_same(tmp_path: Path, kind: str, in_flight: int) -> None:
    search: dict[str, Any] = {"kind": kind, "in_flight": in_flight, "n_trials": 40, "batch": 5}
    expected = None
    for workers in (1, 2, 4):
        plan = make_plan(tmp_path / str(workers), workers=workers, **search)
        straight(plan)
        expected = expected or table(plan)
        assert table(plan) == expected
    plan = make_plan(tmp_path / "shuffled", **search)
    sweep = open_sweep(plan)
    play(sweep, random.Random(3))
    sweep.ledger.close()
    assert table(plan) == expected


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("in_flight", [1, 2, 3])
def test_a_run_cut_anywhere_and_resumed_stores_what_a_straight_one_does(
    tmp_path: Path, kind: str, in_flight: int
) -> None:
    search: dict[str, Any] = {"kind": kind, "in_flight": in_flight, "n_trials": 40, "batch": 4}
    plan = make_plan(tmp_path / "straight", **search)
    straight(plan)
    expected = table(plan)
    for cut in (1, 4, 11):
        plan = make_plan(tmp_path / str(cut), **search)
        order = random.Random(cut)
        for _ in range(2):  # two interruptions, each leaving claims without results
            sweep = open_sweep(plan)
            play(sweep, order, cut)
            sweep.ledger.close()
        sweep = open_sweep(plan)
        play(sweep, order)
        assert sweep.close().reason == "n_trials"
        sweep.ledger.close()
        assert table(plan) == expected


def test_n_trials_counts_complete_ones_and_is_not_passed(tmp_path: Path) -> None:
    outcome = straight(make_plan(tmp_path, n_trials=33, batch=8, in_flight=3))
    assert outcome.reason == "n_trials"
    assert outcome.counts.complete == 33
    assert outcome.counts.pruned > 0
    assert outcome.counts.claimed == 0


def test_max_attempts_is_not_passed(tmp_path: Path) -> None:
    outcome = straight(make_plan(tmp_path, n_trials=100, max_attempts=29, batch=8, in_flight=3))
    assert outcome.reason == "max_attempts"
    assert outcome.counts.attempts == 29
    assert "29" in outcome.sentence


def test_an_exhausted_space_ends_the_sweep(tmp_path: Path) -> None:
    space = parse_space({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    outcome = straight(make_plan(tmp_path, space=space, kind="tpe", n_trials=50, batch=4))
    assert outcome.reason == "exhausted"
    assert outcome.counts.attempts == 9
    assert outcome.sentence.startswith("exhausted")


def test_a_feasible_value_at_the_target_ends_the_sweep(tmp_path: Path) -> None:
    outcome = straight(make_plan(tmp_path, n_trials=150, target=0.2, batch=4))
    assert outcome.reason == "target"
    assert outcome.best is not None
    assert outcome.best.value is not None
    assert outcome.best.value >= 0.2
    assert outcome.counts.complete < 150


def test_timeout_ends_the_sweep_with_what_is_in_flight_stored(tmp_path: Path) -> None:
    now = [0.0]

    def tick() -> float:
        now[0] += 1.0
        return now[0]

    plan = make_plan(tmp_path, n_trials=100, timeout_s=20.0, batch=4)
    sweep = open_sweep(plan, clock=tick)
    outcome = run_local(plan, EMPTY, sweep, evaluate)
    sweep.ledger.close()
    assert outcome.reason == "timeout"
    assert 0 < outcome.counts.attempts < 100
    assert outcome.counts.claimed == 0


def test_too_many_failures_are_stored_before_they_are_raised(tmp_path: Path) -> None:
    def broken(plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
        raise ZeroDivisionError("no trades to divide by")

    plan = make_plan(tmp_path, max_failures=10, batch=8, in_flight=2)
    sweep = open_sweep(plan)
    with pytest.raises(TooManyFailures, match=r"max_failures=10; the first one: ZeroDivisionError: no trades"):
        run_local(plan, EMPTY, sweep, broken)
    sweep.ledger.close()
    rows = table(plan)
    assert {row[3] for row in rows} == {TrialState.FAIL}
    assert len(rows) == 24  # two batches pass the limit, the third was in flight


def test_an_error_that_is_the_users_ends_the_sweep(tmp_path: Path) -> None:
    def refusing(plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
        raise QuantrayError("no such metric")

    plan = make_plan(tmp_path)
    sweep = open_sweep(plan)
    with pytest.raises(QuantrayError, match="no such metric"):
        run_local(plan, EMPTY, sweep, refusing)
    sweep.ledger.close()
    assert table(plan) == []


def test_results_of_other_candidates_are_refused(tmp_path: Path) -> None:
    sweep = open_sweep(make_plan(tmp_path))
    first, second = sweep.next_batch(), sweep.next_batch()
    assert first is not None
    assert second is not None
    with pytest.raises(QuantrayError, match="8 of them of other candidates"):
        sweep.finish(first.number, evaluate(sweep.plan, EMPTY, second.candidates))
    with pytest.raises(QuantrayError, match="returned 7 trials"):
        sweep.finish(first.number, evaluate(sweep.plan, EMPTY, first.candidates)[:7])
    assert sweep.counts == Counts(claimed=16)
    sweep.ledger.close()


def test_results_that_come_again_are_counted_and_not_stored(tmp_path: Path) -> None:
    sweep = open_sweep(make_plan(tmp_path))
    batch = sweep.next_batch()
    assert batch is not None
    trials = evaluate(sweep.plan, EMPTY, batch.candidates)
    sweep.finish(batch.number, trials)
    sweep.finish(batch.number, trials)
    assert sweep.repeated == 8
    assert sweep.counts.attempts == 8
    sweep.ledger.close()


def test_a_larger_n_trials_goes_on_from_where_the_study_is(tmp_path: Path) -> None:
    straight(make_plan(tmp_path, n_trials=20))
    before = table(make_plan(tmp_path))
    assert straight(make_plan(tmp_path, n_trials=35)).counts.complete == 35
    after = table(make_plan(tmp_path))
    assert after[: len(before)] == before


def test_a_finished_study_asks_nothing(tmp_path: Path) -> None:
    first = straight(make_plan(tmp_path, n_trials=20))
    sweep = open_sweep(make_plan(tmp_path, n_trials=20))
    assert sweep.next_batch() is None
    assert sweep.finished
    again = sweep.close()
    sweep.ledger.close()
    assert (again.counts, again.best, again.duplicates) == (first.counts, first.best, first.duplicates)


def test_two_drivers_evaluate_nothing_twice(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, kind="random", n_trials=200, batch=10, in_flight=1)
    one, two = open_sweep(plan), open_sweep(plan)
    seen: list[str] = []
    drivers = [one, two]
    while drivers:
        for sweep in list(drivers):
            batch = sweep.next_batch()
            if batch is None:
                drivers.remove(sweep)
                continue
            seen += batch.digests
            sweep.finish(batch.number, evaluate(plan, EMPTY, batch.candidates))
    assert len(seen) == len(set(seen)) == SPACE.size
    assert one.duplicates["database"] + two.duplicates["database"] > 0
    one.ledger.close()
    two.ledger.close()


def test_progress_and_notes(tmp_path: Path) -> None:
    said: list[Progress] = []
    plan = make_plan(tmp_path, n_trials=30)
    sweep = open_sweep(plan, on_progress=said.append)
    outcome = run_local(plan, EMPTY, sweep, evaluate)
    assert said[-1].counts == outcome.counts == sweep.ledger.counts()
    assert said[-1].best == outcome.best
    assert said[-1].rate > 0
    assert said[-1].eta == 0
    notes = sweep.ledger.notes()
    assert notes["duplicates"] == outcome.duplicates
    assert notes["seconds"] == pytest.approx(outcome.seconds, abs=0.5)
    stored = [t for t in sweep.ledger.trials() if t.feasible]
    best = max(stored, key=lambda t: (t.value, -t.number))
    assert outcome.best is not None
    assert (outcome.best.number, outcome.best.digest) == (best.number, best.digest)
    sweep.ledger.close()


def test_an_interrupted_sweep_says_how_to_go_on(tmp_path: Path) -> None:
    sweep = open_sweep(make_plan(tmp_path))
    batch = sweep.next_batch()
    assert batch is not None
    sweep.finish(batch.number, [score(batch.candidates.params(i)) for i in range(len(batch.digests))])
    sweep.interrupted = True
    assert sweep.next_batch() is None
    with pytest.raises(Interrupted, match="the same command goes on there"):
        sweep.close()
    sweep.ledger.close()
