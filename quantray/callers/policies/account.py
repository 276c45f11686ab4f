"""The ``fees`` and ``capital`` sections of a per-caller plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from quantray.callers.codes import Basis, Sizing, names_of
from quantray.errors import ConfigError, near_miss

if TYPE_CHECKING:
    from quantray.callers.kernels.columns import Money

FORBID: dict[str, str] = {"extra": "forbid"}
SIZINGS, BASES = names_of(Sizing), names_of(Basis)
COST_BASES = ("traded", "entry")
UNLIMITED = 2**62  # what stands in the kernels for no limit
#: Costs under which a result is simulated again: (taker_bps, slippage_bps).
STRESS = ((50.0, 100.0), (75.0, 150.0), (50.0, 200.0))


@dataclass(frozen=True, slots=True)
class Costs:
    """Fees and slippage of each side in basis points of that side's notional (``basis`` entry: of the entry's)."""

    __pydantic_config__: ClassVar = FORBID
    taker_bps: float = 30.0
    slippage_bps: float = 10.0
    basis: str = "traded"

    def __post_init__(self) -> None:
        for name in ("taker_bps", "slippage_bps"):
            if not 0 <= getattr(self, name) < 10_000:
                raise ConfigError(f"fees.{name} must lie in [0, 10000), got {getattr(self, name)}")
        if self.side >= 1:
            raise ConfigError(f"fees: one side costs {self.side:g} of the notional; it must be below 1")
        if self.basis not in COST_BASES:
            raise ConfigError(f"fees.basis: {near_miss(self.basis, COST_BASES, what='basis')}")

    @property
    def side(self) -> float:
        """What one side takes, as a fraction."""
        return (self.taker_bps + self.slippage_bps) / 10_000.0


@dataclass(frozen=True, slots=True)
class Account:
    """Capital and its limits, in the order in which they refuse a position; null is no limit.

    ``limited=False``: no account at all; every call is traded and metrics of money do not exist.
    """

    __pydantic_config__: ClassVar = FORBID
    initial: float = 10_000.0
    sizing: str = "risk"
    max_allocation_pct: float = 0.04
    max_risk_per_trade: float = 200.0
    amount: float = 400.0  # of every position with sizing=fixed
    basis: str = "free_cash"
    max_positions: int | None = 25
    max_positions_per_asset: int | None = 1
    max_positions_per_caller: int | None = None
    minimum: float = 10.0
    limited: bool = True

    def __post_init__(self) -> None:
        if self.sizing not in SIZINGS:
            raise ConfigError(f"capital.sizing: {near_miss(self.sizing, SIZINGS, what='sizing')}")
        if self.basis not in BASES:
            raise ConfigError(f"capital.basis: {near_miss(self.basis, BASES, what='basis')}")
        for name in ("initial", "max_risk_per_trade", "amount"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ConfigError(f"capital.{name} must be above 0, got {getattr(self, name)}")
        if not 0 < self.max_allocation_pct <= 1:
            raise ConfigError(f"capital.max_allocation_pct is a fraction in (0, 1], got {self.max_allocation_pct}")
        if not 0 <= self.minimum < float("inf"):
            raise ConfigError(f"capital.minimum must be >= 0, got {self.minimum}")
        for name in ("max_positions", "max_positions_per_asset", "max_positions_per_caller"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise ConfigError(f"capital.{name} must be a whole number >= 1 or null, got {value!r}")

    def money(self, costs: Costs) -> Money:
        """The numbers that the kernels read."""
        from quantray.callers.kernels.columns import Money

        limits = (self.max_positions, self.max_positions_per_asset, self.max_positions_per_caller)
        positions, per_asset, per_caller = (UNLIMITED if limit is None else limit for limit in limits)
        return Money(
            cost=costs.side,
            on_entry=costs.basis == "entry",
            limited=self.limited,
            initial=float(self.initial),
            sizing=SIZINGS.index(self.sizing),
            fraction=float(self.max_allocation_pct),
            risk=float(self.max_risk_per_trade),
            amount=float(self.amount),
            basis=BASES.index(self.basis),
            minimum=float(self.minimum),
            max_positions=positions,
            max_per_asset=per_asset,
            max_per_caller=per_caller,
        )
