"""Where in a block of candles the trades of its calls begin and end: what kernels are given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantray.calls.coverage import Coverage
from quantray.calls.types import Candles
from quantray.types import IntArray1D


@dataclass(frozen=True, slots=True, eq=False)
class CallRows:
    """Eligible calls of one block [m]: rows of its candles. Warm-up is [first, entry), the trade [entry, stop)."""

    call: IntArray1D  # row of the call in Calls, ascending
    first: IntArray1D
    entry: IntArray1D
    stop: IntArray1D

    def __len__(self) -> int:
        return len(self.call)


def locate(coverage: Coverage, block: Candles) -> CallRows:
    """Rows of every eligible call whose asset is in the block; ``block.index`` must point into the plan's assets."""
    plan = coverage.plan
    by_asset, eligible = plan.calls.by_asset, coverage.eligible
    parts: list[tuple[np.ndarray, ...]] = []
    for asset, rows in block:
        calls = by_asset[asset]
        calls = calls[eligible[calls]]
        ends = (plan.start_ns[calls], coverage.entry_ns[calls], plan.end_ns[calls])
        parts.append((calls, *(rows.start + np.searchsorted(block.ts[rows], t) for t in ends)))
    if not parts:
        return CallRows(*(np.zeros(0, np.int64) for _ in range(4)))
    call, first, entry, stop = (np.concatenate(column).astype(np.int64) for column in zip(*parts, strict=True))
    order = np.argsort(call, kind="stable")
    return CallRows(call[order], first[order], entry[order], stop[order])
