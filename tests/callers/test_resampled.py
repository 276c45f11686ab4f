"""The objective over blocks drawn anew: over every block once it is the objective itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from quantray.arrays import IntArray1D
from quantray.callers.blocks import Blocks
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
