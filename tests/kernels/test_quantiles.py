"""Quantiles by selection equal those of the sorted numbers, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.kernels.quantiles import place, quantile, select

NUMBERS = st.one_of(st.sampled_from([-0.1, 0.0, -0.0, 0.5]), st.floats(-1e300, 1e300))


def slow(x: list[float], q: float) -> float:
    """Type 7 of Hyndman and Fan, from a sorted list."""
    ordered = sorted(x)
    at = q * (len(x) - 1)
    low, high = ordered[int(at)], ordered[min(int(at) + 1, len(x) - 1)]
    return low + (high - low) * (at - int(at))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=90), st.floats(0, 1))
def test_any_numbers(x: list[float], q: float) -> None:
    got = np.array(x)
    assert quantile(got, 0, len(x), len(x), q) == slow(x, q)
    k = place(len(x), q)
    assert sorted(got.tolist()) == sorted(x)
    assert max(got[: k + 1]) == got[k] == min(got[k:])


@pytest.mark.parametrize("n", [1, 2, 3, 4, 16, 17, 18, 33, 400])
@pytest.mark.parametrize("alike", [False, True], ids=["different", "alike"])
def test_several_quantiles_each_on_its_own_side(n: int, alike: bool) -> None:
    rng = np.random.default_rng(n)
    x = rng.integers(0, 4, n) / 10 if alike else rng.normal(size=n)
    got, middle = x.copy(), place(n, 0.5)
    found = {
        0.5: quantile(got, 0, n, n, 0.5),
        0.25: quantile(got, 0, middle + 1, n, 0.25),
        0.75: quantile(got, middle, n, n, 0.75),
    }
    found[0.05] = quantile(got, 0, place(n, 0.25) + 1, n, 0.05)
    found[0.95] = quantile(got, place(n, 0.75), n, n, 0.95)
    assert found == {q: slow(x.tolist(), q) for q in found}


def test_what_cannot_be_compared_ends_too() -> None:
    for x in (np.full(50, np.nan), np.where(np.arange(50) % 2, np.nan, np.arange(50.0)), np.full(50, np.inf)):
        select(x, 0, len(x), 25)
        assert len(x) == 50
