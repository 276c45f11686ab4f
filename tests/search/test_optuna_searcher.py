"""A sampler of Optuna asked for batches of candidates nobody has seen."""

from __future__ import annotations

import warnings

import numpy as np
import optuna
import pytest

from quantray.search.distributions import distributions
from quantray.search.optuna_searcher import OptunaSearch
from quantray.search.uniform import sampler_seed
from quantray.settings import Search
from quantray.space import parse_space
from quantray.trial import Trial, TrialState
from tests.builders.objectives import SPACE, score
from tests.builders.outcomes import results


def test_only_complete_trials_teach_and_none_stays_running() -> None:
    searcher = OptunaSearch(Search(batch=20), SPACE, 3)
    first, second = searcher.ask(0), searcher.ask(1)
    searcher.tell(0, results(first))
    searcher.tell(1, results(second)[:7])  # the others were lost
    states = [t.state for t in searcher.study.trials]
    told = results(first) + results(second)[:7]
    complete = [t for t in told if t.state is TrialState.COMPLETE]
    assert {t.state for t in told} == set(TrialState)
    assert states.count(optuna.trial.TrialState.COMPLETE) == len(complete)
    assert optuna.trial.TrialState.RUNNING not in states
    assert optuna.trial.TrialState.PRUNED not in states
    assert [t.value for t in searcher.study.trials if t.value is not None] == [t.value for t in complete]
    found = [tuple(t.constraints.values()) for t in searcher.study.trials if t.value is not None]
    assert found == [t.violations for t in complete]


@pytest.mark.slow
def test_startup_is_uniform_even_when_the_batch_is_larger() -> None:
    space = parse_space({"a": list(range(10)), "b": {"low": 0.0, "high": 1.0}})
    batch = OptunaSearch(Search(batch=2000, n_startup_trials=0), space, 0).ask(0)
    counts = np.bincount(batch.candidates.column("a"), minlength=10)
    assert (np.abs(counts - 200) < 5 * np.sqrt(2000 * 0.1 * 0.9)).all()
    assert np.mean(batch.candidates.column("b")) == pytest.approx(0.5, abs=0.04)


@pytest.mark.slow
@pytest.mark.parametrize("in_flight", [1, 3])
def test_suggestions_are_those_of_optuna_where_nothing_repeats(in_flight: int) -> None:
    """The short cuts change no number: Optuna's own sampler on the same history asks for the same points."""
    space = parse_space({"a": list(range(500)), "b": ["x", "y"], "x": {"low": 0.1, "high": 9.0, "log": True}})
    searcher = OptunaSearch(Search(batch=6, n_startup_trials=12), space, 4)
    own = optuna.create_study(direction="maximize")
    asked_of: dict[int, tuple[int, list[Trial]]] = {}  # batch -> the number of its first trial, and what it will give
    startup = 1 + in_flight  # batches that were asked before 12 trials were told
    for k in range(11 + in_flight):
        first = len(own.trials)
        batch = searcher.ask(k)
        if k >= startup:
            own.sampler = optuna.samplers.TPESampler(seed=sampler_seed(4, k), n_startup_trials=12)
        for i, digest in enumerate(batch.digests):
            params = batch.candidates.params(i)
            if k < startup:
                own.enqueue_trial({**params, "b": "xy".index(params["b"])})
            asked = own.ask(distributions(space)).params
            assert {**asked, "b": "xy"[asked["b"]]} == params, (k, i, digest)
        asked_of[k] = (
            first,
            [
                Trial(
                    d,
                    p := batch.candidates.params(i),
                    TrialState.COMPLETE,
                    -abs(p["a"] - 300.0) - p["x"],
                    (p["x"] - 5,),
                )
                for i, d in enumerate(batch.digests)
            ],
        )
        if (told := k - in_flight + 1) < 0:
            continue
        first, trials = asked_of.pop(told)
        for i, trial in enumerate(trials):
            live = optuna.Trial(own, first + i)
            state = TrialState.FAIL if told % 4 == 3 and i == 2 else TrialState.COMPLETE
            if state is TrialState.FAIL:
                trials[i] = Trial(trial.digest, trial.params, state, why="a reason")
                own.tell(live, state=optuna.trial.TrialState.FAIL)
                continue
            live.set_constraint("0", trial.violations[0])
            own.tell(live, trial.value)
        searcher.tell(told, trials)
    assert sum(searcher.duplicates.values()) == 0


@pytest.mark.slow
def test_infeasible_trials_are_avoided() -> None:
    space = parse_space({"a": list(range(40)), "b": list(range(40))})
    searcher = OptunaSearch(Search(batch=10, n_startup_trials=20), space, 2)
    asked = []
    for k in range(15):
        batch = searcher.ask(k)
        rows = [batch.candidates.params(i) for i in range(10)]
        asked += rows
        searcher.tell(
            k,
            [
                Trial(d, p, TrialState.COMPLETE, float(p["b"]), (float(p["a"] - 15),))
                for d, p in zip(batch.digests, rows, strict=True)
            ],
        )
    infeasible = [p["a"] > 15 for p in asked]
    assert np.mean(infeasible[:20]) > 0.4
    assert np.mean(infeasible[-60:]) < 0.35


def test_duplicate_asks_end_in_a_uniform_draw_and_are_counted() -> None:
    space = parse_space({"a": list(range(6)), "b": list(range(6)), "c": ["x", "y"]})
    searcher = OptunaSearch(Search(batch=8, n_startup_trials=4), space, 1)
    total = 0
    for k in range(9):
        batch = searcher.ask(k)
        total += len(batch.digests)
        searcher.tell(k, [score(batch.candidates.params(i)) for i in range(len(batch.digests))])
    assert total == 72
    assert searcher.duplicates["memory"] > 0
    assert searcher.ask(9).digests == ()


def test_optuna_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        searcher = OptunaSearch(Search(batch=8, n_startup_trials=4), SPACE, 1)
        searcher.tell(0, results(searcher.ask(0)))
        searcher.ask(1)
    assert capfd.readouterr() == ("", "")
