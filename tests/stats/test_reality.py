"""The reality check against enumeration in plain Python, and its honesty on noise and on a planted edge."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from quantray.stats.reality import reality_check


def slow(session_net: np.ndarray, pick: int) -> tuple[float, float]:
    """p-values of the pick and of the family by every sign pattern."""
    rows = [[float(x) for x in row] for row in session_net]
    norms = [math.sqrt(sum(x * x for x in row)) for row in rows]

    def statistic(row: list[float], norm: float, signs: tuple[int, ...]) -> float:
        return sum(s * x for s, x in zip(signs, row, strict=True)) / norm if norm else 0.0

    ones = (1,) * session_net.shape[1]
    own = statistic(rows[pick], norms[pick], ones)
    top = max(statistic(r, n, ones) for r, n in zip(rows, norms, strict=True))
    null = [
        max(statistic(r, n, signs) for r, n in zip(rows, norms, strict=True))
        for signs in itertools.product((1, -1), repeat=session_net.shape[1])
    ]
    return tuple(sum(x >= observed - 1e-5 for x in null) / len(null) for observed in (own, top))  # type: ignore[return-value]


@pytest.mark.parametrize(("n", "k", "seed"), [(1, 4, 0), (5, 5, 1), (12, 6, 2), (30, 7, 3)])
def test_equal_to_the_enumeration(n: int, k: int, seed: int):
    rng = np.random.default_rng(seed)
    net = rng.normal(0.4, 1.0, (n, k)) * rng.choice([0.0, 1.0, 50.0], (n, 1), p=[0.2, 0.5, 0.3])
    pick = int(np.argmax(np.abs(net).sum(axis=1)))
    found = reality_check(net, pick)
    assert found is not None
    assert found.exact
    assert found.n_flips == 2**k
    assert found.smallest_p == 2.0**-k
    assert (found.p_value, found.p_family) == pytest.approx(slow(net, pick), abs=1e-12)


def test_drawn_patterns_come_near_the_exact_ones():
    rng = np.random.default_rng(5)
    net = rng.normal(0.25, 1.0, (20, 12))
    pick = int(np.argmax(net.mean(axis=1) / net.std(axis=1)))
    found = reality_check(net, pick, n_flips=4000)
    assert found is not None
    assert not found.exact
    assert found.p_value == pytest.approx(slow(net, pick)[0], abs=0.03)


def test_a_single_candidate_that_always_earns_reaches_the_smallest_p():
    net = np.array([[1.0, 2.0, 3.0, 1.5, 2.5]])
    found = reality_check(net, 0)
    assert found is not None
    assert found.p_value == found.smallest_p == 1 / 32


def test_noise_is_rejected_at_about_the_level():
    rejected, runs = 0, 400
    for seed in range(runs):
        rng = np.random.default_rng([7, seed])
        net = rng.normal(size=(40, 8)) + rng.normal(size=8)  # a market all candidates share
        pick = int(np.argmax(net.sum(axis=1) / np.sqrt((net**2).sum(axis=1))))
        found = reality_check(net, pick)
        rejected += found is not None and found.p_value <= 0.05
    assert rejected / runs <= 0.05 + 2.6 * math.sqrt(0.05 * 0.95 / runs)
    assert rejected / runs >= 0.01


def test_a_pick_by_something_else_is_not_rejected_more_often():
    rejected, runs = 0, 300
    for seed in range(runs):
        net = np.random.default_rng([8, seed]).normal(size=(40, 8))
        found = reality_check(net, int(np.argmax(net.sum(axis=1))))
        rejected += found is not None and found.p_value <= 0.05
    assert rejected / runs <= 0.05 + 2.6 * math.sqrt(0.05 * 0.95 / runs)


def test_a_planted_candidate_is_found():
    found_it = 0
    for seed in range(60):
        rng = np.random.default_rng([9, seed])
        net = rng.normal(size=(40, 10))
        net[17] = rng.normal(3.0, 1.0, 10)
        found = reality_check(net, 17)
        found_it += found is not None and found.p_value <= 0.05
    assert found_it >= 54


def test_the_same_seed_gives_the_same_value_whatever_the_number_of_candidates_at_a_time(monkeypatch):
    net = np.random.default_rng(3).normal(size=(3000, 14))
    first = reality_check(net, 5, seed=1)
    monkeypatch.setattr("quantray.stats.reality.CHUNK", 7)
    assert reality_check(net, 5, seed=1) == first
    assert reality_check(net, 5, seed=2) != first


def test_nothing_to_test():
    assert reality_check(np.zeros((3, 5)), 1) is None
    assert reality_check(np.ones((3, 0)), 1) is None
    with pytest.raises(ValueError, match="NaN"):
        reality_check(np.array([[1.0, np.nan]]), 0)
