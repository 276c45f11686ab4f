"""Rules between parameters are asked once a combination."""

from __future__ import annotations

import numpy as np

from quantray.sweeps.evaluate import evaluate
from quantray.sweeps.metrics import METRICS
from tests.builders.scored_alone import ANY, NEAR, SLICE
from tests.builders.sweep_plans import sweep_plan
from tests.shelf.plugins import Paced


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
