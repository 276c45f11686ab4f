"""Lone prints: a high or low far from what its neighbours saw, such as a mistyped trade or a thin pool.

They fool targets and trailing stops. Reported always; clipped only when asked, because that needs the next candle.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from quantray.calls.types import Candles
from quantray.types import BoolArray1D, FloatArray1D


@dataclass(frozen=True, slots=True, eq=False)
class LonePrints:
    """Candles [r] whose high is more than k times both neighbours' highs, or whose low is below both lows / k."""

    high: BoolArray1D
    low: BoolArray1D
    around_high: FloatArray1D  # [r] the higher of the neighbours' highs, NaN at the ends of an asset
    around_low: FloatArray1D  # [r] the lower of the neighbours' lows
    worst: float  # how many times its neighbours the farthest one is; 1 without any


def lone_prints(block: Candles, k: float) -> LonePrints:
    """Find them among the candles of each asset. A candle at an asset's end has one neighbour and is never one."""
    n = len(block)
    around_high, around_low = np.full(n, np.nan), np.full(n, np.nan)
    if n > 2:
        around_high[1:-1] = np.maximum(block.high[:-2], block.high[2:])
        around_low[1:-1] = np.minimum(block.low[:-2], block.low[2:])
    edges = np.concatenate([block.offsets[:-1], block.offsets[1:] - 1])
    around_high[edges] = around_low[edges] = np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        high = block.high > k * around_high
        low = (block.low * k < around_low) & (block.low > 0)
        ratios = np.concatenate([block.high[high] / around_high[high], around_low[low] / block.low[low]])
    return LonePrints(high, low, around_high, around_low, float(ratios.max(initial=1.0)))


def clipped(block: Candles, k: float) -> Candles:
    """The same candles with lone highs and lows drawn back to their neighbours', never inside open and close."""
    lone = lone_prints(block, k)
    high = np.where(lone.high, np.maximum(lone.around_high, np.maximum(block.open, block.close)), block.high)
    low = np.where(lone.low, np.minimum(lone.around_low, np.minimum(block.open, block.close)), block.low)
    for array in (high, low):
        array.flags.writeable = False
    return replace(block, high=high, low=low)
