"""Lengths of records against published figures, a library, and what happens when the record is that long."""

from __future__ import annotations

import math

import jsharpe
import numpy as np
import pytest
from scipy import stats

from quantray.stats.sharpe import probabilistic_sharpe
from quantray.stats.survivors import survivors
from quantray.stats.track_record import minimum_track_record, more_units, track_record


@pytest.mark.parametrize(("a_year", "years"), [(252, 2.73), (52, 2.83), (12, 3.24)])
def test_published_examples(a_year: int, years: float) -> None:
    """Bailey and López de Prado (2012): an annual ratio of 2 against 1 with 95 %, by days, weeks, months."""
    found = track_record(2 / math.sqrt(a_year), 0.0, 3.0, benchmark=1 / math.sqrt(a_year)) / a_year
    assert found == pytest.approx(years, abs=5e-3)


@pytest.mark.parametrize("seed", range(5))
def test_equal_to_jsharpe(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ratio, benchmark, g3, g4 = rng.uniform(0.25, 0.6), rng.uniform(-0.1, 0.2), rng.uniform(-2, 2), rng.uniform(5, 12)
    variance = jsharpe.sharpe_ratio_variance(ratio, 1, gamma3=g3, gamma4=g4)
    theirs = 1 + variance * (stats.norm.ppf(0.9) / (ratio - benchmark)) ** 2
    assert track_record(ratio, g3, g4, benchmark, 0.9) == pytest.approx(theirs, rel=1e-9)
    # against 0 its own formula, whose variance is that of the benchmark, is the one without moments
    plain = jsharpe.minimum_track_record_length(ratio, 0.0, alpha=0.1)
    assert track_record(ratio, ratio, 5.0, confidence=0.9) == pytest.approx(1 + plain, rel=1e-9)


def test_a_record_of_that_length_has_the_confidence_that_was_asked_for() -> None:
    net = np.random.default_rng(1).gamma(2.0, 1.0, 30) - 1.4
    n = minimum_track_record(net, confidence=0.99)
    assert 10 < n < 1000
    z = stats.norm.ppf(probabilistic_sharpe(net))  # of 30 units; it grows with the root of their number less one
    assert stats.norm.cdf(z * math.sqrt((n - 1) / 29)) == pytest.approx(0.99, rel=1e-9)


def test_records_that_no_length_helps() -> None:
    assert math.isnan(minimum_track_record(np.array([1.0, 2.0])))
    assert math.isnan(minimum_track_record(np.full(9, 3.0)))
    assert minimum_track_record(np.array([1.0, -2.0, 3.0, -2.5])) == math.inf
    assert math.isnan(track_record(1.0, 3.0, 5.0))


@pytest.mark.parametrize(("statistic", "critical", "n"), [(4.0, 5.0, 42), (3.0, 12.0, 8), (0.5, 6.0, 20), (4.9, 5, 5)])
def test_so_many_units_are_enough_and_one_less_is_not(statistic: float, critical: float, n: int) -> None:
    more = more_units(statistic, critical, n)
    assert more is not None
    tail = stats.t.sf(critical, n - 1)

    def reached(units: int) -> float:
        return float(stats.t.sf(statistic * math.sqrt(units / n), units - 1))

    assert reached(n + more) < tail
    assert more == 1 or reached(n + more - 1) >= tail


def test_units_that_no_number_helps_and_none_that_is_needed() -> None:
    assert more_units(5.1, 5.0, 30) == 0
    assert more_units(0.0, 5.0, 30) is None
    assert more_units(-1.0, 5.0, 30) is None
    assert more_units(math.nan, 5.0, 30) is None
    assert more_units(4.0, math.inf, 30) is None
    assert more_units(4.0, math.nan, 30) is None
    assert more_units(1e-6, 5.0, 30) is None
    assert more_units(1.0, 5.0, 1) is None


def test_with_so_many_units_more_half_of_the_markets_have_survivors() -> None:
    """The statistic of an edge that is known, so that no luck of the largest is in it."""
    edge, n, passed = 0.7, 20, 0
    critical = survivors(np.random.default_rng(0).normal(size=(100, n))).critical
    more = more_units(edge * math.sqrt(n), critical, n)
    assert more is not None
    for seed in range(60):
        nets = np.random.default_rng([1, seed]).normal(size=(100, n + more))
        nets[0] += edge
        passed += survivors(nets, n_patterns=400).mask[0]
    assert 18 <= passed <= 42
