"""How many independent candidates a family of candidates that resemble each other is worth."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np

from quantray.arrays import FloatArray2D
from quantray.stats.net_rows import Chunks, Rows, look, pieces, table_of, threads_there

BATCH = 4096  # rows whose products are added up before they meet the others': the same bits from any threads


def effective_number(nets: FloatArray2D | Chunks, *, threads: int | None = None) -> float:
    """Effective number of independent candidates: ``(sum of eigenvalues)^2 / sum of their squares``.

    ``nets`` as in :func:`~quantray.stats.survivors.survivors`. The eigenvalues are those of the Gram matrix [units,
    units] of the different rows, each divided by its norm; they equal those of the candidates' correlations under sign
    flips, so the figure is also ``N^2 / sum of squared correlations``: 1 when all move together, at most the number of
    units. Equal rows count once; candidates that are not tested do not count. 0 without any.

    The participation ratio, see Galwey (2009), "A new measure of the effective number of tests". Raises ValueError
    naming the row that holds NaN or infinity.
    """
    threads = threads or threads_there()
    found = look(table_of(nets), threads)
    if not found.n_distinct:
        return 0.0
    gram = gram_matrix(found, threads)
    return float(np.trace(gram) ** 2 / np.sum(gram * gram))  # the sum of squares of a symmetric matrix: of eigenvalues


def gram_matrix(found: Rows, threads: int) -> FloatArray2D:
    """Sums of products of the different rows over their norm, between the units that are traded in [units, units]."""
    from quantray.stats.flipping import add_products

    live = np.flatnonzero(found.traded)

    def products(rows: FloatArray2D) -> FloatArray2D:
        gram = np.zeros((len(live), len(live)))
        add_products(rows, live, gram)
        return gram

    total, batches = np.zeros((len(live), len(live))), _batches(found)
    with ThreadPoolExecutor(threads) as pool:
        while some := list(islice(batches, 2 * threads)):
            for gram in pool.map(products, some):
                total += gram
    return total + np.tril(total, -1).T


def _batches(found: Rows) -> Iterator[FloatArray2D]:
    """The different rows in batches of equal size, wherever the pieces of the table end."""
    waiting, n = [], 0
    for start, rows in pieces(found.table):
        stop = start + len(rows)
        left = rows[found.first[start:stop] & ~found.twice[start:stop]]
        while len(left):
            waiting.append(left[: BATCH - n])
            left, n = left[BATCH - n :], n + len(waiting[-1])
            if n == BATCH:
                yield np.concatenate(waiting)
                waiting, n = [], 0
    if waiting:
        yield np.concatenate(waiting)
