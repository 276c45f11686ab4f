"""Two intervals in one asset: found from runs of equal steps between its candles, whatever the calendar.

Candles that nobody traded in are absent, so steps of an asset are multiples of its interval. A run of equal longer
steps is no such chance: with candles present at random, whatever their share, a step of m intervals has a probability
of at most (1/m) (1 - 1/m)^(m - 1). A run that this makes less likely than :data:`CHANCE` is another interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from quantray.arrays import IntArray1D
from quantray.callers.market import Inventory
from quantray.durations import NS, iso, written
from quantray.errors import DataError
from quantray.files.duckdb_file import text
from quantray.files.tables import Table

CHANCE = 1e-15
AT_ONCE = 8_000_000  # candles whose numbers are held in memory
ALL = np.uint64(2**64 - 1)


@dataclass(frozen=True, slots=True)
class Run:
    """Equal steps of ``times`` intervals, from one candle's number on the grid to another's."""

    times: int
    first: int
    last: int


def enough(times: int) -> int:
    """So many equal steps of ``times`` intervals (2 or more) in a row are no chance.

    >>> enough(2), enough(5), enough(12), enough(60)
    (25, 14, 11, 7)
    """
    most = (1 / times) * (1 - 1 / times) ** (times - 1)
    return math.ceil(math.log(CHANCE) / math.log(most))


def other_run(k: IntArray1D) -> Run | None:
    """The first telling run among the ascending numbers [k] of an asset's candles on the grid, None without one."""
    step = np.diff(k)
    if not len(step):
        return None
    begins = np.flatnonzero(np.append(True, step[1:] != step[:-1]))
    length = np.diff(np.append(begins, len(step)))
    times = step[begins]
    for i in np.flatnonzero((times > 1) & (length >= enough(1_000_000))).tolist():
        if length[i] >= enough(int(times[i])):
            return Run(int(times[i]), int(k[begins[i]]), int(k[begins[i] + length[i]]))
    return None


def refuse_other_steps(table: Table, ns: str, rows: str, inventory: Inventory) -> None:
    """DataError for an asset with candles of a longer interval: which, from when to when, and what else it has."""
    k = f"(({ns}) // {inventory.interval_s * NS})"
    batch = np.cumsum(inventory.rows) // AT_ONCE
    for number in np.unique(batch).tolist():
        first, stop = np.searchsorted(batch, (number, number + 1))
        names = inventory.assets[first], inventory.assets[stop - 1]
        for asset, found in _numbers(table, k, rows, names):
            run = other_run(found)
            if run is not None:
                raise _mixed(table, asset, found, run, inventory)


def _numbers(table: Table, k: str, rows: str, names: tuple[str, str]) -> Iterator[tuple[str, IntArray1D]]:
    """(asset, numbers of its candles, ascending) of every asset from one name to another that misses some.

    Sixty-four candles are one word of bits: what is whole is known without sorting a single candle.
    """
    asset = f"{table.column('asset')}::VARCHAR"
    got = table.fetch(
        f"SELECT {asset} AS asset, {k} // 64 AS b, bit_or(1::UBIGINT << ({k} % 64)::UBIGINT) AS word FROM {{t}} "
        f"WHERE {rows} AND {asset} BETWEEN {text(names[0])} AND {text(names[1])} GROUP BY ALL ORDER BY ALL"
    )
    name, b, word = np.ma.getdata(got["asset"]), np.asarray(got["b"], np.int64), np.asarray(got["word"], "<u8")
    start = 0
    for end in np.append(np.flatnonzero(name[1:] != name[:-1]) + 1, len(name)).tolist():
        at, words = b[start:end], word[start:end]
        if len(words) and ((np.diff(at) > 1).any() or (words[1:-1] != ALL).any() or len(words) < 3):
            bits = np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little"))
            yield str(name[start]), 64 * at[bits // 64] + bits % 64
        start = end


def _mixed(table: Table, asset: str, k: IntArray1D, run: Run, inventory: Inventory) -> DataError:
    step = inventory.interval_s * NS

    def at(number: int) -> str:
        return iso(number * step + inventory.phase_ns)

    steps = np.diff(k)
    closer = np.flatnonzero(steps < run.times)
    other = f"others are {written(inventory.interval_s)}"
    if len(closer):
        other = f"candles {written(int(steps[closer[0]]) * inventory.interval_s)} apart at {at(int(k[closer[0]]))}"
    return DataError(
        f"{table.where}: intervals are mixed: {asset} has candles of {written(run.times * inventory.interval_s)} from "
        f"{at(run.first)} to {at(run.last)}, and {other}; load one interval at a time, or say which is which in a "
        "column interval_s"
    )
