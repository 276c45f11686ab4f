"""Which candles each trade may see: from its entry to the first one behind its window, none behind the source's end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quantray.arrays import BoolArray1D, IntArray1D
from quantray.callers.data import Candles, locate
from quantray.callers.data.outages import unexplained_ns
from quantray.callers.policies.tables import Windows
from quantray.callers.stages.work import Work
from quantray.durations import NS


def windows_of(work: Work, candles: Candles, late: int) -> Windows:
    """Rows of every eligible call of the block: no candle behind the end of the source as the call's part sees it.

    ``late`` candles later: a call trades when that candle begins in time, as many candles later than it had to.
    """
    plan, step = work.prepared.windows, work.prepared.windows.interval_s * NS
    rows = locate(work.prepared.coverage, candles, work.ends)
    ends = work.ends[rows.call]
    entry = np.where(rows.stop > rows.entry, rows.entry, -1)
    silent = candles.ts[np.maximum(rows.stop, 1) - 1] + step
    windows = Windows(entry, rows.stop, rows.first, ends, went_silent(work, rows.call, silent))
    if late:
        windows = windows.later(candles.open, late)
        at = candles.ts[np.maximum(windows.entry, 0)]
        in_time = at <= plan.entry_until_ns[rows.call] + late * step
        windows = replace(windows, entry=np.where(in_time, windows.entry, -1))
    return windows


def went_silent(work: Work, calls: IntArray1D, since_ns: IntArray1D) -> BoolArray1D:
    """Calls [k] whose assets printed nothing since ``since_ns`` [k] though a candle had room before the source's end.

    What lies in a known outage of the asset is no silence.
    """
    coverage, out = work.prepared.coverage, np.zeros(len(calls), bool)
    asset = coverage.plan.calls.asset[calls]
    for a in np.unique(asset).tolist():
        mine = asset == a
        name = coverage.plan.calls.assets[a]
        left = unexplained_ns(coverage.outages, name, since_ns[mine], work.ends[calls[mine]])
        out[mine] = left >= coverage.plan.interval_s * NS
    return out
