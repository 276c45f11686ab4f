"""Plans and spaces the tests share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from quantray.space import parse_space
from quantray.sweeps.plan import Constraints, Plan, StrategySpec

#: Real market data, kept beside the project and not part of it.
SHARED = Path(__file__).parents[3] / "shared" / "data"

#: The published space, 1,267,200 points.
SPACE: dict[str, list[Any]] = {
    "entry_window": ["9:30-10:30", "9:30-12:00", "12:00-15:00", "15:00-15:45", "9:30-15:45"],
    "stretch_threshold": [0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008, 0.01, 0.015, 0.02],
    "reclaim_percentage": [0.4, 0.5, 0.6, 0.7, 0.8],
    "cooldown_period_seconds": [60, 90, 120, 180, 300, 600],
    "take_profit_percent": [25, 35, 50, 60, 70, 80, 90, 100],
    "stop_loss_percent": [-25, -35, -50, -60, -70, -80, -90, -100],
    "max_trade_duration_seconds": [60, 120, 180, 240, 300, 600],
    "strikes_depth": [1],
    "option_selection_mode": ["itm", "otm"],
}
FIXED = {
    "require_same_day_expiry": True, "latency_seconds": 1, "max_price_age_seconds": 10, "stale_fill": "next_print",
    "late_entry_cutoff": "close-6m", "end_of_day_exit": "close-6m", "emergency_exit": "close-5m",
}  # fmt: skip

#: A sweep of seconds: two sessions, four trials, no exact surface, no mirror.
SMALL = [
    "data.synthetic.sessions=2", "oos.fraction=0", "space.strikes_depth=1", "search=random", "search.n_trials=4",
    "search.batch=4", "constraints.min_trades=0", "report.surface_max_points=1", "mirror.enabled=false",
]  # fmt: skip


def sweep_plan(
    space: dict[str, Any] | None = None,
    *,
    target: str = "strategy.vwap_reclaim.VwapReclaim",
    run_dir: Path = Path("outputs/test"),
    constraints: Constraints | None = None,
    params: dict[str, Any] | None = None,
    **other: Any,
) -> Plan:
    """A plan over the published space (or ``space``) that needs no configuration files."""
    spec = StrategySpec(target, params or {})
    where = parse_space(space or SPACE)
    return Plan("test", spec, where, None, run_dir, constraints=constraints or Constraints(), **other)
