"""The heap gives back what was put in, by time and then by item, whatever came between."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.kernels.heap import pop, push


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-5, 5)), max_size=80))
def test_any_order_of_pushes_and_pops(steps: list[int | None]) -> None:
    """None takes the first out, a number is a time at which the next item is put in."""
    time, item = np.zeros(len(steps) + 1, np.int64), np.zeros(len(steps) + 1, np.int64)
    n, slow = 0, []
    for what, when in enumerate(steps):
        if when is not None:
            n = push(time, item, n, when, what)
            heapq.heappush(slow, (when, what))
        elif slow:
            n = pop(time, item, n)
            assert (time[n], item[n]) == heapq.heappop(slow)
        assert n == len(slow)
        assert not slow or (time[0], item[0]) == slow[0]
    while slow:
        n = pop(time, item, n)
        assert (time[n], item[n]) == heapq.heappop(slow)
