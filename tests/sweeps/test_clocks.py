"""Rules of the clock on bars that are too coarse for them are said; those that act are not."""

from __future__ import annotations

import pytest

from quantray.space import Candidates
from quantray.sweeps.clocks import idle_moments
from quantray.sweeps.evaluate import evaluate
from tests.builders.sessions import tiny_slice
from tests.builders.sweep_plans import sweep_plan


@pytest.mark.parametrize(
    ("interval_s", "idle"),
    [
        (60, set()),
        (300, {"late_entry_cutoff", "end_of_day_exit"}),  # the last bar begins 5 minutes before the close
        (900, {"late_entry_cutoff", "end_of_day_exit", "emergency_exit"}),
    ],
)
def test_moments_that_never_act(interval_s, idle):
    slice = tiny_slice(2, interval_s=interval_s)
    space = {"stretch_threshold": [0.0001], "cooldown_period_seconds": [900], "max_trade_duration_seconds": [100_000],
             "take_profit_percent": [1e6], "stop_loss_percent": [-100], "end_of_day_exit": ["close-6m"]}  # fmt: skip
    plan = sweep_plan(space)
    said = idle_moments(plan, slice)
    assert {sentence.split("=")[0] for sentence in said} == idle
    assert all(f"bars of {interval_s} s" in sentence for sentence in said)
    row = evaluate(plan, slice, Candidates.of([plan.space.point(0)])).row(0)
    if "end_of_day_exit" in idle:
        assert row["exits_end_of_day"] == 0
    if "emergency_exit" in idle:
        assert row["exits_emergency"] == 0
