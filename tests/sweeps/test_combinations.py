"""Candidates grouped by some of their parameters, equal to a plain dictionary."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.space import parse_space
from quantray.sweeps import combinations

SPACE = parse_space({"a": [1, 2, 3], "b": ["x", "y"], "c": list(range(7))})


@pytest.mark.parametrize("largest", [2**62, 4])
@pytest.mark.parametrize("dims", [(), (0,), (1, 2), (0, 1, 2)])
def test_distinct_combinations_are_those_of_a_dictionary(
    dims: tuple[int, ...], largest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(combinations, "_LARGEST", largest)  # numbered anew where a key would not hold them
    some = SPACE.candidates(np.random.default_rng(2).integers(0, int(SPACE.size or 0), 60))
    rows, of = combinations.distinct(some, dims)
    seen: dict[tuple[int, ...], int] = {}
    keys = [tuple(some.codes[i, list(dims)].tolist()) for i in range(len(some))]
    for i, key in enumerate(keys):
        seen.setdefault(key, i)
    assert sorted(rows.tolist()) == sorted(seen.values())
    assert [keys[rows[k]] for k in of] == keys


def test_keys_of_a_wide_range_are_sorted() -> None:
    key = np.array([7, 10**9, 7, 3])
    for size in (10**9 + 1, 60_000_000_000):
        values, inverse = combinations.codes_of(key, size) if size > 50_000_000 else (key, key)
        assert values[inverse].tolist() == key.tolist()
    values, inverse = combinations.codes_of(np.array([4, 1, 4]), 5)
    assert (values.tolist(), inverse.tolist()) == ([1, 4], [1, 0, 1])
