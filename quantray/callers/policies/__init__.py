"""Policies: how the trade that a call opens is managed."""

from __future__ import annotations

from quantray.callers.policies.grids import GRIDS, grid, grid_of
from quantray.callers.policies.notation import read_policy, spec_of, written
from quantray.callers.policies.parts import (
    AtrStop,
    BreakEven,
    DelayedEntry,
    EmaCross,
    FixedStop,
    Ladder,
    Part,
    PhasedStop,
    RsiCross,
    TakeProfit,
    TimeStop,
    Trailing,
    Trigger,
    VolumeZ,
)  # fmt: skip
from quantray.callers.policies.policy import Policy

__all__ = [
    "GRIDS", "AtrStop", "BreakEven", "DelayedEntry", "EmaCross", "FixedStop", "Ladder", "Part", "PhasedStop", "Policy",
    "RsiCross", "TakeProfit", "TimeStop", "Trailing", "Trigger", "VolumeZ", "grid", "grid_of", "read_policy", "spec_of",
    "written",
]  # fmt: skip
