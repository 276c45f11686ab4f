"""The synthetic market of calls: its parameters, and what they may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from quantray.errors import ConfigError

LIMITS: dict[str, tuple[float, float]] = {
    "seed": (0, 2**63 - 1), "assets": (1, 100_000), "callers": (1, 100_000), "calls": (1, 10_000_000),
    "days": (1, 3650), "lead_hours": (0, 720), "tail_hours": (0, 720), "tick": (1e-6, 0.05),
    "ticks_per_minute": (0.1, 1000), "illiquid_share": (0, 1), "illiquid_ticks": (0.01, 100), "dead_share": (0, 1),
    "price_low": (1e-12, 1e9), "price_high": (1e-12, 1e9), "edge_hours": (0.1, 240), "lone_print_share": (0, 0.5),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SyntheticCalls:
    """Calls at random times on tokens whose ticks are a martingale: each multiplies the price by 1 + or - ``tick``.

    With ``edge`` 0 no call knows anything. ``edge`` above 0 lets ticks drift for ``edge_hours`` after a call, by so
    many standard deviations of that time; a mapping gives it to the callers it names, a number to all of them. Later
    callers of the same token inside those hours share the drift. Fills at a level overshoot it by one tick at most.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    seed: int = 0
    assets: int = 40
    callers: int = 8
    calls: int = 400
    days: int = 7  # of calls, from data.from on; data.to, when given, decides instead
    lead_hours: float = 6  # of candles before the first day
    tail_hours: float = 54  # of candles after the last one, so that its calls have time to end
    tick: float = 0.004
    ticks_per_minute: float = 12
    illiquid_share: float = 0.25  # of the tokens
    illiquid_ticks: float = 0.9  # a minute: two minutes in five are idle
    dead_share: float = 0.15  # of the tokens stop printing for ever, at a time that does not depend on the price
    price_low: float = 1e-9  # first prices, uniform in the logarithm
    price_high: float = 100.0
    edge: float | Mapping[str, float] = 0.0
    edge_hours: float = 6
    lone_print_share: float = 0.0  # of the candles get a high 1.5 to 4 times their own

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"data.synthetic.{name} must be in [{low:g}, {high:g}], got {getattr(self, name)}")
        if self.price_low > self.price_high:
            raise ConfigError(
                f"data.synthetic.price_low={self.price_low:g} lies above data.synthetic.price_high={self.price_high:g}"
            )
        for value in self.edge.values() if isinstance(self.edge, Mapping) else (self.edge,):
            if not 0 <= value <= 20:
                raise ConfigError(f"data.synthetic.edge must be in [0, 20], got {value:g}")

    @property
    def caller_names(self) -> tuple[str, ...]:
        width = len(str(self.callers))
        return tuple(f"caller_{i + 1:0{width}d}" for i in range(self.callers))
