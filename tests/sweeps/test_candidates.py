"""A candidate is what its parameters say: checked whole, seen whole, and the same alone as in any company."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantray.space import Candidates
from quantray.sweeps.evaluate import evaluate, trades
from quantray.sweeps.metrics import METRICS
from quantray.sweeps.plan import Constraints
from quantray.sweeps.scores import score_trials
from quantray.trial import TrialState
from tests.builders.sessions import tiny_slice
from tests.builders.sweep_plans import sweep_plan
from tests.shelf.plugins import Paced

NEAR = {"stretch_threshold": [0.0005, 0.001], "reclaim_percentage": [0.6], "cooldown_period_seconds": [60, 90]}
ANY = Constraints(min_trades=0)
SLICE = tiny_slice(3, n_bars=4000)
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


def rows_of(space: dict) -> Iterator[dict]:
    return (dict(zip(space, values, strict=True)) for values in itertools.product(*space.values()))


def bits(trial) -> tuple:  # type: ignore[no-untyped-def]
    return trial.state, trial.why, trial.value, tuple(trial.metrics.items()), trial.session_net, trial.violations


def same_alone(plan, rows) -> list:  # type: ignore[no-untyped-def]
    """The trials of a batch, each found to be what it is alone."""
    together = score_trials(plan, SLICE, Candidates.of(rows))
    for row, trial in zip(rows, together, strict=True):
        assert bits(score_trials(plan, SLICE, Candidates.of([row]))[0]) == bits(trial), row
    return together


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


@pytest.mark.parametrize("target", ["Paced", "Branching"])
def test_signals_see_the_candidate_whole(target):
    """Whatever signals() reads decides, be it an exit, an attribute of its own, or one parameter by another."""
    space = NEAR | {
        "max_trade_duration_seconds": [120, 300], "take_profit_percent": [60, 90], "stop_loss_percent": [-50, -100],
        "latency_seconds": [1, 2], "option_selection_mode": ["itm", "otm"],
    }  # fmt: skip
    plan = sweep_plan(space, target=f"strategy.plugins.{target}", constraints=ANY)
    found = same_alone(plan, list(rows_of(space))[::3])
    assert len({t.metrics["n_signals"] for t in found}) > 3
    for trial in found[::9]:
        assert len(trades(plan, SLICE, trial.params)) == trial.metrics["n_trades"]


def test_a_rule_between_parameters_is_asked_once_a_combination_that_it_reads():
    space = NEAR | {
        "take_profit_percent": [20, 30, 60], "stop_loss_percent": [-50, -100], "max_trade_duration_seconds": [120, 300]
    }  # fmt: skip
    plan = sweep_plan(space, target="strategy.plugins.Paced", constraints=ANY)
    Paced.asked.clear()
    metrics = evaluate(plan, SLICE, plan.space.candidates(range(plan.space.size)))
    combinations, lists = 3 * 2, 2 * 2 * 2  # take profit x stop; stretch x cooldown x duration
    assert Paced.asked.count("signals") <= len(SLICE) * lists * 2  # asked again when it turns out what it reads
    assert Paced.asked.count("made") <= 2 * (combinations + 2) + 2 * lists
    for i in range(plan.space.size):
        row = plan.space.point(i)
        refused = row["take_profit_percent"] <= -row["stop_loss_percent"] / 2
        assert (i in metrics.why) == refused
        if refused:
            assert metrics.why[i].startswith("refused: ValueError: take profit")
            assert "(shelf/plugins.py, line" in metrics.why[i]
    failed = list(metrics.why)
    for name in METRICS:
        column = metrics.columns[name][failed]
        assert (np.isnan(column) if column.dtype.kind == "f" else column == 0).all(), name


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
