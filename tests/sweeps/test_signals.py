"""Signals are asked for once for all candidates that share them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from quantray.sweeps.evaluate import trades
from tests.builders.scored_alone import ANY, NEAR, SLICE, same_alone
from tests.builders.sweep_plans import sweep_plan


def rows_of(space: dict) -> Iterator[dict]:
    return (dict(zip(space, values, strict=True)) for values in itertools.product(*space.values()))


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
