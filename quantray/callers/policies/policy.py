"""A policy: the parts that manage one trade. Each may stand alone; of several the first to fire wins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TypeVar

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
from quantray.digests import digest_of
from quantray.errors import ConfigError

P = TypeVar("P")
_ORDER = (
    DelayedEntry, FixedStop, Trailing, BreakEven, PhasedStop, TakeProfit, Ladder, EmaCross, RsiCross, AtrStop, VolumeZ,
    TimeStop,
)  # fmt: skip
_SINGLE = (DelayedEntry, FixedStop, TakeProfit, Ladder, TimeStop, BreakEven)


def _plain(part: Part) -> tuple[object, ...]:
    """Its values with every number as a float, so that 2 and 2.0 are one level."""

    def plain(value: object) -> object:
        if isinstance(value, tuple):
            return tuple(plain(v) for v in value)
        return float(value) if isinstance(value, int | float) else value

    return tuple(plain(getattr(part, f.name)) for f in fields(part))


@dataclass(frozen=True, slots=True)
class Policy:
    """How a trade is managed. Equal parts make equal policies, in whatever order they were given."""

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        for part in self.parts:
            if not isinstance(part, _ORDER):
                raise ConfigError(f"policy: {part!r} is no part of a policy")
        if not any(not isinstance(part, DelayedEntry) for part in self.parts):
            raise ConfigError("policy: it has no exit; give one of sl, tp, hold, trailing, ladder, …")
        for kind in _SINGLE:
            if sum(isinstance(part, kind) for part in self.parts) > 1:
                raise ConfigError(
                    f"policy: {kind.__name__} is given twice: {[p for p in self.parts if type(p) is kind]}"
                )
        if len(set(self.parts)) < len(self.parts):
            raise ConfigError(f"policy: a part is given twice in {list(self.parts)}")
        for phase in self.all(PhasedStop):
            if self.sl is not None and phase.stop <= self.sl:
                raise ConfigError(
                    f"policy.phased.stop={phase.stop!r}: stops are only raised, and sl={self.sl:g} is higher"
                )
        ordered = sorted(self.parts, key=lambda p: (_ORDER.index(type(p)), repr(_plain(p))))
        object.__setattr__(self, "parts", tuple(ordered))

    def all(self, kind: type[P]) -> tuple[P, ...]:
        """The parts of one kind."""
        return tuple(part for part in self.parts if isinstance(part, kind))

    def one(self, kind: type[P]) -> P | None:
        return next((part for part in self.parts if isinstance(part, kind)), None)

    @property
    def sl(self) -> float | None:
        stop = self.one(FixedStop)
        return None if stop is None else stop.sl

    @property
    def tp(self) -> float | None:
        target = self.one(TakeProfit)
        return None if target is None else target.tp

    @property
    def hold_s(self) -> int | None:
        time = self.one(TimeStop)
        return None if time is None else time.hold_s

    @property
    def entry(self) -> DelayedEntry | None:
        return self.one(DelayedEntry)

    @property
    def triggers(self) -> tuple[Trigger, ...]:
        return tuple(part for part in self.parts if isinstance(part, EmaCross | RsiCross | AtrStop | VolumeZ))

    @property
    def stop_distance(self) -> float | None:
        """Fraction of the entry price between it and the first stop; None where no stop stands at the entry."""
        near = [1.0 - stop.sl for stop in self.all(FixedStop)]
        near += [t.trail for t in self.all(Trailing) if t.activation == 0]
        return min(near) if near else None

    @property
    def n_parts(self) -> int:
        """Active parts: what a tie prefers fewer of."""
        return len(self.parts)

    @property
    def warmup_candles(self) -> int:
        """Candles before the entry that its indicators need."""
        return max((trigger.warmup for trigger in self.triggers), default=0)

    @property
    def wide_stop(self) -> bool:
        return self.sl is not None and self.sl < 0.88

    @property
    def far_target(self) -> bool:
        return self.tp is not None and self.tp > 4

    @property
    def digest(self) -> str:
        return digest_of([(type(part).__name__, *_plain(part)) for part in self.parts])

    def __iter__(self) -> Iterator[Part]:
        return iter(self.parts)
