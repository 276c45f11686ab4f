"""Objectives and bounds: names with their near miss, distances from a bound, the order of trials."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.errors import ConfigError
from quantray.sweeps.objective import check_constraints, check_objective, ranked, violations
from quantray.sweeps.plan import Constraints
from quantray.trial import Trial, TrialState


def test_wrong_names_are_answered_with_the_near_miss() -> None:
    with pytest.raises(ConfigError, match="did you mean 'sharpe'"):
        check_objective("sharp")
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
