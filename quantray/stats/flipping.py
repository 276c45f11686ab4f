"""Kernels of the step-down test: a row's statistic, rows told apart by content, their extremes under sign patterns.

Every figure is the same on every machine: statistics are summed in the order of the units, and the sums under sign
patterns are sums of integers, which no order of adding changes.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from quantray.arrays import FloatArray2D, IntArray1D
from quantray.compilation import place_cache

place_cache()

SCALE = 2.0**48  # one: a row divided by its norm becomes integers, exact to 3.6e-15
BITS = 6  # units whose 64 sums are tabled together
TILE = 7  # tables added at a time; their number is a multiple of it
_LANES = 32  # rows side by side
_BLOCK = 32  # patterns whose unfinished sums are kept near
_TINY, _HUGE = 1e-100, 1e100  # within, squares neither vanish nor overflow
_FLAT = 1e-12  # a spread below this share of the largest amount is rounding
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)


@njit(cache=True, nogil=True)
def measure(rows, words, traded, statistic, digest):  # type: ignore[no-untyped-def]
    """Student's t and a digest of each row, in place; the first row that holds NaN or infinity, -1: none.

    ``rows`` [candidates, units] float64 and ``words``, the same memory as uint64; ``traded`` [units] is set where a row
    with a statistic is not 0; ``statistic`` and ``digest`` (uint64) are [candidates]. Without a spread it is NaN.
    """
    n, k = rows.shape
    for i in range(n):
        top = 0.0
        mixed = np.uint64(k)
        for u in range(k):
            x = abs(rows[i, u])
            if not x < np.inf:
                return i
            top = max(top, x)
            mixed = (mixed ^ (words[i, u] if x > 0.0 else np.uint64(0))) * _MIX
            mixed ^= mixed >> _HALF
        digest[i] = mixed
        statistic[i] = np.nan
        if top == 0.0 or k < 2:
            continue
        unit = 1.0 if _TINY < top < _HUGE else top
        total = 0.0
        for u in range(k):
            total += rows[i, u] / unit
        mean, squares = total / k, 0.0
        for u in range(k):
            away = rows[i, u] / unit - mean
            squares += away * away
        spread = math.sqrt(squares / (k - 1))
        if spread > _FLAT * (top / unit):
            statistic[i] = mean / (spread / math.sqrt(k))
            for u in range(k):
                traded[u] = traded[u] or rows[i, u] != 0.0
    return -1


class Known(NamedTuple):
    """The rows that were met so far: how one is found by its digest, and its content."""

    slots: IntArray1D  # number of a known row, -1: free; a power of two of them
    digests: IntArray1D  # [known rows] uint64
    place: IntArray1D  # [known rows] of their content in kept, -1: there was no room
    kept: FloatArray2D  # the table itself where copies has no rows, else the memory of copies
    copies: FloatArray2D  # new rows are written here


@njit(cache=True, nogil=True)
def tell_apart(rows, start, statistic, digest, first, twice, known, n_known):  # type: ignore[no-untyped-def]
    """Mark in ``first`` the rows that equal none before, by content; the number of different ones so far.

    Rows without a statistic are passed over; ``start`` is the first one's number in the table. A row whose content
    found no room is known by its digest alone, and what looks like it is marked as well, in ``twice`` too: taking a row
    twice changes no extreme, and what counts rows leaves those out.
    """
    n, k = rows.shape
    last = len(known.slots) - 1
    room = len(known.copies)
    own = len(known.kept) > room
    for i in range(n):
        if math.isnan(statistic[i]):
            continue
        at = np.int64(digest[i] & np.uint64(last))
        first[i] = True
        while known.slots[at] >= 0:
            number = known.slots[at]
            if known.digests[number] == digest[i]:
                where = known.place[number]
                if where < 0:
                    twice[i] = True
                    break
                same = True
                for u in range(k):
                    if known.kept[where, u] != rows[i, u]:
                        same = False
                        break
                if same:
                    first[i] = False
                    break
            at = (at + 1) & last
        if known.slots[at] < 0:
            known.slots[at] = n_known
            known.digests[n_known] = digest[i]
            known.place[n_known] = start + i if own else n_known if n_known < room else -1
            if not own and n_known < room:
                for u in range(k):  # a row assigned whole would bring the words of a refusal, which compile for seconds
                    known.copies[n_known, u] = rows[i, u]
            n_known += 1
    return n_known


@njit(cache=True, nogil=True)
def extremes_by_bin(rows, picked, bins, live, codes, highest, lowest):  # type: ignore[no-untyped-def]
    """Highest and lowest sum of the ``picked`` rows under each pattern, by the rows' ``bins``, in place.

    ``rows`` [candidates, units]; ``picked`` and ``bins`` [some], equal bins side by side; ``live`` the units that
    count; ``codes`` [tables, patterns] uint8, bit j of table g being the sign (1: flipped) of live unit g x BITS + j;
    ``highest`` and ``lowest`` [bins, patterns] int64 hold what was found so far. Each row is divided by its norm and
    rounded to integers of 1 / SCALE. For each BITS units all 64 sums are tabled, so a pattern costs a look-up for
    them; _LANES rows share it.
    """
    n_tables, n_patterns = codes.shape
    amounts = np.zeros((n_tables * BITS, _LANES), np.int64)
    tables = np.empty((n_tables, 1 << BITS, _LANES), np.int64)
    sums = np.empty((_BLOCK, _LANES), np.int64)
    begin = 0
    while begin < len(picked):
        b, n = bins[begin], 1
        while n < _LANES and begin + n < len(picked) and bins[begin + n] == b:
            n += 1
        for lane in range(_LANES):
            _round(rows[picked[begin + min(lane, n - 1)]], live, amounts, lane)
        begin += n
        _tabulate(amounts, tables)
        for start in range(0, n_patterns, _BLOCK):
            stop = min(start + _BLOCK, n_patterns)
            sums[:] = 0
            for g in range(0, n_tables - TILE, TILE):
                for p in range(start, stop):
                    t0, t1, t2 = tables[g, codes[g, p]], tables[g + 1, codes[g + 1, p]], tables[g + 2, codes[g + 2, p]]
                    t3, t4 = tables[g + 3, codes[g + 3, p]], tables[g + 4, codes[g + 4, p]]
                    t5, t6 = tables[g + 5, codes[g + 5, p]], tables[g + 6, codes[g + 6, p]]
                    row = sums[p - start]
                    for lane in range(_LANES):
                        row[lane] += t0[lane] + t1[lane] + t2[lane] + t3[lane] + t4[lane] + t5[lane] + t6[lane]
            g = n_tables - TILE
            for p in range(start, stop):
                t0, t1, t2 = tables[g, codes[g, p]], tables[g + 1, codes[g + 1, p]], tables[g + 2, codes[g + 2, p]]
                t3, t4 = tables[g + 3, codes[g + 3, p]], tables[g + 4, codes[g + 4, p]]
                t5, t6 = tables[g + 5, codes[g + 5, p]], tables[g + 6, codes[g + 6, p]]
                row, high, low = sums[p - start], highest[b, p], lowest[b, p]
                for lane in range(_LANES):
                    x = row[lane] + t0[lane] + t1[lane] + t2[lane] + t3[lane] + t4[lane] + t5[lane] + t6[lane]
                    high, low = max(high, x), min(low, x)
                highest[b, p], lowest[b, p] = high, low


@njit(cache=True, nogil=True)
def _round(row, live, amounts, lane):  # type: ignore[no-untyped-def]
    """Integers of one row, into its lane; those of the last table's spare units stay 0."""
    top = 0.0
    for u in live:
        top = max(top, abs(row[u]))
    unit = 1.0 if _TINY < top < _HUGE else top
    squares = 0.0
    for u in live:
        x = row[u] / unit
        squares += x * x
    factor = SCALE / math.sqrt(squares)
    for j in range(len(live)):
        amounts[j, lane] = np.int64(np.rint(row[live[j]] / unit * factor))


@njit(cache=True, nogil=True)
def _tabulate(amounts, tables):  # type: ignore[no-untyped-def]
    """All sums of each table's units: entry 0 adds them, bit j of an entry takes unit j off instead."""
    for g in range(len(tables)):
        for lane in range(_LANES):
            total = 0
            for j in range(BITS):
                total += amounts[g * BITS + j, lane]
            tables[g, 0, lane] = total
        for j in range(BITS):
            for entry in range(1 << j):
                for lane in range(_LANES):
                    twice = 2 * amounts[g * BITS + j, lane]
                    tables[g, (1 << j) + entry, lane] = tables[g, entry, lane] - twice


@njit(cache=True, nogil=True)
def add_products(rows, live, gram):  # type: ignore[no-untyped-def]
    """Add to ``gram`` [live units, live units], below its diagonal and on it, the products of the rows over their norm.

    ``rows`` [candidates, units] and ``live`` as in :func:`extremes_by_bin`.
    """
    k = len(live)
    a = np.empty((4, k))
    for begin in range(0, len(rows), 4):
        for j in range(4):
            if begin + j < len(rows):
                _unit(rows[begin + j], live, a[j])
            else:
                a[j] = 0.0
        for u in range(k):
            a0, a1, a2, a3 = a[0, u], a[1, u], a[2, u], a[3, u]
            for v in range(u + 1):
                gram[u, v] += a0 * a[0, v] + a1 * a[1, v] + a2 * a[2, v] + a3 * a[3, v]


@njit(cache=True, nogil=True)
def _unit(row, live, out):  # type: ignore[no-untyped-def]
    """The row over its norm, without what nobody traded in."""
    top = 0.0
    for u in live:
        top = max(top, abs(row[u]))
    unit = 1.0 if _TINY < top < _HUGE else top
    squares = 0.0
    for j in range(len(live)):
        out[j] = row[live[j]] / unit
        squares += out[j] * out[j]
    norm = math.sqrt(squares)
    for j in range(len(live)):
        out[j] /= norm
