"""What a number of another tool is a number of: stated by the column's name or by hand, never guessed from its size."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from quantray.errors import DataError

SECONDS = {
    "s": 1, "sec": 1, "secs": 1, "seconds": 1, "m": 60, "min": 60, "mins": 60, "minutes": 60, "h": 3600, "hr": 3600,
    "hrs": 3600, "hours": 3600, "d": 86_400, "days": 86_400,
}  # fmt: skip
#: What the values of each column may be. A gain is a fraction of the entry: 0.5 is 50 % above it, -0.1 10 % below.
UNITS: dict[str, tuple[str, ...]] = {
    "tp": ("multiple", "gain", "percent"),
    "sl": ("multiple", "gain", "percent"),
    "captured_return": ("gain", "percent", "multiple"),
    "win_rate": ("fraction", "percent"),
    "max_drawdown": ("fraction", "percent"),
    "hold": ("seconds", "minutes", "hours", "days"),
}
#: Endings of names that say a unit.
ENDINGS = {
    "%": "percent", "pct": "percent", "percent": "percent", "percentage": "percent", "mult": "multiple",
    "multiple": "multiple", "x": "multiple", "ratio": "fraction", "fraction": "fraction", "frac": "fraction",
}  # fmt: skip


def named(ours: str, ending: str) -> str:
    """The unit of our column that the ending of a name says; '' for none."""
    if ours == "hold":
        factor = SECONDS.get(ending)
        return next((unit for unit in UNITS["hold"] if SECONDS[unit] == factor), "")
    unit = ENDINGS.get(ending, "")
    if unit == "fraction" and "gain" in UNITS.get(ours, ()):
        unit = "gain"
    return unit if unit in UNITS.get(ours, ()) else ""


def fits(ours: str, unit: str, value: float) -> bool:
    """Whether the value may be in that unit."""
    size = abs(value)
    if ours == "tp":
        return value > (1 if unit == "multiple" else 0)
    if ours == "sl":
        return 0 < value < 1 if unit == "multiple" else 0 < size < (1 if unit == "gain" else 100)
    if ours == "win_rate":
        return 0 <= value <= (1 if unit == "fraction" else 100)
    if ours == "max_drawdown":
        return size <= (1 if unit == "fraction" else 100)
    return value >= 0 if unit == "multiple" else True if ours == "captured_return" else value > 0


def unit_of(ours: str, theirs: str, values: Sequence[float]) -> str:
    """The unit of values of which neither name nor hand says it: DataError with what they may be, and how to say it.

    Only a win rate between 0 and 1 is read as it stands.
    """
    possible = [unit for unit in UNITS[ours] if all(fits(ours, unit, v) for v in values)]
    if ours == "win_rate" and "fraction" in possible and any(0 < v < 1 for v in values):
        return "fraction"  # a rate of less than 1 % that is written as a percentage is no rate anybody shows
    shown = ", ".join(f"{v:g}" for v in list(dict.fromkeys(values))[:4])
    flags = [f"--map {shlex.quote(f'{ours}={theirs}:{unit}')}" for unit in possible or UNITS[ours]]
    if not possible:
        raise DataError(f"{ours} <- {theirs}: {shown} fit no unit together; give {' or '.join(flags)}")
    means = "; ".join(f"{unit}: {meant(ours, unit, values[0])}" for unit in possible)
    raise DataError(
        f"{ours} <- {theirs}: the unit of {shown} is not said ({values[0]:g} as {means}); give {' or '.join(flags)}, "
        f"or --map {ours}= to leave it out"
    )


def meant(ours: str, unit: str, value: float) -> str:
    """A value told in full, so that it is seen which unit is right."""
    got = converted(ours, unit, value)
    if ours == "hold":
        return f"{got:g} s"
    return f"{100 * (got - 1):+g} %" if ours in ("tp", "sl") else f"{100 * got:g} %"


def converted(ours: str, unit: str, value: float) -> float:
    """The value as we keep it: levels are multiples of the entry, shares and returns fractions, times seconds."""
    if ours == "hold":
        return value * SECONDS[unit]
    share = value / 100 if unit == "percent" else value
    if ours in ("tp", "sl"):
        return value if unit == "multiple" else 1 + share if ours == "tp" else 1 - abs(share)
    if ours == "captured_return":
        return value - 1 if unit == "multiple" else share
    return abs(share) if ours == "max_drawdown" else share
