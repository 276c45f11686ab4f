"""The candles beside those that were read: which others were read decides nothing about a lone print."""

from __future__ import annotations

import numpy as np

from quantray.arrays import FloatArray1D, IntArray1D
from quantray.callers.data.candles import CandleSource
from quantray.callers.data.prints import Beside, within
from quantray.callers.market import Candles, Spans

_Column = tuple[FloatArray1D, IntArray1D]  # values [r], and the rows of it to write


def beside(source: CandleSource, spans: Spans, block: Candles) -> Beside:
    """The neighbours in the source of every candle of a block, which was read for ``spans``.

    Only at the ends of a stretch, and of the candle that was read behind it, does the source have to be asked.
    """
    found, inventory = within(block), source.inventory
    asset = np.repeat(block.index, np.diff(block.offsets)).astype(np.int32)
    begins = np.zeros(len(block) + 1, bool)
    for index, rows in block:
        starts = spans.of(range(index, index + 1)).start_ns
        begins[rows.start + np.searchsorted(block.ts[rows], starts)] = True
        begins[[rows.start, rows.stop]] = True
    first, final = np.flatnonzero(begins[:-1]), np.flatnonzero(begins[1:])
    start = np.full(len(first), inventory.first_ns.min(initial=block.ts.min(initial=0)))
    before = source.nearest(Spans(spans.assets, asset[first], start, block.ts[first]), last=True)
    behind = source.nearest(
        Spans(spans.assets, asset[final], block.ts[final] + 1, np.full(len(final), inventory.end_ns)), last=False
    )
    _fill(before, asset[first], block.ts[first], -1, (found.high_before, first), (found.low_before, first))
    _fill(behind, asset[final], block.ts[final] + 1, 0, (found.high_behind, final), (found.low_behind, final))
    return found


def _fill(found: Candles, asset: IntArray1D, at_ns: IntArray1D, side: int, high: _Column, low: _Column) -> None:
    """Write highs and lows of the first candle found at or behind ``at_ns``; of the last before it with ``side`` -1.

    NaN where the source has none.
    """
    places = dict(found)
    at = np.full(len(asset), -1, np.int64)
    for index in np.unique(asset).tolist():
        rows = places.get(index, slice(0, 0))
        mine = np.flatnonzero(asset == index)
        place = np.searchsorted(found.ts[rows], at_ns[mine]) + side
        there = (place >= 0) & (place < rows.stop - rows.start)
        at[mine[there]] = rows.start + place[there]
    for (values, to), source in ((high, found.high), (low, found.low)):
        values[to] = np.append(source, np.nan)[at]  # -1 is the NaN
