"""Tables from the files of stage A: a process maps them into memory and takes the rows of the calls it scores."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from quantray.arrays import IntArray1D
from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.evaluate import Block, Market, Pool
from quantray.callers.policies.program import Program
from quantray.callers.policies.tables import Tables, order_of
from quantray.callers.split import Split
from quantray.callers.stages.touch import MARK, MARKS, TABLES, tables_of
from quantray.callers.stages.work import TableSpec, Work
from quantray.errors import DataError

#: Files that a process keeps mapped: below the usual limit of open files.
OPEN = 256


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Tables of some calls in their order, and the candles that positions are marked on (none: no rows)."""

    calls: IntArray1D
    tables: Tables
    candles: Any  # ts and close [r]


class Store:
    """The tables of one process. Threads share it."""

    def __init__(self, work: Work, marked: TableSpec) -> None:
        self.work, self.marked = work, marked
        self._open: OrderedDict[Any, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def gather(self, spec: TableSpec, calls: IntArray1D, *, marks: bool = False) -> Gathered:
        """Rows of ``calls`` [k] (places in Calls, all eligible); with ``marks`` the candles of their trades too."""
        work, order = self.work, order_of(spec.intrabar)
        bucket = work.bucket[calls]
        by_bucket = np.argsort(bucket, kind="stable")
        numbers = bucket[by_bucket]
        parts, candles, offsets = [], [np.empty(0, MARK)], [0]
        for number in np.unique(bucket).tolist():
            mine = by_bucket[slice(*np.searchsorted(numbers, (number, number + 1)))]
            rows = (work.row[calls[mine]][:, None] * spec.ways + np.arange(spec.ways)).ravel()
            tables = tables_of(self._file(spec, number, TABLES)[rows], spec, order)
            if marks:
                tables, some = _compacted(tables, self._file(self.marked, number, MARKS))
                candles.append(some)
            parts.append(tables)
            offsets.append(offsets[-1] + (len(candles[-1]) if marks else 0))
        if not parts:
            parts, offsets = [tables_of(np.empty(0, spec.record), spec, order)], [0, 0]
        joined = Tables.join(parts, offsets[:-1])
        back = np.empty(len(calls), np.int64)
        back[by_bucket] = np.arange(len(calls))
        closes: Any = np.concatenate(candles)
        columns = {name: closes[name].copy() for name in MARK.names or ()}
        return Gathered(calls, joined.take(back), SimpleNamespace(**columns))

    def _file(self, spec: TableSpec, bucket: int, name: str) -> np.ndarray:
        key = (spec.name, bucket, name)
        with self._lock:
            if key not in self._open:
                path = self.work.pieces.path(self.work.tables(spec.name, bucket, name))
                try:
                    self._open[key] = np.load(path, mmap_mode="r")
                except (OSError, ValueError) as error:
                    raise DataError(f"{path} cannot be read ({error}); run again, it will be made anew") from None
                while len(self._open) > OPEN:
                    self._open.popitem(last=False)
            self._open.move_to_end(key)
            return self._open[key]

    def block(self, gathered: Gathered, program: Program, account: Account, costs: Costs) -> Block:
        """The calls gathered on one account; ``Pool.call`` counts from 0 in the order of ``gathered.calls``."""
        calls, at = self.work.prepared.calls, gathered.calls
        pool = Pool(np.arange(len(at)), calls.asset[at], calls.caller[at], at)
        return Block(gathered.tables, program, pool, account, costs)

    def market(self, gathered: Gathered, part: int) -> Market:
        """What the positions of one part are marked on, over that part's period."""
        split: Split = self.work.prepared.split
        tables = gathered.tables
        entered = ~np.isnan(tables.price)
        moments = np.concatenate([tables.entry_ns[entered], tables.time[entered, -2]])
        return Market(gathered.candles, self.work.prepared.windows.interval_s, *split.period(part), moments)

    def at_zero(self, gathered: Gathered) -> Gathered:
        """The same calls, where assets that never printed again end worthless."""
        return replace(gathered, tables=gathered.tables.at_zero())


def _compacted(tables: Tables, marks: np.ndarray) -> tuple[Tables, np.ndarray]:
    """The candles between entry and end of the window of every row, each once, and the rows pointing into them."""
    used = np.flatnonzero((tables.start >= 0) & (tables.stop > tables.start))
    start, stop = np.zeros(len(tables.start), np.int64), np.zeros(len(tables.start), np.int64)
    if not len(used):
        return replace(tables, start=start, stop=stop), np.empty(0, MARK)
    order = used[np.argsort(tables.start[used], kind="stable")]
    low, high = tables.start[order], np.maximum.accumulate(tables.stop[order])
    new = np.append(True, low[1:] > high[:-1])
    group = np.cumsum(new) - 1
    first, last = low[new], high[np.append(new[1:], True)]
    base = np.cumsum(np.append(0, last - first))[:-1] - first
    start[order] = tables.start[order] + base[group]
    stop[order] = tables.stop[order] + base[group]
    rows = np.concatenate([marks[i:j] for i, j in zip(first.tolist(), last.tolist(), strict=True)])
    return replace(tables, start=start, stop=stop), rows
