"""The held-out test against enumeration, scipy and its own level; what it does with too little or with nonsense."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from quantray.stats.held_out import block_test, held_out_test, mean_range, standard_error


def slow(net: list[float]) -> float:
    """The p-value by every sign pattern, in whole numbers."""
    hits = sum(sum(s * x for s, x in zip(signs, net, strict=True)) >= sum(net)
               for signs in itertools.product((1, -1), repeat=len(net)))  # fmt: skip
    return hits / 2 ** len(net)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-5, 9).filter(bool), min_size=5, max_size=11), st.integers(0, 6))
def test_equal_to_the_enumeration(net: list[int], idle: int):
    found = held_out_test(np.array([*net, *[0] * idle], float), level=0.05)
    assert found.exact
    assert found.p_value == pytest.approx(slow(net), abs=1e-12)
    assert (found.n_units, found.n_traded, found.smallest_p) == (len(net) + idle, len(net), 2.0 ** -len(net))


@pytest.mark.parametrize("n", [5, 9, 13])
def test_equal_to_scipy(n: int):
    net = np.random.default_rng(n).normal(0.5, 1, n)
    theirs = stats.permutation_test(
        (net,), np.sum, permutation_type="samples", alternative="greater", n_resamples=10**6
    )
    assert held_out_test(net, level=0.05).p_value == pytest.approx(theirs.pvalue, abs=1e-9)


def test_what_adding_up_leaves_over_is_no_gain():
    net = np.array([0.1, 0.2, 0.4, -0.3, -0.4])
    assert net.sum() > 0
    assert held_out_test(net, level=0.05).total == 0


def test_scale_and_order_change_nothing():
    net = np.random.default_rng(1).normal(0.3, 1, 14)
    p = held_out_test(net, level=0.05).p_value
    assert held_out_test(net[::-1] * 2.0**40, level=0.05).p_value == p
    assert held_out_test(net * 2.0**-40, level=0.05).p_value == p


@pytest.mark.slow
def test_drawn_patterns_come_near_the_exact_ones_and_hold_the_observed_one():
    net = np.random.default_rng(2).normal(0.3, 1, 24)
    found = held_out_test(net, level=0.05, n_hypotheses=10)
    assert not found.exact
    assert found.n_patterns == 20_000
    theirs = stats.permutation_test((net,), np.sum, permutation_type="samples", alternative="greater",
                                    n_resamples=50_000, rng=0)  # fmt: skip
    assert found.p_value == pytest.approx(theirs.pvalue, abs=0.01)
    assert held_out_test(np.ones(60), level=0.05).p_value == 1 / 2000  # never 0
    assert held_out_test(net, level=0.05, seed=4) == held_out_test(net, level=0.05, seed=4)


@pytest.mark.parametrize("n", [6, 12, 30])
def test_without_an_edge_it_rejects_at_its_level(n: int):
    rejected = sum(
        (held_out_test(np.random.default_rng([n, i]).standard_t(3, n), level=0.1).p_value or 0) <= 0.1
        for i in range(600)
    )
    assert rejected / 600 <= 0.1 + 2.6 * math.sqrt(0.1 * 0.9 / 600)
    assert rejected / 600 >= 0.04


@pytest.mark.parametrize("net", [[], [0.0] * 9, [1.0, 2.0, 3.0, 4.0], [1.0, 0.0, 2.0, 0.0, 3.0, 0.0, 4.0]])
def test_too_few_units_name_how_many_are_missing(net: list[float]):
    found = held_out_test(np.array(net), level=0.05)
    assert found.p_value is None
    assert found.n_missing == 5 - np.count_nonzero(net)
    assert mean_range(np.array(net)) is None
    assert block_test(np.array(net), level=0.05) is None


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_nonsense_is_refused_by_its_place(bad: float):
    net = np.array([1.0, 2.0, bad, 3.0, 4.0, 5.0])
    with pytest.raises(ValueError, match="unit 2"):
        held_out_test(net, level=0.05)
    with pytest.raises(ValueError, match="unit 2"):
        mean_range(net)


def test_the_range_is_near_scipys_and_holds_the_mean():
    net = np.random.default_rng(0).gamma(2.0, 30.0, 25) - 40
    found = mean_range(net, n_resamples=4000)
    assert found is not None
    theirs = stats.bootstrap((net,), np.mean, confidence_level=0.9, n_resamples=20_000, method="percentile", rng=1)
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert found.mean == pytest.approx(net.mean())
    assert found.low == pytest.approx(theirs.confidence_interval.low, abs=0.06 * width)
    assert found.high == pytest.approx(theirs.confidence_interval.high, abs=0.06 * width)


def test_standard_error_of_a_mean():
    net = np.random.default_rng(0).normal(0, 2, 50)
    assert standard_error(lambda u: float(net[u].mean()), 50) == pytest.approx(net.std() / math.sqrt(50), rel=0.15)
    assert math.isnan(standard_error(lambda u: math.nan, 50))
    assert math.isnan(standard_error(lambda u: 1.0, 1))


def test_blocks_are_sums_of_neighbours():
    net = np.arange(1.0, 19.0) - 4
    found = block_test(net, level=0.05)
    assert found is not None
    p, length = found
    assert length == 3
    assert p == held_out_test(net.reshape(6, 3).sum(axis=1), level=0.05).p_value
