"""Extremes over all candidates under sign patterns: compiled, single-threaded, the same bits on every machine."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.compilation import place_cache

place_cache()


@njit(cache=True, nogil=True)
def extremes(rows, signs, highest, lowest):  # type: ignore[no-untyped-def]
    """Highest and lowest of ``rows @ signs`` over the rows, for each pattern, in place.

    ``rows`` [candidates, sessions] and ``signs`` [sessions, patterns] are float32; ``highest`` and ``lowest``
    [patterns] hold what was found so far. Sums run over sessions in order.
    """
    n, k = rows.shape
    n_patterns = signs.shape[1]
    total = np.empty(n_patterns, np.float32)
    for i in range(n):
        for p in range(n_patterns):
            total[p] = rows[i, 0] * signs[0, p]
        for s in range(1, k):
            x = rows[i, s]
            if x == 0.0:
                continue
            for p in range(n_patterns):
                total[p] += x * signs[s, p]
        for p in range(n_patterns):
            highest[p] = max(highest[p], total[p])
            lowest[p] = min(lowest[p], total[p])
