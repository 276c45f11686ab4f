"""Policies: how the trade that a call opens is managed."""

from __future__ import annotations

from quantray.policies.grids import GRIDS, grid, grid_of
from quantray.policies.parts import (
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
from quantray.policies.policy import Policy
from quantray.policies.reading import read_policy, spec_of, written

__all__ = [
    "GRIDS", "AtrStop", "BreakEven", "DelayedEntry", "EmaCross", "FixedStop", "Ladder", "Part", "PhasedStop", "Policy",
    "RsiCross", "TakeProfit", "TimeStop", "Trailing", "Trigger", "VolumeZ", "grid", "grid_of", "read_policy", "spec_of",
    "written",
]  # fmt: skip
