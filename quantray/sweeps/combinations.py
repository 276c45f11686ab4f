"""Candidates grouped by the values of some of their parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from quantray.space import Candidates

Found = TypeVar("Found")
_LARGEST = 2**62  # of a key in 64 bits


def codes_of(key: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Distinct keys [k], rising, and each key's place [n] among them; without a sort where the range is small."""
    if len(key) == 1:
        return key, np.zeros(1, np.int64)
    if size > 50_000_000:
        values, inverse = np.unique(key, return_inverse=True)
        return values, inverse
    seen = np.zeros(size, bool)
    seen[key] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[key]


def ranked(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct values [k], rising, and the place of each of ``values`` [n] among them."""
    if len(values) == 1:  # what one candidate alone asks for
        return values, np.zeros(1, np.int64)
    found, place = np.unique(values, return_inverse=True)
    return found, place


def distinct(candidates: Candidates, dims: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """A candidate's row for each distinct combination [k] of these dimensions, and each candidate's combination [n]."""
    n = len(candidates)
    if n == 1:
        return np.zeros(1, np.int64), np.zeros(1, np.int64)
    key = np.zeros(n, np.int64)
    size = 1
    for d in dims:
        width = max(len(candidates.levels[d]), 1)
        if size * width > _LARGEST:  # more combinations than a number can name: those that occur are numbered anew
            values, key = np.unique(key, return_inverse=True)
            size = len(values)
        key = key * width + candidates.codes[:, d]
        size *= width
    values, inverse = codes_of(key, size)
    first = np.empty(len(values), np.int64)
    first[inverse[::-1]] = np.arange(n - 1, -1, -1)
    return first, inverse


def shared(
    candidates: Candidates,
    names: Iterable[str],
    ask: Callable[[np.ndarray, frozenset[str]], tuple[Found, frozenset[str]]],
) -> tuple[np.ndarray, np.ndarray, Found]:
    """Ask once for every group of candidates that agree on whatever decides the answer.

    ``ask(rows, names)`` answers for one candidate of each combination of ``names`` and says which parameters that
    took; when it took others that vary (it may then stop at once), it is asked again by all of them. Returns the rows
    [k] that were asked for, each candidate's place among them [n], and the answer.
    """
    by = frozenset(names) & frozenset(candidates.names)
    while True:
        dims = [d for d, name in enumerate(candidates.names) if name in by]
        rows, of = distinct(candidates, dims)
        found, read = ask(rows, by)
        more = (read & frozenset(candidates.names)) - by
        if not more:
            return rows, of, found
        by |= more
