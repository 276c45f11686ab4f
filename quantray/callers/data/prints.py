"""Lone prints: a high or low far from what its neighbours saw, such as a mistyped trade or a thin pool.

They fool targets and trailing stops. Reported always; clipped only when asked, because that needs the next candle.
Neighbours are those of the source: which candles were read decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D
from quantray.callers.market import Candles


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """Highs and lows of the candle before and the candle behind each [r], NaN where there is none."""

    high_before: FloatArray1D
    high_behind: FloatArray1D
    low_before: FloatArray1D
    low_behind: FloatArray1D


@dataclass(frozen=True, slots=True, eq=False)
class LonePrints:
    """Candles [r] whose high is more than k times both neighbours' highs, or whose low is below both lows / k."""

    high: BoolArray1D
    low: BoolArray1D
    around_high: FloatArray1D  # [r] the higher of the neighbours' highs, NaN at the ends of an asset
    around_low: FloatArray1D  # [r] the lower of the neighbours' lows
    worst: float  # how many times its neighbours the farthest one is; 1 without any


def within(block: Candles) -> Beside:
    """The neighbours that the block itself has: none at the ends of an asset."""
    columns = []
    for values in (block.high, block.low):
        before, behind = np.full(len(block), np.nan), np.full(len(block), np.nan)
        before[1:], behind[:-1] = values[:-1], values[1:]
        before[block.offsets[:-1]] = behind[block.offsets[1:] - 1] = np.nan
        columns += [before, behind]
    return Beside(*columns)


def lone_prints(block: Candles, k: float, beside: Beside | None = None) -> LonePrints:
    """Find them among the candles of each asset. A candle with one neighbour is never one.

    ``beside`` (default: what stands beside it in the block) are the neighbours of each candle.
    """
    beside = within(block) if beside is None else beside
    around_high = np.maximum(beside.high_before, beside.high_behind)
    around_low = np.minimum(beside.low_before, beside.low_behind)
    with np.errstate(invalid="ignore", divide="ignore"):
        high = block.high > k * around_high
        low = (block.low * k < around_low) & (block.low > 0)
        ratios = np.concatenate([block.high[high] / around_high[high], around_low[low] / block.low[low]])
    return LonePrints(high, low, around_high, around_low, float(ratios.max(initial=1.0)))


def clipped(block: Candles, k: float, beside: Beside | None = None) -> Candles:
    """The same candles with lone highs and lows drawn back to their neighbours', never inside open and close."""
    lone = lone_prints(block, k, beside)
    high = np.where(lone.high, np.maximum(lone.around_high, np.maximum(block.open, block.close)), block.high)
    low = np.where(lone.low, np.minimum(lone.around_low, np.minimum(block.open, block.close)), block.low)
    for array in (high, low):
        array.flags.writeable = False
    return replace(block, high=high, low=low)
