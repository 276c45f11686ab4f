"""The objective over blocks drawn anew: over every block once it is the objective itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from quantray.arrays import IntArray1D
from quantray.callers.blocks import Blocks
from quantray.callers.metrics import Metric
from quantray.callers.policies.objective import OBJECTIVES
from quantray.callers.resampled import resampled
from quantray.callers.results import Part
from tests.builders.caller_results import results

OWN = [name for name in OBJECTIVES if name not in ("sharpe", "sortino", "capture_ratio")]


def figure(objective: str) -> tuple[Callable[[IntArray1D], float], Blocks, Part]:
    r = results()
    train = r.unit("caller_1").train
    assert train is not None
    blocks = Blocks.between(train.start_ns, train.end_ns, 1)
    peaks = np.maximum(train.trades.gross - 1.0, 0.01)
    return resampled(replace(r.plan, objective=objective), train.trades, peaks, blocks), blocks, train


@pytest.mark.parametrize("objective", OWN)
def test_every_block_once_is_the_objective(objective: str) -> None:
    made, blocks, train = figure(objective)
    assert made(np.arange(blocks.n)) == pytest.approx(train.metrics[objective], rel=1e-12)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_blocks_drawn_twice_count_twice_and_none_has_no_figure(objective: str) -> None:
    made, blocks, _ = figure(objective)
    twice = np.repeat(np.arange(blocks.n), 2)
    if objective not in ("final_capital", "sharpe", "sortino"):
        assert made(twice) == pytest.approx(made(np.arange(blocks.n)), rel=1e-12)
    nothing = made(np.zeros(0, np.int64)) if objective not in ("sharpe", "sortino") else np.nan
    assert np.isnan(nothing) or (objective == "final_capital" and nothing == results().plan.account.initial)


def test_metrics_of_an_objective_of_ones_own_are_those_of_the_trades_drawn() -> None:
    """Over every block once each metric is the policy's own, those apart that are told by blocks or held."""
    _, blocks, train = figure("captured_return")
    held = {metric.key for metric in Metric if "skipped" in metric.key} | {"no_entry", "exposure"}
    own = {name: np.nan if value is None else float(value) for name, value in train.metrics.items()}
    peaks, once = np.maximum(train.trades.gross - 1.0, 0.01), np.arange(blocks.n)
    told = 0
    for name in {metric.key for metric in Metric} - {"sharpe", "sortino", "capture_ratio", "max_drawdown"}:
        plan = replace(results().plan, objective=f"{name} * 1")
        found = resampled(plan, train.trades, peaks, blocks, own)(once)
        assert found == pytest.approx(own[name], rel=1e-9, nan_ok=True), name
        told += name not in held and not np.isnan(own[name])
    assert told > 12
    drawdown = resampled(replace(results().plan, objective="-max_drawdown"), train.trades, peaks, blocks, own)
    assert -own["max_drawdown"] <= drawdown(once) <= 0
