"""Intervals against scipy's bootstrap and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from quantray.stats.interval import trade_interval


def test_close_to_scipy():
    net = np.random.default_rng(0).gamma(2.0, 30.0, 25) - 40
    found = trade_interval(net, np.ones(net.size, np.int64), n_resamples=20_000)
    assert found is not None
    theirs = stats.bootstrap((net,), np.mean, confidence_level=0.9, n_resamples=20_000, method="percentile", rng=1)
    assert found.mean == pytest.approx(net.mean())
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert found.low == pytest.approx(theirs.confidence_interval.low, abs=0.03 * width)
    assert found.high == pytest.approx(theirs.confidence_interval.high, abs=0.03 * width)


def test_per_trade_divides_by_the_trades_of_the_drawn_sessions():
    net, n = np.array([10.0, -20.0, 0.0]), np.array([2, 5, 0])
    found = trade_interval(net, n)
    assert found is not None
    assert found.mean == pytest.approx(-10 / 7)
    assert (found.low, found.high) == (-4.0, 5.0)  # all draws of one session
    assert trade_interval(net, n, seed=3) == trade_interval(net, n, seed=3)


def test_too_little_gives_nothing():
    assert trade_interval(np.array([1.0, 2.0]), np.ones(2, int)) is None
    assert trade_interval(np.zeros(4), np.zeros(4, int)) is None
    with pytest.raises(ValueError, match="NaN"):
        trade_interval(np.array([1.0, np.nan, 2.0]), np.ones(3, int))


def test_it_covers_about_as_often_as_it_says():
    inside = 0
    for seed in range(300):
        net = np.random.default_rng([1, seed]).normal(2.0, 1.0, 30)
        found = trade_interval(net, np.ones(30, np.int64), n_resamples=500)
        assert found is not None
        inside += found.low <= 2.0 <= found.high
    assert 0.82 <= inside / 300 <= 0.95
