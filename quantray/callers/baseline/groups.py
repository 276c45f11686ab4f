"""Calls by the group they belong to: counts, means and quantiles of every group in one sweep over a column."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, IntArray1D


class Groups:
    """``group`` [calls] is the place of each call's group, of ``n``."""

    def __init__(self, group: IntArray1D, n: int) -> None:
        self.group, self.n = group, n

    def count(self, where: BoolArray1D) -> IntArray1D:
        """How many of each group [n]."""
        return np.bincount(self.group[where], minlength=self.n)

    def mean(self, values: FloatArray1D) -> FloatArray1D:
        """Mean of what exists [n], summed in the order of the calls; NaN where nothing does."""
        there = ~np.isnan(values)
        total = np.bincount(self.group[there], values[there], self.n)
        with np.errstate(invalid="ignore"):
            return total / self.count(there)

    def quantiles(self, values: FloatArray1D, shares: Mapping[str, float]) -> dict[str, FloatArray1D]:
        """Quantiles of what exists, linear between order statistics (Hyndman and Fan 1996, type 7) [n] each."""
        there = ~np.isnan(values)
        group, values = self.group[there], values[there]
        order = np.lexsort((values, group))
        values, size = values[order], np.bincount(group, minlength=self.n)
        first = np.cumsum(size) - size
        found = {}
        for name, share in shares.items():
            place = np.maximum(size - 1, 0) * share
            low = np.floor(place).astype(np.int64)
            high, part = np.minimum(low + 1, np.maximum(size - 1, 0)), place - low
            out = np.full(self.n, np.nan)
            some = size > 0
            a, b = values[(first + low)[some]], values[(first + high)[some]]
            out[some] = np.where(part[some] < 0.5, a + (b - a) * part[some], b - (b - a) * (1.0 - part[some]))
            found[name] = out
        return found

    def median(self, values: FloatArray1D) -> FloatArray1D:
        """Median of what exists in each group [n] of ``values`` [calls]; NaN where nothing does."""
        return self.quantiles(values, {"median": 0.5})["median"]


def plain_list(values: FloatArray1D) -> list[float | None]:
    """Plain numbers of ``values`` [n], None for what does not exist."""
    return [None if v != v else v for v in values.tolist()]
