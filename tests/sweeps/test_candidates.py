"""A candidate is what its parameters say: checked whole, seen whole, and the same alone as in any company."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantray.space import Candidates
from quantray.sweeps.evaluate import evaluate, trades
from quantray.sweeps.plan import Constraints
from quantray.trial import TrialState
from tests.builders.scored_alone import ANY, SLICE, same_alone
from tests.builders.sweep_plans import sweep_plan
from tests.shelf.plugins import Paced

#: Values of each parameter that something is wrong with.
WRONG = {
    "take_profit_percent": [0, -5, math.nan, math.inf, 10**400, "50", True, None],
    "stop_loss_percent": [50, 0, -101, math.nan, -math.inf, "x", None],
    "max_trade_duration_seconds": [0, -1, math.nan, math.inf, None, "5 min"],
    "latency_seconds": [0, -1, math.nan, math.inf, None],
    "max_price_age_seconds": [-1, math.nan, math.inf, "10"],
    "strikes_depth": [0, 1.5, True, None, math.nan],
    "option_selection_mode": ["inn", None, 3, math.nan],
    "stale_fill": ["never", 1],
    "end_of_day_exit": ["noon", None, 15.9],
    "require_same_day_expiry": ["yes", 1, None],
    "stretch_threshold": [0, 1, math.nan, "a"],
    "entry_window": ["9:30", None, 570],
    "cooldown_period_seconds": [0, math.inf, math.nan],
}
RIGHT = {
    "take_profit_percent": [25, 60.0, 1e299], "stop_loss_percent": [-25, -100], "strikes_depth": [1, 3, 10**30],
    "max_trade_duration_seconds": [60, 300, 1e299], "latency_seconds": [1, 2, 1e299], "stretch_threshold": [5e-4, 1e-3],
    "max_price_age_seconds": [None, 10, 1e299], "option_selection_mode": ["itm", "atm"],
    "cooldown_period_seconds": [60, 1e299],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in WRONG.items() for v in values])
def test_a_wrong_value_of_any_parameter_fails_its_candidate_and_no_other(name, value):
    plan = sweep_plan(constraints=ANY)
    usual = {"stretch_threshold": 0.0005, "take_profit_percent": 25, "cooldown_period_seconds": 60}
    rows = [{name: RIGHT.get(name, [getattr(Paced(), name)])[0], **usual}] * 2
    rows[1] = rows[0] | {name: value}
    good, bad = same_alone(plan, rows)
    assert good.state is TrialState.COMPLETE
    assert bad.state is TrialState.FAIL
    assert bad.why.startswith("refused: ")
    assert bad.metrics == {}
    metrics = evaluate(plan, SLICE, Candidates.of(rows[::-1]))
    assert metrics.columns["n_signals"].tolist() == [0, good.metrics["n_signals"]]


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_company_changes_no_bit_and_every_number_is_finite(data):
    names = data.draw(st.lists(st.sampled_from(sorted(RIGHT)), min_size=2, max_size=5, unique=True))
    levels = [st.sampled_from(RIGHT[n] + (WRONG[n] if data.draw(st.booleans()) else [])) for n in names]
    rows = data.draw(st.lists(st.tuples(*levels), min_size=2, max_size=8))
    target = data.draw(st.sampled_from(["vwap_reclaim.VwapReclaim", "plugins.Paced", "plugins.Branching"]))
    found = same_alone(
        sweep_plan(target=f"strategy.{target}", constraints=Constraints(0, {"min_sharpe": 1e308})),
        [dict(zip(names, row, strict=True)) for row in rows],
    )
    for trial in found:
        numbers = [*trial.metrics.values(), *trial.session_net, *trial.violations]
        assert all(x is None or math.isfinite(x) for x in numbers)


@pytest.mark.parametrize(("net", "risk"), [(1.0, 0.0), (1e308, 1.0), (1e200, 1e-300), (1e-320, 1e-320), (5.0, 1e308)])
def test_overflow_and_no_risk_are_null_or_a_failure(net, risk):
    plan = sweep_plan({"net": [net]}, target="strategy.plugins.Rich", constraints=ANY)
    for trial in same_alone(plan, [{"net": net, "risk": risk}, {"net": 1.0, "risk": 1.0}]):
        numbers = [*trial.metrics.values(), *trial.session_net]
        assert all(x is None or math.isfinite(x) for x in numbers)
    assert trial.state is TrialState.COMPLETE


@pytest.mark.parametrize("target", ["Raises", "BrokenBox"])
def test_trades_of_a_failing_candidate_raise_what_the_strategy_raised(target):
    raised = {"Raises": (RuntimeError, {"stretch_threshold": 0.002}), "BrokenBox": (ZeroDivisionError,
              {"take_profit_percent": 35})}[target]  # fmt: skip
    plan = sweep_plan({"take_profit_percent": [35]}, target=f"strategy.plugins.{target}")
    with pytest.raises(raised[0], match=r"cannot compute at 0\.002|no volume at 35"):
        trades(plan, SLICE, raised[1])
