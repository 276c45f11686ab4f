"""The guards against libraries and enumeration, at their level without a fault, and awake where there is one."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from quantray.stats.guards import Guard, lag_one, left_skew, runs

GUARDS = (lag_one, runs, left_skew)


def failing(guard, draw, n: int, times: int = 500) -> float:
    found = [guard(draw(np.random.default_rng([n, i]), n)) for i in range(times)]
    return sum(g.holds is False for g in found) / times


def test_lag_one_is_the_robust_score_of_a_regression_on_the_unit_before():
    net = np.random.default_rng(0).normal(1, 2, 60)
    d = net - net.mean()
    fit = sm.OLS(d[1:], d[:-1]).fit()
    products = d[1:] * d[:-1]
    score = fit.params[0] * (d[:-1] @ d[:-1]) / math.sqrt(products @ products)  # White's variance under no correlation
    found = lag_one(net)
    assert found.statistic == pytest.approx(score, abs=1e-9)
    assert found.p_value == pytest.approx(stats.norm.sf(score), abs=1e-9)


@pytest.mark.parametrize(("n_gains", "n_losses"), [(3, 6), (5, 5), (8, 2), (1, 8)])
def test_runs_are_exact(n_gains: int, n_losses: int):
    n = n_gains + n_losses
    orders = list(itertools.combinations(range(n), n_gains))
    counts = []
    for gains in orders:
        signs = [i in gains for i in range(n)]
        counts.append(1 + sum(a != b for a, b in itertools.pairwise(signs)))
    for gains, count in list(zip(orders, counts, strict=True))[::17]:
        net = np.where([i in gains for i in range(n)], 2.0, -3.0)
        found = runs(np.insert(net, 4, 0.0))  # a unit without a trade is left out
        assert found.statistic == count
        assert found.p_value == pytest.approx(sum(c <= count for c in counts) / len(counts), abs=1e-12)


def test_left_skew_by_its_formula():
    net = np.random.default_rng(3).gamma(2.0, 1.0, 40) - 1
    j = math.sqrt(math.pi / 2) * np.mean(np.abs(net - np.median(net)))
    z = math.sqrt(40) * (net.mean() - np.median(net)) / (math.sqrt(0.5707963267948966) * j)
    found = left_skew(net)
    assert found.statistic == pytest.approx(z, abs=1e-9)
    assert found.p_value == pytest.approx(stats.norm.cdf(z), abs=1e-9)


SOUND = {
    "normal": lambda rng, n: rng.normal(0.3, 1, n),
    "heavy tails": lambda rng, n: rng.standard_t(3, n) + 0.3,
    "few trades": lambda rng, n: rng.normal(0.3, 1, n) * (rng.random(n) < 0.5),
    "clustered volatility": lambda rng, n: rng.normal(0, 1, n) * np.exp(0.8 * np.sin(np.arange(n) / 5)),
}


@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("n", [16, 60])
def test_without_a_fault_they_fail_seldom(guard, name: str, n: int):
    assert failing(guard, SOUND[name], n) <= 0.01 + 2.6 * math.sqrt(0.01 * 0.99 / 500) + 0.01


def carried_over(rng: np.random.Generator, n: int) -> np.ndarray:
    out = rng.normal(0, 1, n)
    for i in range(1, n):
        out[i] += 0.6 * out[i - 1]
    return out + 0.2


def sells_insurance(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.where(rng.random(n) < 0.1, -9.0, 1.0) + rng.normal(0, 0.5, n)


def test_faults_are_seen():
    assert failing(lag_one, carried_over, 60, 200) >= 0.8
    assert failing(runs, carried_over, 60, 200) >= 0.5
    assert failing(left_skew, sells_insurance, 60, 200) >= 0.9


def test_right_skew_is_no_fault():
    def buys_options(rng: np.random.Generator, n: int) -> np.ndarray:
        return np.where(rng.random(n) < 0.1, 9.0, -1.0) + rng.normal(0, 0.5, n)

    assert failing(left_skew, buys_options, 60, 200) == 0


@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("net", [[], [1.0] * 7, [2.0] * 30, [0.0] * 30])
def test_nothing_to_judge(guard, net: list[float]):
    assert guard(np.array(net)) == Guard(None, None)
    assert guard(np.array(net)).holds is None


@pytest.mark.parametrize("guard", GUARDS)
def test_the_scale_changes_nothing(guard):
    net = np.random.default_rng(5).normal(0.2, 1, 40)
    assert guard(net * 2.0**-300).p_value == pytest.approx(guard(net).p_value, abs=1e-9)
