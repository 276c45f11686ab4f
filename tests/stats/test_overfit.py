"""The probability of overfitting against splits written out in plain Python."""

from __future__ import annotations

import itertools
import statistics

import numpy as np
import pytest

from quantray.stats import overfit
from quantray.stats.overfit import overfit_probability


def slow(rows: np.ndarray, n_blocks: int) -> tuple[float, float, float]:
    """PBO, probability of loss and median rank, by lists."""
    k = rows.shape[1]
    bounds = [round(i * k / n_blocks) for i in range(n_blocks + 1)]
    blocks = [[float(sum(r[a:b])) for a, b in itertools.pairwise(bounds)] for r in rows.tolist()]
    ranks, losses = [], []
    for half in itertools.combinations(range(n_blocks), n_blocks // 2):
        inside = [sum(r[i] for i in half) for r in blocks]
        outside = [sum(r[i] for i in range(n_blocks) if i not in half) for r in blocks]
        pick = max(range(len(blocks)), key=lambda i: inside[i])
        own = outside[pick]
        below, equal = sum(x < own for x in outside), sum(x == own for x in outside)
        ranks.append((below + (equal + 1) / 2) / (len(blocks) + 1))
        losses.append(own < 0)
    return sum(r <= 0.5 for r in ranks) / len(ranks), sum(losses) / len(losses), statistics.median(ranks)


@pytest.mark.parametrize(("n", "k", "blocks"), [(2, 6, 6), (9, 7, 6), (15, 8, 8), (6, 13, 12), (4, 30, 12)])
def test_equal_to_splits_by_lists(n: int, k: int, blocks: int):
    rows = np.random.default_rng(n).integers(-50, 60, (n, k)).astype(float)
    found = overfit_probability(rows)
    assert found is not None
    assert (found.n_blocks, found.n_candidates) == (blocks, n)
    assert (found.pbo, found.p_loss, found.median_rank) == pytest.approx(slow(rows, blocks))


def test_noise_is_a_coin_and_an_edge_is_not():
    probabilities = []
    for seed in range(60):
        found = overfit_probability(np.random.default_rng(seed).normal(size=(50, 10)))
        assert found is not None
        probabilities.append(found.pbo)
    assert np.mean(probabilities) == pytest.approx(0.5, abs=0.08)
    rng = np.random.default_rng(1)
    skilled = overfit_probability(rng.normal(size=(50, 10)) + np.linspace(-4, 4, 50)[:, None])
    assert skilled is not None
    assert skilled.pbo <= 0.01
    assert skilled.median_rank > 0.9


def test_too_few_sessions_or_candidates_give_nothing():
    rng = np.random.default_rng(0)
    assert overfit_probability(rng.normal(size=(50, 5))) is None
    idle = np.zeros((50, 8))
    idle[3] = 1.0
    assert overfit_probability(idle) is None
    with pytest.raises(ValueError, match="NaN"):
        overfit_probability(np.full((3, 8), np.nan))


def test_a_large_family_is_thinned_the_same_way_each_time(monkeypatch):
    monkeypatch.setattr(overfit, "MAX_CANDIDATES", 40)
    rows = np.random.default_rng(4).normal(size=(500, 8))
    first = overfit_probability(rows)
    assert first is not None
    assert first.n_candidates == 40
    assert overfit_probability(rows) == first
