"""Objectives and bounds: names with their near miss, distances from a bound, the order of trials."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quantray.errors import ConfigError
from quantray.sweeps.objective import check_constraints, objective, ranked, violations
from quantray.sweeps.plan import Constraints
from quantray.sweeps.scores import resampled, sample, score, trial_of
from quantray.trial import Trial, TrialState
from tests.builders.sessions import tiny_slice
from tests.builders.sweep_plans import sweep_plan


def test_wrong_names_are_answered_with_the_near_miss() -> None:
    with pytest.raises(ConfigError, match="did you mean 'sharpe'"):
        objective("sharp")
    with pytest.raises(ConfigError, match="did you mean 'min_win_rate'"):
        check_constraints(Constraints(bounds={"min_winrate": 0.5}), ["win_rate"])
    with pytest.raises(ConfigError, match="must be finite, got nan"):
        check_constraints(Constraints(bounds={"min_win_rate": float("nan")}), ["win_rate"])


def test_what_does_not_exist_meets_no_bound_and_every_violation_is_finite() -> None:
    bounds = Constraints(bounds={"min_win_rate": 0.5, "max_drawdown": -3.0})
    columns = {"win_rate": np.array([0.5, 0.4, np.nan]), "drawdown": np.array([-4.0, np.inf, np.nan])}
    found = violations(bounds, columns, 3)
    names = list(bounds.bounds)
    rate, fall = names.index("min_win_rate"), names.index("max_drawdown")
    assert found[:, rate].tolist() == [0.0, pytest.approx(0.1), 1.5]
    assert found[:, fall].tolist() == [-1.0, np.finfo(float).max, 4.0]


def test_trials_are_ranked_feasible_first_then_by_value_then_by_number() -> None:
    def trial(number: int, value: float, violation: float = 0.0) -> Trial:
        return Trial(str(number), {}, TrialState.COMPLETE, value, (violation,), number=number)

    trials = [trial(3, 1.0), trial(1, 1.0), trial(2, 9.0, 0.1), trial(4, 2.0)]
    lost = Trial("0", {}, TrialState.FAIL, why="x", number=0)
    assert [t.number for t in ranked([lost, *trials])] == [4, 1, 3, 2, 0]


MARKET = tiny_slice(4, seed=2, n_bars=1500, n_strikes=5)
SPACE = {"stretch_threshold": [0.0005, 0.001], "take_profit_percent": [10, 25, 50], "stop_loss_percent": [-50, 10]}


@pytest.mark.parametrize("text", ["total_pnl / max_drawdown", "strategy.objectives.calmar"])
def test_an_own_objective_is_what_numpy_makes_of_the_metrics(text: str) -> None:
    """Of a batch, of one candidate and of its sample; who fails or has too few trades has none."""
    plan = sweep_plan(SPACE, objective=text)
    found = score(plan, MARKET, plan.space.candidates(np.arange(12)))
    columns, judged = found.metrics.columns, objective(text)
    with np.errstate(all="ignore"):
        expected = columns["total_pnl"] / columns["max_drawdown"]
    kept = found.state == 0
    assert kept.any()
    assert (found.value[kept] == expected[kept]).all()
    assert np.isnan(found.value[~kept]).all()
    for i in np.flatnonzero(kept).tolist():
        made = sample(plan, MARKET, plan.space.point(i))
        assert made.value == found.value[i] == judged.value(made.metrics)
        assert resampled(plan, made, np.arange(4)) == pytest.approx(made.value)
    assert judged.value({}) is None
    assert judged.value({"total_pnl": 1.0, "max_drawdown": 0.0}) is None
    absent = sweep_plan(SPACE, objective=f"0 / 0 * {text}" if "/" in text else text)
    if "/" in text:
        pruned = score(absent, MARKET, absent.space.candidates(np.arange(12)))
        trial = trial_of(absent, pruned, int(np.flatnonzero(kept)[0]), absent.space.point(0))
        assert (trial.state, trial.why) == (TrialState.PRUNED, "no_objective")


def test_the_exception_of_one_candidate_is_its_own() -> None:
    plan = sweep_plan({**SPACE, "stop_loss_percent": [-50]}, objective="strategy.objectives.cautious")
    found = score(plan, MARKET, plan.space.candidates(np.arange(6)))
    busy = found.metrics.columns["n_trades"] > 60
    plain = score(sweep_plan(SPACE), MARKET, plan.space.candidates(np.arange(6)))
    assert busy.any() == bool(set(found.metrics.why) - set(plain.metrics.why))
    for i, why in found.metrics.why.items():
        if i not in plain.metrics.why:
            assert "ValueError: too busy for me (shelf/objectives.py, line 17)" in why
    values, why = objective(plan.objective).judge({"total_pnl": np.ones(3), "n_trades": np.array([1.0, 99.0, 2.0])})
    assert values[[0, 2]].tolist() == [1.0, 1.0]
    assert np.isnan(values[1])
    assert why == {1: "objective: ValueError: too busy for me (shelf/objectives.py, line 17)"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("strategy.objectives.typo", "parameter 'total_pln'.*did you mean 'total_pnl'"),
        ("strategy.objectives.with_default", "parameter \"weight.*plain name of a metric"),
        ("strategy.objectives.nothing", "no parameter"), ("strategy.objectives.Thing", "must be a function"),
        ("strategy.objectives.ranked", "depends on the others"), ("strategy.objectives.one_number", "one number a"),
        ("strategy.objectives.filled", "0 where no metric exists"), ("strategy.objectives.text", "one number a"),
        ("strategy.objectives.broken", r"NameError: name 'missing'.*shelf/objectives.py, line 50"),
        ("strategy.objectives.calmer", "did you mean 'calmar'"), ("strategy.objective.calmar", "unknown module"),
        ("strategy.objectives", "function"), ("os.system", "not allowed"), ("max_drawdown", "write -max_drawdown"),
        ("sharp", "did you mean 'sharpe'"), ("1 + 1", "names no metric"), ("total_pnl /", "no expression"),
        ("total_pln / max_drawdown", "did you mean 'total_pnl'"), ("", "no expression"),
    ],
)  # fmt: skip
def test_what_is_no_objective_is_told_before_any_work(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as told:
        objective(text)
    assert str(told.value).startswith("objective")


def test_the_file_of_a_function_belongs_to_the_plan() -> None:
    own = sweep_plan(
        SPACE, objective="strategy.objectives.calmar", objective_source=objective("strategy.objectives.calmar").source
    )
    assert own.sources["strategy.objectives.calmar"] == own.objective_source != ""
    edited = replace(own, objective_source="another")
    assert own.digests("s", "c")["objective"] != edited.digests("s", "c")["objective"]
    assert objective("sharpe").source == objective("total_pnl / 2").source == ""
