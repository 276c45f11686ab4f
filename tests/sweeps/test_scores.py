"""The doors to an evaluation: many candidates, one candidate, and one on sessions drawn again."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.sweeps.objective import OBJECTIVES
from quantray.sweeps.scores import FAIL, resampled, sample, score
from tests.builders.sessions import tiny_slice
from tests.builders.sweep_plans import sweep_plan

MARKET = tiny_slice(4, seed=2, n_bars=1500, n_strikes=5)
SPACE = {"stretch_threshold": [0.0005, 0.001], "take_profit_percent": [25, 50]}


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_session_once_is_the_sample_itself(objective: str):
    plan = sweep_plan(SPACE, objective=objective)
    made = sample(plan, MARKET, plan.space.point(0))
    assert resampled(plan, made, np.arange(4)) == pytest.approx(made.value, nan_ok=True)


def test_sessions_drawn_again_are_those_of_a_market_of_them():
    plan = sweep_plan(SPACE, objective="expectancy")
    made = sample(plan, MARKET, plan.space.point(0))
    nets = [made.trades.net[made.trades.session == k] for k in (3, 3, 0)]
    assert resampled(plan, made, np.array([3, 3, 0])) == pytest.approx(np.concatenate(nets).mean())
    assert np.isnan(resampled(plan, made, np.array([], np.int64)))


def test_a_sample_agrees_with_the_scores():
    plan = sweep_plan(SPACE)
    scores = score(plan, MARKET, plan.space.candidates(np.arange(4)))
    for i in range(4):
        made = sample(plan, MARKET, plan.space.point(i))
        assert np.array_equal(made.session_net, scores.metrics.session_net[i])
        assert made.metrics == scores.metrics.row(i)
    assert sum(scores.counts()) == 4


def test_who_failed_is_in_no_family():
    plan = sweep_plan({**SPACE, "stop_loss_percent": [-50, 10]})
    scores = score(plan, MARKET, plan.space.candidates(np.arange(8)))
    assert (scores.state == FAIL).sum() == 4
    assert not scores.family(0)[scores.state == FAIL].any()
