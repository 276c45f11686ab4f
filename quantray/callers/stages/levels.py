"""The levels of a policy, axis by axis: columns of the table, and which policies of a grid are one step apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from quantray.callers.policies import EmaCross, Ladder, PhasedStop, Policy, RsiCross, Trailing, VolumeZ, spec_of
from quantray.callers.policies.parts import AtrStop, BreakEven

Level = Any
#: Axes whose levels are numbers, and where a policy without that part stands: below or above all of them.
NUMBERS = {"tp": "above", "sl": "below", "hold_s": "above", "activation": "above", "trail": "above",
           "break_even": "above"}  # fmt: skip
WORDS = ("ladder", "phased", "entry", "ema_cross", "rsi_cross", "atr_stop", "volume_z", "more_trailing")
AXES = (*NUMBERS, *WORDS)
_TRIGGERS = {"ema_cross": EmaCross, "rsi_cross": RsiCross, "atr_stop": AtrStop, "volume_z": VolumeZ}


def levels_of(policy: Policy) -> dict[str, Level]:
    """Axis -> level, None where the policy has no such part: numbers for :data:`NUMBERS`, text for the others."""
    spec = spec_of(policy)
    trailing = policy.all(Trailing)
    even, ladder = policy.one(BreakEven), policy.one(Ladder)
    found: dict[str, Level] = {
        "tp": policy.tp,
        "sl": policy.sl,
        "hold_s": policy.hold_s,
        "activation": trailing[0].activation if trailing else None,
        "trail": trailing[0].trail if trailing else None,
        "break_even": None if even is None else even.after,
        "ladder": None if ladder is None else "+".join(f"{part:g}@{multiple:g}" for multiple, part in ladder.rungs),
        "phased": _joined(policy.all(PhasedStop)),
        "entry": None if policy.entry is None else "/".join(str(v) for v in spec["entry"].values()),
        "more_trailing": _joined(trailing[1:]),
    }
    found |= {name: _joined(policy.all(kind)) for name, kind in _TRIGGERS.items()}
    return {axis: found[axis] for axis in AXES}


def _joined(parts: Sequence[Any]) -> str | None:
    texts = ["/".join(f"{v:g}" if isinstance(v, int | float) else str(v) for v in astuple(part)) for part in parts]
    return " ".join(texts) or None


def used_axes(policies: Sequence[Policy]) -> list[str]:
    """Axes that some policy has a level on, in the order of :data:`AXES`."""
    levels = [levels_of(p) for p in policies]
    return [axis for axis in AXES if any(row[axis] is not None for row in levels)]


class Steps:
    """The grid as a lattice: what lies one step from a policy."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self.rows = [levels_of(p) for p in policies]
        self.place = {tuple(row.values()): i for i, row in enumerate(self.rows)}
        self.ladder = {axis: _ordered(axis, [row[axis] for row in self.rows]) for axis in AXES}

    def around(self, i: int) -> list[tuple[int, str]]:
        """(policy, change) of every policy that differs from policy ``i`` by one step on one axis.

        A step is the level before or after where levels are numbers, any other one where they are not.
        """
        found = []
        row = self.rows[i]
        for axis, levels in self.ladder.items():
            at = levels.index(row[axis])
            near = [at - 1, at + 1] if axis in NUMBERS else [k for k in range(len(levels)) if k != at]
            for k in near:
                if 0 <= k < len(levels):
                    other = self.place.get(tuple({**row, axis: levels[k]}.values()))
                    if other is not None:
                        found.append((other, f"{axis.removesuffix('_s')} {_shown(axis, row[axis])} -> "
                                             f"{_shown(axis, levels[k])}"))  # fmt: skip
        return found


def _ordered(axis: str, levels: Sequence[Level]) -> list[Level]:
    distinct = list(dict.fromkeys(levels))
    if axis not in NUMBERS:
        return distinct
    numbers = sorted(level for level in distinct if level is not None)
    if len(numbers) == len(distinct):
        return numbers
    return [None, *numbers] if NUMBERS[axis] == "below" else [*numbers, None]


def _shown(axis: str, level: Level) -> str:
    from quantray.durations import written

    if level is None:
        return "none"
    return written(level) if axis == "hold_s" else f"{level:g}" if isinstance(level, int | float) else str(level)
