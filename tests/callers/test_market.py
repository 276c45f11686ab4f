"""Candles of the market, counted on their grid."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.callers.market import on_grid
from tests.builders.call_tables import NS


@settings(max_examples=60, deadline=None)
@given(st.integers(-500, 500), st.integers(0, 500), st.integers(1, 7), st.integers(0, 6))
def test_candles_on_the_grid_are_counted_as_by_hand(start, length, interval, phase):
    phase %= interval
    by_hand = sum((t - phase) % interval == 0 for t in range(start, start + length))
    counted = on_grid(np.array([start * NS]), np.array([(start + length) * NS]), interval, phase * NS)
    assert counted.tolist() == [by_hand]
