"""``intrabar=both``: between which results the unknown order of events inside a candle leaves a policy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, FloatArray2D
from quantray.callers.policies.account import Costs
from quantray.callers.policies.evaluate import returns
from quantray.callers.policies.program import Program
from quantray.callers.policies.tables import Tables
from quantray.errors import ConfigError, near_miss

#: What ``intrabar`` may be in a configuration, and the orders that each is run under; the first one ranks.
CHOICES = {
    "stop_first": ("stop_first",), "target_first": ("target_first",), "both": ("stop_first", "target_first"),
}  # fmt: skip


def orders_of(intrabar: str) -> tuple[str, ...]:
    """The orders to build tables under; ConfigError with the near miss."""
    if intrabar not in CHOICES:
        raise ConfigError(f"intrabar: {near_miss(intrabar, CHOICES, what='order')}")
    return CHOICES[intrabar]


@dataclass(frozen=True, slots=True, eq=False)
class OrderInterval:
    """Net return [n, P] of every call under every policy, stop first and target first; NaN: no entry.

    Stops lie below the targets that are left, so ``low <= high`` for every trade of any policy. Where stops and targets
    are fixed, what the touches in their true order would have paid lies between the two; a stop that should have
    been raised inside the candle can lie outside (``raise_first`` tells how much that matters).
    """

    low: FloatArray2D
    high: FloatArray2D

    @property
    def mean_low(self) -> FloatArray1D:
        """Mean of ``low`` over the trades of each policy [P]; NaN without a trade."""
        return _mean(self.low)

    @property
    def mean_high(self) -> FloatArray1D:
        """Mean of ``high`` over the trades of each policy [P]; NaN without a trade."""
        return _mean(self.high)

    @property
    def decided(self) -> np.ndarray:
        """True [n, P] where the order decided what the trade earned."""
        return np.asarray(self.low < self.high)

    @property
    def ambiguous_share(self) -> FloatArray1D:
        """Share of the trades [P] whose closing candle paid what the order chose; NaN without a trade."""
        return _mean(np.where(np.isnan(self.low), np.nan, self.decided))

    def of(self, calls: BoolArray1D) -> OrderInterval:
        """The same of some ``calls`` [n]."""
        return OrderInterval(self.low[calls], self.high[calls])


def order_interval(stop_first: Tables, target_first: Tables, program: Program, costs: Costs) -> OrderInterval:
    """Both ends, from tables of the same calls and levels under the two orders; ValueError for other tables."""
    if (stop_first.order, target_first.order) != (0, 1) or stop_first.keys.shape != target_first.keys.shape:
        raise ValueError("order_interval needs tables of the same calls, built stop_first and target_first")
    return OrderInterval(returns(stop_first, program, costs)[0], returns(target_first, program, costs)[0])


def _mean(values: FloatArray2D) -> FloatArray1D:
    """Mean over the calls that got an entry, summed in their order; NaN where none did."""
    there = ~np.isnan(values)
    total = np.cumsum(np.where(there, values, 0.0), axis=0)[-1] if len(values) else np.zeros(values.shape[1])
    with np.errstate(invalid="ignore"):
        mean: FloatArray1D = total / there.sum(axis=0)
    return mean
