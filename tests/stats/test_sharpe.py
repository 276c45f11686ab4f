"""Sharpe ratios against published figures and plain arithmetic."""

from __future__ import annotations

import math
import statistics

import jsharpe
import numpy as np
import pytest
from scipy import stats

from quantray.stats.sharpe import (
    deflated_sharpe,
    expected_maximum_sharpe,
    probabilistic_sharpe,
    probability_above,
    sharpe,
    sharpes,
)


def test_published_example_of_the_deflated_sharpe_ratio():
    """Bailey and López de Prado (2014): 100 trials, 1,250 days, annual ratio 2.5, skewness -3, kurtosis 10."""
    benchmark = expected_maximum_sharpe(100, math.sqrt(0.5 / 250))
    assert benchmark == pytest.approx(0.1132, abs=5e-5)
    assert probability_above(benchmark, 2.5 / math.sqrt(250), 1250, -3.0, 10.0) == pytest.approx(0.9004, abs=5e-5)


def test_expected_maximum_is_near_that_of_drawn_normals():
    drawn = np.random.default_rng(0).normal(size=(4000, 200)).max(axis=1)
    assert expected_maximum_sharpe(200, 1.0) == pytest.approx(drawn.mean(), abs=0.05)
    assert expected_maximum_sharpe(1, 1.0) == 0.0


def test_sharpe_is_mean_over_standard_deviation():
    net = [3.0, -1.0, 4.0, 1.0, -5.0]
    expected = statistics.mean(net) / statistics.stdev(net)
    assert sharpe(np.array(net)) == pytest.approx(expected, rel=1e-12)
    rows = np.array([net, [0.0] * 5, [2.0] * 5, net[::-1]])
    assert sharpes(rows)[[0, 3]] == pytest.approx([expected, expected])
    assert np.isnan(sharpes(rows)[[1, 2]]).all()


def test_what_does_not_exist_is_nan():
    assert math.isnan(sharpe(np.array([1.0])))
    assert math.isnan(sharpe(np.full(4, 0.1)))
    assert math.isnan(probabilistic_sharpe(np.array([1.0, 2.0])))
    assert np.isnan(sharpes(np.ones((3, 1)))).all()


def test_probabilistic_sharpe_by_plain_arithmetic():
    net = np.random.default_rng(1).normal(0.3, 1.0, 40)
    mean, n = net.mean(), len(net)
    m2, m3, m4 = (np.mean((net - mean) ** k) for k in (2, 3, 4))
    ratio = mean / math.sqrt(m2 * n / (n - 1))
    g3, g4 = m3 / m2**1.5, m4 / m2**2
    z = (ratio - 0.1) * math.sqrt(n - 1) / math.sqrt(1 - g3 * ratio + (g4 - 1) / 4 * ratio**2)
    assert probabilistic_sharpe(net, 0.1) == pytest.approx(statistics.NormalDist().cdf(z), rel=1e-9)


def test_more_tries_deflate_more():
    net = np.random.default_rng(2).normal(0.5, 1.0, 60)
    one, some, many = (deflated_sharpe(net, n, 0.15) for n in (1, 100, 1_000_000))
    assert one == probabilistic_sharpe(net)
    assert one > some > many


@pytest.mark.parametrize("seed", range(5))
def test_equal_to_jsharpe(seed: int):
    """Its variance of the ratio at its estimate, over n - 1 observations, is that of the paper of 2012."""
    rng = np.random.default_rng(seed)
    ratio, benchmark, g3, g4 = rng.uniform(-0.2, 0.6), rng.uniform(-0.1, 0.2), rng.uniform(-2, 2), rng.uniform(5, 12)
    n, n_trials, std = int(rng.integers(5, 400)), float(rng.uniform(2, 5000)), rng.uniform(0.05, 0.3)
    variance = jsharpe.sharpe_ratio_variance(ratio, n - 1, gamma3=g3, gamma4=g4)
    theirs = jsharpe.probabilistic_sharpe_ratio(ratio, benchmark, variance=variance)
    assert probability_above(benchmark, ratio, n, g3, g4) == pytest.approx(theirs, rel=1e-9)
    expected = jsharpe.expected_maximum_sharpe_ratio(n_trials, std**2)
    assert expected_maximum_sharpe(n_trials, std) == pytest.approx(expected, rel=1e-9)


def test_a_deflated_ratio_is_jsharpes_against_the_expected_maximum():
    net = np.random.default_rng(3).normal(0.3, 1.0, 60)
    skewness, kurtosis = stats.skew(net), stats.kurtosis(net, fisher=False)
    variance = jsharpe.sharpe_ratio_variance(sharpe(net), 59, gamma3=skewness, gamma4=kurtosis)
    for n_trials in (2, 17.25, 448_128):
        benchmark = jsharpe.expected_maximum_sharpe_ratio(n_trials, 0.12**2)
        theirs = jsharpe.probabilistic_sharpe_ratio(sharpe(net), benchmark, variance=variance)
        assert deflated_sharpe(net, n_trials, 0.12) == pytest.approx(theirs, rel=1e-9)
