"""The section of the strategy: another one brings its space."""

from __future__ import annotations

from quantray.config.plans import load_plan


def test_another_strategy_brings_its_space() -> None:
    plan = load_plan("strategy=opening_range_breakout")
    assert plan.strategy.target.endswith("OpeningRangeBreakout")
    assert "range_minutes" in plan.space.names
    assert "stretch_threshold" not in plan.space.names
