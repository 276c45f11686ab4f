"""Rows of net per unit, a piece at a time, however many there are: what they show, and which of them are different."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, FloatArray2D, IntArray1D

PIECE = 2**22  # amounts at a time
COPIES = 2**26  # amounts that are kept of rows that come in chunks, to compare them by content
BINS = 64
ROWS_OF_A_BIN = 256  # fewer are not worth one of their own
THREADED = 2**26  # rows x units x patterns from which on threads pay

T = TypeVar("T")


class Chunks(Protocol):
    """A table that is read in pieces, several times: ``chunks()`` gives arrays [some, units], together all rows."""

    @property
    def n_candidates(self) -> int: ...
    @property
    def n_units(self) -> int: ...
    def chunks(self) -> Iterable[np.ndarray]:
        """Pieces [some, units], in the order of the rows."""
        ...


class Nets(Chunks, Protocol):
    """A table that also gives single rows [some, units], asked for by their places."""

    def rows(self, places: IntArray1D) -> FloatArray2D:
        """The rows [k, units] at ``places`` [k]."""
        ...


class InMemory:
    """An array [candidates, units] as :class:`Nets`; the pieces are views."""

    def __init__(self, array: FloatArray2D) -> None:
        self.array = array
        self.n_candidates, self.n_units = array.shape

    def chunks(self) -> Iterator[FloatArray2D]:
        """Pieces [some, units], in the order of the rows."""
        for start, stop in spans(self.n_candidates, self.n_units):
            yield self.array[start:stop]

    def rows(self, places: IntArray1D) -> FloatArray2D:
        """The rows [k, units] at ``places`` [k]."""
        return self.array[places]


def spans(n: int, n_units: int) -> Iterator[tuple[int, int]]:
    """First row and end of each piece of ``n`` rows: the same wherever they are kept, as sums over pieces are."""
    step = max(PIECE // max(n_units, 1), 1)
    for start in range(0, n, step):
        yield start, min(start + step, n)


def mean_row(table: Chunks) -> FloatArray1D:
    """Mean of all rows, [units]; NaN without any."""
    total = np.zeros(table.n_units)
    for _, rows in pieces(table):
        total += rows.sum(axis=0)
    return total / table.n_candidates if table.n_candidates else np.full(table.n_units, np.nan)


def table_of(nets: FloatArray2D | Chunks) -> Chunks:
    """What is read in pieces; ValueError for an array that is not [candidates, units]."""
    if not isinstance(nets, np.ndarray) and hasattr(nets, "chunks"):
        return nets
    array = np.asarray(nets)
    if array.ndim != 2:
        raise ValueError(f"nets has shape {array.shape}; it is [candidates, units]")
    return InMemory(array)


def threads_there() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pieces(table: Chunks) -> Iterator[tuple[int, FloatArray2D]]:
    """First row and rows [some, units] of each piece, as the kernels take them. ValueError when not as announced."""
    start = 0
    for chunk in table.chunks():
        rows = np.require(chunk, np.float64, ["C", "A"])
        if rows.ndim != 2 or rows.shape[1] != table.n_units or start + len(rows) > table.n_candidates:
            raise ValueError(
                f"a chunk of shape {rows.shape} from row {start} of a table of {table.n_candidates} candidates x "
                f"{table.n_units} units"
            )
        yield start, read_only(rows)
        start += len(rows)
    if start != table.n_candidates:
        raise ValueError(f"the chunks hold {start} rows of {table.n_candidates} candidates")


def read_only(array: FloatArray2D) -> FloatArray2D:
    """A view [n, units] that nobody writes to; shared memory gives no other, and kernels are compiled once for all."""
    view = array.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What one look at all rows found. ``table`` with the flags ``first`` are the different rows that can be tested."""

    statistic: FloatArray1D  # [candidates] Student's t of the mean; NaN without a spread
    traded: BoolArray1D  # [units] by any candidate with a statistic
    n_distinct: int
    table: Chunks
    own: FloatArray1D  # [rows of table] their statistic
    first: BoolArray1D  # [rows of table] equal to none before, with a statistic
    twice: BoolArray1D  # [rows of table] those of the first that look like one before, whose content is not known


def look(table: Chunks, threads: int) -> Rows:
    """Read all rows once. Raises ValueError naming the row that holds NaN or infinity."""
    from quantray.stats import flipping  # numba takes a second to import

    n, k = table.n_candidates, table.n_units
    array = table.array if isinstance(table, InMemory) else None
    whole = array is not None and array.dtype == np.float64 and array.flags.c_contiguous and array.flags.aligned
    statistic, traded = np.full(n, np.nan), np.zeros(k, np.bool_)
    first, twice = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    copies: FloatArray2D = np.empty((0 if whole else min(n, COPIES // max(k, 1)), k))
    known, n_known = flipping.Known(
        slots=np.full(2 ** (2 * max(n, 1) - 1).bit_length(), -1, np.int64), digests=np.empty(n, np.uint64),
        place=np.empty(n, np.int64), kept=read_only(copies if array is None or not whole else array), copies=copies,
    ), 0  # fmt: skip
    for start, rows in pieces(table):
        stop = start + len(rows)
        digest = np.empty(len(rows), np.uint64)
        bad = measured(rows, traded, statistic[start:stop], digest, threads)
        if bad >= 0:
            unit = int(np.argmin(np.isfinite(rows[bad])))
            raise ValueError(
                f"row {start + bad} holds {rows[bad, unit]} in unit {unit}; a unit without a trade earns 0"
            )
        n_known = flipping.tell_apart(
            rows, start, statistic[start:stop], digest, first[start:stop], twice[start:stop], known, n_known
        )
    if whole or n_known > len(copies):
        return Rows(statistic, traded, n_known, table, statistic, first, twice)
    of_all = np.ones(n_known, np.bool_)
    return Rows(statistic, traded, n_known, InMemory(copies[:n_known]), statistic[first], of_all, ~of_all)


def measured(rows: FloatArray2D, traded: BoolArray1D, statistic: FloatArray1D, digest: IntArray1D, threads: int) -> int:
    """The kernel on shares of ``rows`` [n, units], into ``traded`` [units] and columns [n]; the first bad, -1: none."""
    from quantray.stats.flipping import measure

    words, marks = rows.view(np.uint64), np.zeros((threads, len(traded)), np.bool_)

    def share(i: int, a: int, b: int) -> int:
        bad = int(measure(rows[a:b], words[a:b], marks[i], statistic[a:b], digest[a:b]))
        return a + bad if bad >= 0 else -1

    found = [bad for bad in _shared(share, len(rows), threads if rows.size > PIECE // 8 else 1) if bad >= 0]
    traded |= marks.any(axis=0)
    return min(found, default=-1)


def bin_edges(own: FloatArray1D) -> FloatArray1D:
    """Statistics [bins] that divide the rows' ``own`` [n] evenly; the last is the largest, equal ones share a bin."""
    n_bins = int(np.clip(len(own) // ROWS_OF_A_BIN, 1, BINS))
    last = np.linspace(0, len(own), n_bins + 1)[1:].astype(np.int64) - 1
    return np.unique(np.partition(own, last)[last])


def extremes(
    found: Rows, wanted: BoolArray1D, edges: FloatArray1D, flips: np.ndarray, threads: int
) -> tuple[IntArray1D, IntArray1D]:
    """Highest and lowest integer sum of the ``wanted`` rows [rows of the table] by bin and pattern [bins, pairs].

    Bin b holds the rows with statistics up to ``edges[b]`` and above the edge before.
    """
    from quantray.stats.flipping import extremes_by_bin

    live, codes = np.flatnonzero(found.traded), coded(flips)
    shape = (threads, len(edges), len(flips))
    least = np.iinfo(np.int64).min // 2
    highest, lowest = np.full(shape, least), np.full(shape, -least)
    for start, rows in pieces(found.table):
        picked = np.flatnonzero(wanted[start : start + len(rows)])
        bins = np.searchsorted(edges, found.own[start + picked])
        order = np.argsort(bins, kind="stable")
        picked, bins = picked[order], bins[order]

        def share(
            i: int, a: int, b: int,
            rows: FloatArray2D = rows, picked: IntArray1D = picked, bins: IntArray1D = bins,
        ) -> None:  # fmt: skip
            extremes_by_bin(rows, picked[a:b], bins[a:b], live, codes, highest[i], lowest[i])

        work = len(picked) * len(live) * len(flips)
        _shared(share, len(picked), threads if work > THREADED else 1)
    return highest.max(axis=0), lowest.min(axis=0)


def coded(flips: np.ndarray) -> np.ndarray:
    """Flips [pairs, live units] as the entries of the kernel's tables [tables, pairs]."""
    from quantray.stats.flipping import BITS, TILE

    pairs, k = flips.shape
    n_tables = -(-max(k, 1) // (BITS * TILE)) * TILE
    bits = np.zeros((n_tables * BITS, pairs), np.uint8)
    bits[:k] = flips.T
    weights = (1 << np.arange(BITS)).astype(np.uint8)
    return np.ascontiguousarray(np.einsum("gbp,b->gp", bits.reshape(n_tables, BITS, pairs), weights), np.uint8)


def _shared(work: Callable[[int, int, int], T], n: int, threads: int) -> list[T]:
    """``work(share, from, to)`` over n rows in equal shares, at once."""
    bounds = np.linspace(0, n, threads + 1).astype(int).tolist()
    if threads == 1:
        return [work(0, 0, n)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, range(threads), bounds[:-1], bounds[1:]))
