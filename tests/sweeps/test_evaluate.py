"""What must hold of any evaluation: independent of company, blind to the future, not ended by one bad candidate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quantray.errors import ConfigError
from quantray.space import Candidates
from quantray.sweeps.evaluate import evaluate, trades
from quantray.sweeps.market import Slice
from quantray.sweeps.metrics import METRICS
from quantray.sweeps.plan import Capital, Constraints
from quantray.sweeps.scores import score_trials, scored
from quantray.trial import TrialState
from tests.builders.sessions import tiny_slice
from tests.builders.sweep_plans import SPACE, sweep_plan

NEAR = {**SPACE, "stretch_threshold": [0.0005, 0.001, 0.002, 0.003]}


def some(plan, n, seed=0):
    return np.random.default_rng(seed).choice(plan.space.size, n, replace=False)


@pytest.mark.slow
@pytest.mark.parametrize("quotes", [True, False])
def test_a_candidate_does_not_depend_on_its_company(quotes):
    slice, plan = tiny_slice(3, quotes=quotes, n_bars=4000), sweep_plan(NEAR)
    numbers = some(plan, 300)
    together = evaluate(plan, slice, plan.space.candidates(numbers))
    shuffled = np.random.default_rng(1).permutation(300)
    again = evaluate(plan, slice, plan.space.candidates(numbers[shuffled]))
    for name in METRICS:
        assert np.array_equal(together.columns[name][shuffled], again.columns[name], equal_nan=True), name
    assert np.array_equal(together.session_net[shuffled], again.session_net)
    for i in range(0, 300, 60):
        alone = evaluate(plan, slice, plan.space.candidates(numbers[i : i + 1]))
        assert alone.row(0) == together.row(i)


def test_core_columns_equal_the_full_ones():
    slice, plan = tiny_slice(3, n_bars=4000), sweep_plan(NEAR)
    candidates = plan.space.candidates(some(plan, 500))
    core, full = evaluate(plan, slice, candidates, full=False), evaluate(plan, slice, candidates)
    assert set(core.columns) < set(full.columns) == set(METRICS)
    for name, column in core.columns.items():
        assert np.array_equal(column, full.columns[name], equal_nan=True)


def changed_after(market: Slice, bar: int, rng) -> Slice:
    """The same market with another future: every price and quote after ``bar`` of the last session is redrawn."""
    session = market.sessions[-1]
    columns = {}
    for name in ("open", "high", "low", "close", "volume", "price", "bid", "ask"):
        grid = getattr(session, name).copy()
        tail = grid[..., bar + 1 :]
        tail *= rng.uniform(0.9, 1.1, tail.shape)
        columns[name] = grid
    return Slice(market.underlying, (*market.sessions[:-1], replace(session, **columns)), market.source)


@pytest.mark.parametrize("bar", [500, 1500, 2900])
def test_no_look_ahead(bar):
    """Another future changes no entry at or before the bar, and no exit filled by then."""
    slice, plan = tiny_slice(2, n_bars=3000), sweep_plan(NEAR)
    other = changed_after(slice, bar, np.random.default_rng(bar))
    compared = 0
    for number in some(plan, 60, seed=bar):
        params = plan.space.point(int(number))
        before, after = trades(plan, slice, params), trades(plan, other, params)
        known = (before.session == 0) | (before.entry_bar <= bar)
        still = (after.session == 0) | (after.entry_bar <= bar)
        for name in ("session", "signal_bar", "origin_bar", "contract", "entry_bar", "entry_price", "risk"):
            assert np.array_equal(getattr(before, name)[known], getattr(after, name)[still]), name
        closed = (before.session == 0) | (before.exit_bar <= bar)
        shut = (after.session == 0) | (after.exit_bar <= bar)
        for name in ("exit_bar", "exit_price", "net", "reason"):
            assert np.array_equal(getattr(before, name)[closed], getattr(after, name)[shut]), name
        compared += int(known.sum())
    assert compared > 50


@pytest.mark.slow
def test_a_black_box_scores_as_the_shared_path_does():
    slice = tiny_slice(3, n_bars=4000)
    space = {"stretch_threshold": [0.0005, 0.001], "take_profit_percent": [25, 50]}
    shared = sweep_plan(space)
    boxed = sweep_plan(space, target="strategy.plugins.Boxed")
    every = shared.space.candidates(range(4))
    a, b = evaluate(shared, slice, every), evaluate(boxed, slice, every)
    for name in METRICS:
        if not name.startswith(("refused_", "n_signals", "no_bid")):
            assert np.array_equal(a.columns[name], b.columns[name], equal_nan=True), name
    assert np.array_equal(a.session_net, b.session_net)
    assert a.columns["n_trades"].min() > 0


def test_one_bad_candidate_never_ends_the_others_and_never_becomes_a_number():
    slice = tiny_slice(3, n_bars=4000)
    space = {"stretch_threshold": [0.001, 0.002, 0.0005], "take_profit_percent": [25, 50]}
    plan = sweep_plan(space, target="strategy.plugins.Raises", constraints=Constraints(min_trades=1))
    found = score_trials(plan, slice, plan.space.candidates(range(6)))
    healthy = score_trials(
        sweep_plan(space, constraints=Constraints(min_trades=1)), slice, plan.space.candidates(range(2))
    )
    assert [t.metrics for t in found[:2]] == [t.metrics for t in healthy]
    assert all(t.state is TrialState.FAIL and "cannot compute at 0.002" in t.why for t in found[2:4])
    assert all(t.state is TrialState.FAIL and "signal bars must be whole numbers" in t.why for t in found[4:])
    assert all(t.value is None and not t.metrics for t in found[2:])


def test_a_black_box_that_raises_or_returns_nan_fails_alone():
    slice = tiny_slice(3, n_bars=4000)
    plan = sweep_plan({"take_profit_percent": [25, 35, 50]}, target="strategy.plugins.BrokenBox",
                      constraints=Constraints(min_trades=1))  # fmt: skip
    found = score_trials(plan, slice, plan.space.candidates(range(3)))
    assert [t.state for t in found] == [TrialState.COMPLETE, TrialState.FAIL, TrialState.FAIL]
    assert found[1].why.startswith("ZeroDivisionError: no volume at 35 (shelf/plugins.py, line ")
    assert "not finite" in found[2].why


def test_a_value_the_strategy_refuses_fails_that_candidate():
    slice, plan = tiny_slice(1, n_bars=500), sweep_plan()
    rows = [{**plan.space.point(0), "strikes_depth": depth} for depth in (1, 0)]
    found = score_trials(plan, slice, Candidates.of(rows))
    assert (found[0].state, found[0].why) == (TrialState.PRUNED, "too_few_trades")
    assert found[1].state is TrialState.FAIL
    assert "strikes_depth must be a whole number >= 1" in found[1].why


def test_an_unknown_parameter_is_answered_with_the_near_miss():
    plan = sweep_plan({"stop_los_percent": [-50]})
    with pytest.raises(ConfigError, match="did you mean 'stop_loss_percent'"):
        evaluate(plan, tiny_slice(1, n_bars=500), plan.space.candidates([0]))


def test_constraints_mark_candidates_and_a_missing_metric_meets_no_bound():
    slice = tiny_slice(3, n_bars=4000)
    bounds = Constraints(min_trades=1, bounds={"min_win_rate": 0.4, "max_max_drawdown": 100.0, "min_sharpe": 0.0})
    plan = sweep_plan(NEAR, constraints=bounds)
    metrics = evaluate(plan, slice, plan.space.candidates(some(plan, 200)))
    made = scored(plan, metrics)
    state, violation = made.state, made.violations
    done = state == 0
    assert (violation[done] > 0).any()
    assert (violation[done] <= 0).any()
    assert np.array_equal(violation[done, 0] <= 0, metrics.columns["win_rate"][done] >= 0.4)
    assert np.array_equal(violation[done, 1] <= 0, metrics.columns["max_drawdown"][done] <= 100.0)
    missing = np.isnan(metrics.columns["sharpe"])
    assert (violation[missing, 2] > 0).all()


def test_capital_refuses_and_counts():
    slice = tiny_slice(3, n_bars=4000)
    space = {"stretch_threshold": [0.0005], "cooldown_period_seconds": [30], "max_trade_duration_seconds": [600]}
    free = evaluate(sweep_plan(space), slice, sweep_plan(space).space.candidates([0])).row(0)
    one = sweep_plan(space, capital=Capital(max_open_positions=1))
    few = evaluate(one, slice, one.space.candidates([0])).row(0)
    assert few["n_trades"] + few["refused_max_open_positions"] == free["n_trades"]
    assert few["refused_max_open_positions"] > 0
    listed = trades(one, slice, one.space.point(0))
    same = np.diff(listed.session) == 0
    assert (listed.entry_bar[1:][same] >= listed.exit_bar[:-1][same]).all()
