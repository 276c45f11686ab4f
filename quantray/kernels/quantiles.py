"""Quantiles of few numbers: places are selected, not sorted for. np.sort takes longer to compile than all else."""

from __future__ import annotations

import numpy as np
from numba import njit

#: Up to so many numbers are sorted by insertion.
FEW = 16


@njit(cache=True, nogil=True)
def _insertion(x, first, last):  # type: ignore[no-untyped-def]
    """Sort ``x[first:last]`` in place."""
    for i in range(first + 1, last):
        value = x[i]
        j = i
        while j > first and x[j - 1] > value:
            x[j] = x[j - 1]
            j -= 1
        x[j] = value


@njit(cache=True, nogil=True)
def _below(x, first, last, pivot):  # type: ignore[no-untyped-def]
    """Move what is below ``pivot`` to the front of ``x[first:last]``; returns its end.

    Every number is swapped, needed or not: a branch that goes either way costs more than a swap.
    """
    end = first
    for i in range(first, last):
        value = x[i]
        x[i] = x[end]
        x[end] = value
        end += np.int64(value < pivot)
    return end


@njit(cache=True, nogil=True)
def _equal(x, first, last, pivot):  # type: ignore[no-untyped-def]
    """Move what equals ``pivot`` to the front of ``x[first:last]``; returns its end."""
    end = first
    for i in range(first, last):
        value = x[i]
        x[i] = x[end]
        x[end] = value
        end += np.int64(value == pivot)
    return end


@njit(cache=True, nogil=True)
def select(x, first, last, k):  # type: ignore[no-untyped-def]
    """Put the number of place ``k`` in the order of ``x[first:last]`` there: none before it is larger, none behind it

    smaller. Numbers that equal a pivot, as trades that met one stop do, are set aside together.
    """
    while last - first > FEW:
        a, b, c = x[first], x[(first + last) // 2], x[last - 1]
        pivot = max(min(a, b), min(max(a, b), c))
        below = _below(x, first, last, pivot)
        if k < below:
            last = below
            continue
        above = _equal(x, below, last, pivot)
        if k < above or above == first:  # the latter only where the pivot is NaN
            return
        first = above
    _insertion(x, first, last)


@njit(cache=True, nogil=True)
def quantile(x, first, last, n, q):  # type: ignore[no-untyped-def]
    """Quantile ``q`` of the ``n`` numbers in ``x``, whose place lies in ``x[first:last]`` (all of it: 0, n).

    Linear interpolation between order statistics (Hyndman and Fan 1996, type 7). Reorders ``x``: afterwards none before
    :func:`place` is larger, none behind it smaller, so that other quantiles need to look on their own side only.
    """
    at = q * (n - 1)
    low = int(at)
    select(x, first, last, low)
    high = x[low]
    if low + 1 < n:
        high = x[low + 1]
        for i in range(low + 2, last):
            high = min(high, x[i])
    return x[low] + (high - x[low]) * (at - low)


@njit(cache=True, nogil=True)
def place(n, q):  # type: ignore[no-untyped-def]
    """Where the lower of the two numbers stands between which quantile ``q`` of ``n`` lies."""
    return int(q * (n - 1))
