"""The kernels against plain sums: statistics, extremes by bin and pattern, products."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from quantray.stats.flipping import SCALE, add_products, extremes_by_bin, measure
from quantray.stats.net_rows import coded, read_only
from tests.builders.net_tables import market
from tests.reference.step_down import integers, student


def measured(nets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    traded, statistic, digest = (
        np.zeros(nets.shape[1], np.bool_),
        np.full(len(nets), np.nan),
        np.zeros(len(nets), np.uint64),
    )
    bad = measure(read_only(nets), read_only(nets).view(np.uint64), traded, statistic, digest)
    return traded, statistic, digest, bad


def test_statistics_are_students_t() -> None:
    nets = market(200, 17, 1)
    traded, statistic, _, bad = measured(nets)
    assert bad == -1
    assert traded.all()
    assert statistic.tolist() == [student(row) for row in nets.tolist()]
    assert statistic == pytest.approx(stats.ttest_1samp(nets, 0.0, axis=1).statistic, rel=1e-9)


def test_digests_are_of_the_content() -> None:
    nets = np.random.default_rng(2).choice([-1.0, 0.0, 1.0], (3000, 8))
    nets[::2] *= np.where(nets[::2] == 0, -1.0, 1.0)  # a zero with the other sign is the same net
    _, _, digest, _ = measured(nets)
    assert len(np.unique(digest)) == len(np.unique(nets + 0.0, axis=0))


@pytest.mark.parametrize(("n", "k", "n_patterns"), [(1, 5, 3), (31, 6, 33), (33, 41, 64), (70, 43, 31), (5, 130, 100)])
def test_extremes_are_those_of_integer_sums(n: int, k: int, n_patterns: int) -> None:
    rng = np.random.default_rng([n, k])
    nets = market(n, k, 3)
    nets[:, ::5] = 0
    nets[:, 1] += 1
    live = np.flatnonzero(nets.any(axis=0))
    flips = rng.random((n_patterns, len(live))) < 0.5
    picked, bins = rng.permutation(n)[: max(n - 3, 1)], np.sort(rng.integers(0, 4, max(n - 3, 1)))
    highest, lowest = np.full((4, n_patterns), -(2**60)), np.full((4, n_patterns), 2**60)
    extremes_by_bin(read_only(nets), picked, bins, live, coded(flips), highest, lowest)
    amounts = np.array([integers(row) for row in nets[picked].tolist()])[:, live]
    sums = amounts @ (1 - 2 * flips.T.astype(np.int64))
    for b in range(4):
        of = sums[bins == b]
        assert highest[b].tolist() == of.max(axis=0, initial=-(2**60)).tolist()
        assert lowest[b].tolist() == of.min(axis=0, initial=2**60).tolist()


def test_integers_keep_what_a_statistic_is_made_of() -> None:
    nets = market(50, 42, 4)
    exact = nets.sum(axis=1) / np.linalg.norm(nets, axis=1)
    assert [sum(integers(row)) / SCALE for row in nets.tolist()] == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize("n", [1, 4, 6, 131])
def test_products_are_those_of_unit_rows(n: int) -> None:
    nets = market(n, 9, 5) * 1e200
    gram, unit = np.zeros((9, 9)), nets / 1e200
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    add_products(nets, np.arange(9), gram)
    assert np.tril(gram) == pytest.approx(np.tril(unit.T @ unit), abs=1e-12)
    assert not np.triu(gram, 1).any()


def test_no_statistic_without_a_spread() -> None:
    nets = np.array([[0.1] * 6, [0.0] * 6, [1e300] * 6, [0.1, 0.1, 0.1, 0.1, 0.1, 0.1 + 1e-16], [1.0, 0, 0, 0, 0, 0]])
    traded, statistic, _, _ = measured(nets)
    assert np.isnan(statistic).tolist() == [True, True, True, True, False]
    assert traded.tolist() == [True, False, False, False, False, False]
    assert math.isnan(measured(nets[:, :1].copy())[1][4])
