"""What a policy may consist of. Levels are multiples of the entry price: 0 < stop < 1 < target.

``activation``, ``trail``, ``dip`` and the ladder's shares are fractions, durations are whole seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from quantray.errors import ConfigError, near_miss

ANCHORS = ("peak", "entry")


def _refuse(name: str, value: object, rule: str) -> ConfigError:
    return ConfigError(f"policy.{name}={value!r}: {rule}")


def number(name: str, value: object, low: float, high: float, rule: str) -> None:
    """Refuse what is no number strictly between ``low`` and ``high``; true and false are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low < value < high:
        raise _refuse(name, value, rule)


def _count(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise _refuse(name, value, f"it counts candles and must be a whole number >= {least}")


@dataclass(frozen=True, slots=True)
class FixedStop:
    """Sell what is left where the price touches ``sl`` times the entry."""

    sl: float

    def __post_init__(self) -> None:
        number("sl", self.sl, 0, 1, "a stop is a multiple of the entry price between 0 and 1, e.g. 0.90")


@dataclass(frozen=True, slots=True)
class TakeProfit:
    """Sell what is left where the price touches ``tp`` times the entry."""

    tp: float

    def __post_init__(self) -> None:
        number("tp", self.tp, 1, math.inf, "a target is a multiple of the entry price above 1, e.g. 2")


@dataclass(frozen=True, slots=True)
class TimeStop:
    """Sell what is left at the close of the first candle that ends ``hold_s`` or more after the entry."""

    hold_s: int

    def __post_init__(self) -> None:
        number("hold", self.hold_s, 0, math.inf, "the longest hold must be a duration above 0, e.g. 48h")
        if self.hold_s != int(self.hold_s):
            raise _refuse("hold", self.hold_s, "the longest hold counts whole seconds")


@dataclass(frozen=True, slots=True)
class Trailing:
    """Stop at peak * (1 - trail) once the peak has reached entry * (1 + activation); activation 0: from the entry."""

    activation: float
    trail: float

    def __post_init__(self) -> None:
        rule = "the gain at which the stop starts to trail is a fraction >= 0, e.g. 0.2"
        if self.activation != 0 or isinstance(self.activation, bool):
            number("activation", self.activation, 0, math.inf, rule)
        number("trail", self.trail, 0, 1, "the distance from the peak is a fraction between 0 and 1, e.g. 0.05")


@dataclass(frozen=True, slots=True)
class Ladder:
    """Sell fractions of the original size at rising multiples; what remains follows the stop."""

    rungs: tuple[tuple[float, float], ...]  # (multiple, fraction)

    def __post_init__(self) -> None:
        if not self.rungs:
            raise _refuse("ladder", self.rungs, "a ladder has at least one level, e.g. [[2, 0.5], [3, 0.5]]")
        last = 1.0
        for rung in self.rungs:
            if not isinstance(rung, tuple) or len(rung) != 2:
                raise _refuse("ladder", rung, "a level is a multiple and a fraction, e.g. [2, 0.5]")
            number("ladder.multiple", rung[0], 1, math.inf, "a level is a multiple of the entry price above 1")
            number("ladder.fraction", rung[1], 0, 1.0000001, "a fraction of the original size lies in (0, 1]")
            if not rung[0] > last:
                raise _refuse("ladder", rung[0], f"levels must rise, and {last:g} comes before it")
            last = rung[0]
        total = math.fsum(fraction for _, fraction in self.rungs)
        if total > 1 + 1e-9:
            raise _refuse("ladder", list(self.rungs), f"the fractions sum to {total:g}; they may sum to at most 1")


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Once the peak has reached ``after`` times the entry, the stop is raised to the entry price."""

    after: float

    def __post_init__(self) -> None:
        number("break_even", self.after, 1, math.inf, "it is a multiple of the entry price above 1, e.g. 1.5")


@dataclass(frozen=True, slots=True)
class PhasedStop:
    """Once the peak has reached ``after`` times the entry, the stop is raised to ``stop`` times the entry.

    A stop that locks in a gain lies above 1; it must lie below the price at which it is placed.
    """

    after: float
    stop: float

    def __post_init__(self) -> None:
        number("phased.after", self.after, 1, math.inf, "it is a multiple of the entry price above 1, e.g. 1.5")
        number("phased.stop", self.stop, 0, self.after, f"the new stop must lie between 0 and after={self.after:g}")


@dataclass(frozen=True, slots=True)
class EmaCross:
    """Sell at the open after the close on which the fast EMA falls below the slow one. alpha = 2/(n+1), SMA seed."""

    fast: int = 9
    slow: int = 21

    def __post_init__(self) -> None:
        _count("ema_cross.fast", self.fast, 1)
        _count("ema_cross.slow", self.slow, 2)
        if self.fast >= self.slow:
            raise _refuse("ema_cross.fast", self.fast, f"the fast average must be shorter than slow={self.slow}")

    @property
    def warmup(self) -> int:
        return 4 * self.slow


@dataclass(frozen=True, slots=True)
class RsiCross:
    """Sell at the open after the close on which the RSI falls through ``level``. Wilder (1978): seed SMA, alpha 1/n."""

    period: int = 14
    level: float = 70

    def __post_init__(self) -> None:
        _count("rsi_cross.period", self.period, 2)
        number("rsi_cross.level", self.level, 0, 100, "the RSI lies between 0 and 100, e.g. 70")

    @property
    def warmup(self) -> int:
        return 4 * self.period + 1


@dataclass(frozen=True, slots=True)
class AtrStop:
    """Sell at the open after a close below anchor - multiple * ATR (Wilder 1978).

    ``anchor`` ``peak``: the highest high since the entry, LeBeau's chandelier exit; ``entry``: the entry price.
    """

    period: int = 22
    multiple: float = 3
    anchor: str = "peak"

    def __post_init__(self) -> None:
        _count("atr_stop.period", self.period, 1)
        number("atr_stop.multiple", self.multiple, 0, math.inf, "it must be above 0, e.g. 3")
        if self.anchor not in ANCHORS:
            raise ConfigError(f"policy.atr_stop.anchor: {near_miss(self.anchor, ANCHORS, what='anchor')}")

    @property
    def warmup(self) -> int:
        return 4 * self.period + 1


@dataclass(frozen=True, slots=True)
class VolumeZ:
    """Sell at the open after a candle whose volume lies ``z`` sample deviations above the ``period`` before it."""

    period: int = 30
    z: float = 3

    def __post_init__(self) -> None:
        _count("volume_z.period", self.period, 2)
        number("volume_z.z", self.z, 0, math.inf, "it must be above 0, e.g. 3")

    @property
    def warmup(self) -> int:
        return self.period


@dataclass(frozen=True, slots=True)
class DelayedEntry:
    """Enter ``dip`` below the open of the entry candle, where a candle that ends within ``wait_s`` of it gets there."""

    dip: float
    wait_s: int

    def __post_init__(self) -> None:
        number("entry.dip", self.dip, 0, 1, "the dip is a fraction between 0 and 1, e.g. 0.05")
        number("entry.wait", self.wait_s, 0, math.inf, "the longest wait must be a duration above 0, e.g. 30m")


Trigger = EmaCross | RsiCross | AtrStop | VolumeZ
Part = FixedStop | TakeProfit | TimeStop | Trailing | Ladder | BreakEven | PhasedStop | Trigger | DelayedEntry
