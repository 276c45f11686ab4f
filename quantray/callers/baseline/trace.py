"""A call's candles over its horizon, and the milestones among them: what a chart of it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from quantray.arrays import FloatArray1D, IntArray1D
from quantray.callers.baseline.columns import MULTIPLES
from quantray.callers.data import CandleSlice
from quantray.durations import NS


@dataclass(frozen=True, slots=True, eq=False)
class CallCandles:
    """Candles [r] that begin from ``entry_ns`` on and before ``until_ns``; ``ts`` is UTC ns and names the START."""

    ts: IntArray1D
    open: FloatArray1D
    high: FloatArray1D
    low: FloatArray1D
    close: FloatArray1D
    interval_s: int
    entry_ns: int
    entry_price: float
    until_ns: int

    def __len__(self) -> int:
        return len(self.ts)

    def thinned(self, at_most: int) -> CallCandles:
        """Neighbouring candles joined to at most so many, each with its highest high and lowest low.

        ``ts`` of one is that of its first candle; ``interval_s`` stays that of the candles it was made of.
        """
        n = len(self)
        if n <= at_most:
            return self
        first = np.unique(np.linspace(0, n, at_most + 1).astype(np.int64)[:-1])
        last = np.append(first[1:], n) - 1
        high, low = np.maximum.reduceat(self.high, first), np.minimum.reduceat(self.low, first)
        return CallCandles(
            self.ts[first], self.open[first], high, low, self.close[last], self.interval_s, entry_ns=self.entry_ns,
            entry_price=self.entry_price, until_ns=self.until_ns,
        )  # fmt: skip


class Milestone(NamedTuple):
    """``name``: ``entry``, a level such as ``2x``, ``ath``, how the simple trade ended, or ``end``."""

    name: str
    ns: int  # UTC
    multiple: float  # of the entry price


def milestones_of(row: Mapping[str, Any], horizon_s: int) -> list[Milestone]:
    """The milestones of a row of the alerts' table in order of time; none of a call that was not measured."""
    if row["status"] != "ok" or row["ath_multiple"] is None:
        return []
    entry = int(row["entry_ns"])
    found = [Milestone("entry", entry, 1.0)]
    for name, level in MULTIPLES.items():
        after = row[f"time_to_{name}_s"]
        if after is not None:
            found.append(Milestone(name.replace("_", "."), entry + int(after) * NS, level))
    found.append(Milestone("ath", entry + int(row["time_to_ath_s"]) * NS, float(row["ath_multiple"])))
    if row["tp_sl_reason"] in ("target", "stop"):
        sold = entry + int(row["tp_sl_time_s"]) * NS
        found.append(Milestone(str(row["tp_sl_reason"]), sold, 1.0 + float(row["tp_sl_return"])))
    found.append(Milestone("end", entry + horizon_s * NS, 1.0 + float(row["end_return"])))
    return sorted(found, key=lambda milestone: milestone.ns)


def candles_of(made: CandleSlice, rows: Sequence[Mapping[str, Any]], horizon_s: int) -> Iterator[CallCandles | None]:
    """The candles of some rows of the alerts' table, in their order; None of a call without an entry.

    One bucket of assets is in memory at a time while neighbouring rows lie in it. DataError where the slice is gone.
    """
    place = {name: (number, i) for number, bucket in enumerate(made.buckets) for i, name in enumerate(bucket.assets)}
    number, block = -1, None
    for row in rows:
        where = place.get(str(row["asset"]))
        if where is None or row["entry_ns"] is None or row["entry_price"] is None:
            yield None
            continue
        if where[0] != number or block is None:
            number, block = where[0], made.read(where[0])
        entry, until = int(row["entry_ns"]), int(row["entry_ns"]) + horizon_s * NS
        low, high = (int(at) for at in block.offsets[where[1] : where[1] + 2])
        first, last = low + np.searchsorted(block.ts[low:high], (entry, until))
        part = slice(first, last)
        yield CallCandles(
            block.ts[part].copy(), block.open[part].copy(), block.high[part].copy(), block.low[part].copy(),
            block.close[part].copy(), made.interval_s, entry_ns=entry, entry_price=float(row["entry_price"]),
            until_ns=until,
        )  # fmt: skip
