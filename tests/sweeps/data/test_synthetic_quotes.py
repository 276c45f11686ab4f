"""Quotes of the synthetic market."""

import numpy as np
import pytest

from quantray.sweeps.data.synthetic_quotes import quotes_around


def test_spreads_widen_with_distance_and_toward_the_close():
    value = np.full((2, 3), 3.0)
    bid, ask = quotes_around(value, np.array([[0.0] * 3, [8.0] * 3]), np.array([7200, 900, 0]), np.zeros(2))
    width = ask - bid
    assert (width[1] > width[0]).all()
    assert width[0, 0] < width[0, 1] < width[0, 2]


@pytest.mark.parametrize("cents", [0.7, 1.3, 2.26, 4.0, 17.77])
def test_the_mid_is_the_value_on_average_over_the_dither(cents: float):
    dither = (np.arange(10_000) + 0.5) / 10_000
    bid, ask = quotes_around(np.full((10_000, 1), cents / 100), np.full((10_000, 1), 2.0), np.array([7200]), dither)
    assert ((bid + ask) / 2).mean() == pytest.approx(cents, abs=1e-3)
    assert (ask > bid).all()
    assert (bid >= 0).all()
