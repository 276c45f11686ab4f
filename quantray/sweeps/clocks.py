"""Moments of a session that its bars are too coarse for: a rule that can never act is said, not left to be found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from quantray.errors import ConfigError
from quantray.sweeps.long_option import bar_at
from quantray.sweeps.market import Session, Slice
from quantray.sweeps.plan import Plan

_MOMENTS = {
    "late_entry_cutoff": "no entry is refused for being late",
    "end_of_day_exit": "no position is closed by it",
    "emergency_exit": "no position is closed by it",
}


def idle_moments(plan: Plan, market: Slice) -> list[str]:
    """A sentence for every moment of the plan that no session of the slice has a bar for."""
    if not plan.strategy.gives_signals or not market.sessions:
        return []
    own: dict[str, Any] = {f.name: f.default for f in fields(plan.strategy.resolved)}
    own.update(plan.strategy.params)
    levels: Mapping[str, Any] = {d.name: d.values or () for d in plan.space.dimensions}
    step = market.sessions[0].interval_s
    said = []
    for name, effect in _MOMENTS.items():
        for moment in levels.get(name, (own[name],)):
            if all(_idle(session, name, moment, own["latency_seconds"]) for session in market.sessions):
                said.append(
                    f"{name}={moment} never acts on bars of {step} s: no bar begins late enough that an order of it "
                    f"could still be filled, so {effect}; what is held then is worth the last price of its session."
                )
    return said


def _idle(session: Session, name: str, moment: str, latency_s: float) -> bool:
    """Whether the moment comes after the last bar at which it could do anything."""
    try:
        first = bar_at(session, moment)
    except (ConfigError, TypeError, AttributeError):  # no moment: its candidates fail with that reason
        return False
    needs = 0 if name == "emergency_exit" else session.bars(latency_s)  # an emergency sells at its own bar
    return first + needs >= session.n_bars
