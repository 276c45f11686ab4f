"""Ranges on tables that they share are scored as each alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from quantray.sweeps.grid import together
from quantray.sweeps.grid.together import Together
from quantray.sweeps.scores import Scores, score
from tests.builders.sessions import tiny_slice
from tests.builders.sweep_plans import sweep_plan

SPACE = {
    "stretch_threshold": [0.0003, 0.001, 2.0], "reclaim_percentage": [0.4, 0.8], "cooldown_period_seconds": [60, 180],
    "take_profit_percent": [3, 20, -1, 90], "stop_loss_percent": [-3, -30], "option_selection_mode": ["itm", "otm"],
}  # fmt: skip


def columns(scores: Scores) -> dict[str, np.ndarray]:
    return {**scores.metrics.columns, "value": scores.value, "state": scores.state, "net": scores.metrics.session_net}


@pytest.mark.parametrize("stretch", [20, 64, 10_000])
@pytest.mark.parametrize("cuts", [[7], [1, 20, 63, 64, 80], []])
def test_a_range_is_scored_as_alone(monkeypatch: pytest.MonkeyPatch, stretch: int, cuts: list[int]) -> None:
    """Whatever is cut where; some levels are refused, so that rows are missing between the others."""
    monkeypatch.setattr(together, "POINTS", stretch)
    plan, market = sweep_plan(SPACE), tiny_slice(3, seed=5, interval_s=60, n_bars=390)
    bounds = [0, *cuts, plan.space.size]
    parts = [*pairwise(bounds)]
    shared, failed = Together(plan, market, parts), 0
    for points in parts[::-1]:
        mine = shared.score(points)
        alone = score(plan, market, plan.space.candidates(np.arange(*points)))
        assert mine.metrics.why == alone.metrics.why
        failed += len(mine.metrics.why)
        for name, column in columns(mine).items():
            assert np.array_equal(column, columns(alone)[name], equal_nan=column.dtype.kind == "f"), name
    assert 0 < failed < plan.space.size


def test_few_wanted_ranges_are_not_worth_a_preparation_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = together.prepare
    monkeypatch.setattr(together, "prepare", lambda *given, **more: made.append(given) or real(*given, **more))
    plan, market = sweep_plan(SPACE), tiny_slice(2, seed=5, interval_s=60, n_bars=390)
    Together(plan, market, [(0, 8)]).score((0, 8))
    assert not made
    wanted = [(k, k + 8) for k in range(0, 96, 8)]
    shared = Together(plan, market, wanted)
    for points in wanted:
        shared.score(points)
    assert len(made) == 1
