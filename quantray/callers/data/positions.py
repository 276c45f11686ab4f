"""Where in a block of candles the trades of its calls begin and end: what kernels are given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantray.arrays import IntArray1D
from quantray.callers.data.coverage import Coverage
from quantray.callers.market import Candles
from quantray.durations import NS


@dataclass(frozen=True, slots=True, eq=False)
class CallRows:
    """Eligible calls of one block [m]: rows of its candles. Warm-up is [first, entry), the trade [entry, stop)."""

    call: IntArray1D  # row of the call in Calls, ascending
    first: IntArray1D
    entry: IntArray1D
    stop: IntArray1D

    def __len__(self) -> int:
        return len(self.call)


def locate(coverage: Coverage, block: Candles, ends_ns: IntArray1D | None = None) -> CallRows:
    """Rows of every eligible call whose asset is in the block; ``block.index`` must point into the plan's assets.

    A trade's rows reach to the first candle behind the call's window, however late that is (to the last one where a
    policy has no time stop). No candle is among them that ends after ``ends_ns`` [n], where the source ends for the
    call; None: where it ends for the call's asset.
    """
    plan, step = coverage.plan, coverage.plan.interval_s * NS
    source_end = coverage.source_end_ns if ends_ns is None else ends_ns
    (order, begin), eligible = plan.calls.asset_order, coverage.eligible
    parts: list[tuple[np.ndarray, ...]] = []
    for asset, rows in block:
        calls = order[begin[asset] : begin[asset + 1]]
        calls = calls[eligible[calls]]
        ts = block.ts[rows]
        first, entry = (np.searchsorted(ts, t[calls]) for t in (plan.start_ns, coverage.entry_ns))
        known = np.searchsorted(ts, source_end[calls] - step, side="right")
        behind = len(ts) if plan.needs.endless else np.searchsorted(ts, plan.end_ns[calls]) + 1
        parts.append((calls, *(rows.start + at for at in (first, entry, np.minimum(behind, known)))))
    if not parts:
        return CallRows(*(np.zeros(0, np.int64) for _ in range(4)))
    call, first, entry, stop = (np.concatenate(column).astype(np.int64) for column in zip(*parts, strict=True))
    by_call = np.argsort(call, kind="stable")
    return CallRows(call[by_call], first[by_call], entry[by_call], stop[by_call])
