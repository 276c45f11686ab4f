"""The pick against its slow twin, by what the rule promises, and with nothing to choose from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.stats.pick import Pick, Rule, choose, peak
from quantray.stats.survivors import Survivors, survivors
from tests.reference import pick as slow


def outcome(mask: np.ndarray, statistic: np.ndarray, n_units: int) -> Survivors:
    return Survivors(mask, statistic, 3.0, 0.001, 1 / 2048, len(mask), len(mask), n_units, 2048, False, 0.05, None)


def chain(values: np.ndarray, i: int) -> np.ndarray:
    """Neighbours in one ordered dimension."""
    return np.array([values[j] for j in (i - 1, i + 1) if 0 <= j < len(values)])


def table(
    seed: int, n: int, n_in: int, coarse: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    nets = rng.normal(0.8, 1, (n, n_in)) * (rng.random((n, n_in)) < rng.uniform(0.2, 1, (n, 1)))
    values = np.where(rng.random(n) < 0.15, np.nan, rng.normal(1, 1, n))
    statistic = rng.uniform(1, 9, n)
    if coarse:  # ties in everything
        values, statistic = np.round(values), np.round(statistic)
    return nets, values, statistic, rng.random(n) < 0.7, rng.random(n) < 0.8


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), n=st.integers(1, 25), n_in=st.integers(5, 60), n_out=st.integers(0, 40),
    error=st.sampled_from([0.0, 0.4, 2.0, math.nan, math.inf]), coarse=st.booleans(),
)  # fmt: skip
def test_equal_to_the_slow_twin(seed: int, n: int, n_in: int, n_out: int, error: float, coarse: bool):
    nets, values, statistic, mask, allowed = table(seed, n, n_in, coarse)

    def around(i: int) -> np.ndarray:
        return chain(values, i)

    found = choose(
        values, nets, outcome(mask, statistic, n_in), allowed=allowed, n_out=n_out, neighbours=around,
        spread=lambda i: error,
    )  # fmt: skip
    theirs = slow.choose(values, nets, mask, statistic, allowed, n_out, around, lambda i: error)
    assert (None if found is None else (found.number, str(found.rule))) == theirs


def test_rows_on_demand_are_the_same_as_rows_at_hand(monkeypatch: pytest.MonkeyPatch):
    nets, values, statistic, mask, allowed = table(3, 40, 30, False)
    asked: list[int] = []

    def on_demand(rows: np.ndarray) -> np.ndarray:
        asked.extend(rows.tolist())
        return nets[rows]

    def one(source: object) -> Pick | None:
        return choose(values, source, outcome(mask, statistic, 30), allowed=allowed, n_out=20,  # type: ignore[arg-type]
                      neighbours=lambda i: chain(values, i), spread=lambda i: 0.5)  # fmt: skip

    at_hand = one(nets)
    monkeypatch.setattr("quantray.stats.pick.CHUNK", 3)
    assert one(on_demand) == at_hand
    assert set(asked) <= set(np.flatnonzero(mask & allowed).tolist())


def chosen(values: list[float], statistic: list[float], error: float = 0.0, n_out: int = 18, n_in: int = 42) -> Pick:
    v, t = np.array(values), np.array(statistic)
    found = choose(v, np.ones((len(v), n_in)), outcome(np.ones(len(v), bool), t, n_in), allowed=np.ones(len(v), bool),
                   n_out=n_out, neighbours=lambda i: chain(v, i), spread=lambda i: error)  # fmt: skip
    assert found is not None
    return found


def test_a_better_objective_that_cannot_be_confirmed_is_left():
    found = chosen([9.0, 3.0, 2.0], [4.0, 6.0, 7.0])  # (4 - 1.645) * sqrt(18 / 42) = 1.54 < 2.49
    assert (found.number, found.rule) == (1, Rule.OBJECTIVE)
    assert found.promise == pytest.approx((6.0 - 1.645) * math.sqrt(18 / 42), abs=1e-12)
    assert (found.n_survivors, found.n_promising, found.n_near) == (3, 2, 1)
    assert (found.strongest, found.strongest_statistic) == (2, 7.0)


def test_the_threshold_of_the_promise_is_where_it_is_said_to_be():
    edge = 1.645 + 2.49 / math.sqrt(18 / 42)
    assert chosen([1.0], [edge + 1e-9]).rule is Rule.OBJECTIVE
    assert chosen([1.0], [edge - 1e-9]).rule is Rule.STATISTIC


def test_eight_held_out_units_with_trades_must_be_expected():
    assert chosen([1.0], [50.0], n_out=8, n_in=42).rule is Rule.OBJECTIVE
    assert chosen([1.0], [50.0], n_out=7, n_in=42).rule is Rule.STATISTIC
    assert chosen([1.0], [50.0], n_out=0, n_in=42).rule is Rule.STATISTIC


def test_within_one_standard_error_the_neighbourhood_decides():
    values = [1.0, 10.0, 1.0, 9.5, 9.4, 9.3]
    assert chosen(values, [8.0] * 6, error=0.0).number == 1
    found = chosen(values, [8.0] * 6, error=1.0)
    assert (found.number, found.lowest_around) == (4, 9.3)  # 5 has the same minimum, and comes later


def test_a_missing_neighbour_is_minus_infinity():
    found = chosen([math.nan, 10.0, 9.9, 9.8], [8.0] * 4, error=0.15)
    assert (found.number, found.lowest_around) == (2, 9.8)


def test_nothing_to_choose():
    v, t = np.array([1.0, math.nan, 2.0]), np.array([5.0, 9.0, math.nan])
    s = outcome(np.array([False, True, True]), t, 20)
    none = {"n_out": 8, "neighbours": lambda i: np.empty(0), "spread": lambda i: 0.0}
    assert choose(v, np.ones((3, 20)), s, allowed=np.array([True, True, False]), **none) is None  # type: ignore[arg-type]
    assert peak(v, np.array([True, True, True])) == 2
    assert peak(v, np.array([False, True, False])) is None


def test_it_chooses_among_real_survivors_and_says_why():
    rng = np.random.default_rng(2)
    nets = rng.normal(0, 1, (200, 42))
    nets[50:60] += 1.0
    s = survivors(nets)
    values = nets.mean(axis=1)
    found = choose(values, nets, s, allowed=np.ones(200, bool), n_out=18, neighbours=lambda i: chain(values, i),
                   spread=lambda i: float(nets[i].std(ddof=1) / math.sqrt(42)))  # fmt: skip
    assert found is not None
    assert 50 <= found.number < 60
    assert s.mask[found.number]
    assert found.to_dict()["rule"] == "objective"
    assert "held-out part" in found.reason
