"""Many judged together: against statsmodels, the published procedure in plain Python, and what they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from quantray.stats.across import Standing, false_discoveries, shrunk, standing
from quantray.stats.checks import Word


def slow(p: list[float], level: float) -> list[bool]:
    """Benjamini and Hochberg's step-up procedure as it was published."""
    tested = sorted((x, i) for i, x in enumerate(p) if not math.isnan(x))
    k = max((rank for rank, (x, _) in enumerate(tested, 1) if x <= level * (rank / len(tested))), default=0)
    kept = {i for _, i in tested[:k]}
    return [i in kept for i in range(len(p))]


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.just(math.nan), st.integers(0, 400).map(lambda i: i / 400)), max_size=30))
def test_equal_to_the_published_procedure(p: list[float]):
    found = false_discoveries(np.array(p))
    assert found.believed.tolist() == slow(p, 0.1)
    tested = ~np.isnan(np.array(p, float))
    assert found.n_tested == tested.sum()
    assert (np.array(p, float)[tested] <= found.bar).tolist() == found.believed[tested].tolist()


def test_the_published_example():
    """Benjamini and Hochberg (1995), section 4: 15 comparisons of which 4 are rejected at 5 %."""
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.7590,
        1.0,
    ]
    found = false_discoveries(np.array(p), level=0.05)
    assert found.believed.sum() == 4
    assert found.bar == pytest.approx(0.05 * 4 / 15, abs=1e-12)
    assert found.expected_false_share == pytest.approx(0.0095 * 15 / 4, abs=1e-9)
    assert found.adjusted == pytest.approx(stats.false_discovery_control(p), abs=1e-9)


def test_nobody_tested():
    for p in ([], [math.nan, math.nan]):
        found = false_discoveries(np.array(p))
        assert (found.n_tested, found.believed.any(), found.expected_false_share) == (0, False, None)


def test_what_is_no_p_value_is_refused():
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        false_discoveries(np.array([0.2, 1.2]))


def test_of_the_believed_few_are_false():
    shares = []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        z = rng.normal(0, 1, 60)
        z[:6] += 3.5
        found = false_discoveries(stats.norm.sf(z))
        n = int(found.believed.sum())
        shares.append(found.believed[6:].sum() / n if n else 0.0)
    assert np.mean(shares) <= 0.1 + 2.6 * np.std(shares) / 20


def test_shrinking_by_its_formulas():
    rng = np.random.default_rng(2)
    n = rng.integers(5, 60, 25)
    sd = rng.uniform(0.5, 2, 25)
    x = rng.normal(0.3, 0.4, 25) + rng.normal(0, 1, 25) * sd / np.sqrt(n)
    found = shrunk(x, sd, n)
    v = sd**2 / n

    def heterogeneity(between: float) -> float:  # Paule and Mandel: weighted squares equal their degrees of freedom
        w = 1 / (v + between)
        return float((w * (x - (w @ x) / w.sum()) ** 2).sum() - 24)

    between = optimize.brentq(heterogeneity, 0, 10)
    w = 1 / (v + between)
    common = (w @ x) / w.sum()
    assert found.between == pytest.approx(between, rel=1e-4)  # statsmodels stops its iteration there
    assert found.common == pytest.approx(common, rel=1e-4)
    weight = found.between / (found.between + v)
    assert found.mean == pytest.approx(found.common + weight * (x - found.common), abs=1e-9)
    assert found.error == pytest.approx(np.sqrt(weight * v), abs=1e-9)


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e6])
def test_shrinking_knows_no_scale(scale: float):
    rng = np.random.default_rng(5)
    x, sd, n = rng.normal(0, 1, 12), rng.uniform(0.5, 1, 12), rng.integers(6, 20, 12)
    assert shrunk(x * scale, sd * scale, n).mean / scale == pytest.approx(shrunk(x, sd, n).mean, rel=1e-9)


def test_shrunk_means_are_nearer_to_the_truth():
    nearer = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        truth, n = rng.normal(0.1, 0.3, 30), rng.integers(5, 25, 30)
        data = [rng.normal(m, 1, k) for m, k in zip(truth, n, strict=True)]
        x, sd = np.array([d.mean() for d in data]), np.array([d.std(ddof=1) for d in data])
        nearer += np.mean((shrunk(x, sd, n).mean - truth) ** 2) < np.mean((x - truth) ** 2)
    assert nearer >= 55


def test_one_that_has_few_observations_takes_the_spread_of_all():
    x, sd, n = np.array([0.0, 1.0, 2.0, 9.0]), np.array([1.0, 1.0, 1.0, math.nan]), np.array([50, 50, 50, 1])
    found = shrunk(x, sd, n)
    assert np.isfinite(found.mean).all()
    assert abs(found.mean[3] - 9.0) > abs(found.mean[2] - 2.0)  # one call is drawn further than 50 are


def test_nothing_to_shrink():
    alone = shrunk(np.array([3.0, math.nan]), np.array([1.0, math.nan]), np.array([9, 0]))
    assert alone.mean[0] == 3.0
    assert math.isnan(alone.mean[1])
    assert math.isnan(alone.common)
    assert shrunk(np.array([1.0, 2.0]), np.zeros(2), np.array([9, 9])).mean.tolist() == [1.0, 2.0]
    same = shrunk(np.full(4, 2.0), np.ones(4), np.full(4, 9))
    assert same.mean == pytest.approx(np.full(4, 2.0))
    assert same.between == 0


def test_words_of_a_list():
    assert {w: standing(w) for w in Word} == {
        Word.BELIEVE: Standing.BELIEVED, Word.DOUBTFUL: Standing.NOT_YET, Word.TOO_LITTLE_DATA: Standing.NOT_YET,
        Word.FAILED: Standing.NOT_YET, Word.UNJUDGED: Standing.NOT_YET, Word.DISBELIEVE: Standing.NO,
    }  # fmt: skip
