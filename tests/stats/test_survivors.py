"""The step-down maximum test: equal to its plain twin however it is computed, honest, and silent on bad input."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from quantray.stats import net_rows
from quantray.stats.signs import flips
from quantray.stats.survivors import Survivors, survivors
from tests.builders.net_tables import InChunks, market, same
from tests.reference.step_down import step_down

CANDLES = Path(__file__).parents[3] / "shared" / "data" / "crypto_candles_1m.parquet"


def signs(traded: np.ndarray, n_patterns: int, seed: int) -> list[list[int]]:
    """All patterns of the test, as the twin takes them; a unit that nobody traded in keeps its sign."""
    half = np.ones((len(flips(int(traded.sum()), n_patterns, seed)[0]), len(traded)), int)
    half[:, traded] = 1 - 2 * flips(int(traded.sum()), n_patterns, seed)[0].astype(int)
    return np.concatenate([half, -half]).tolist()


def agrees(nets: np.ndarray, level: float = 0.05, n_patterns: int = 200, seed: int = 0) -> Survivors:
    """The outcome, every bit of which the twin has too."""
    found = survivors(nets, level=level, n_patterns=n_patterns, seed=seed)
    traded = nets[~np.isnan(found.statistic)].any(axis=0)
    twin = step_down(nets.tolist(), signs(traded, n_patterns, seed), level)
    assert (found.untested is None) == (twin.critical < math.inf)
    if found.untested:
        return found
    assert found.mask.tolist() == twin.mask
    assert np.array_equal(found.statistic, np.array(twin.statistic), equal_nan=True)
    assert (found.critical, found.p_family) == (twin.critical, twin.p_family)
    return found


# --- equal to the twin


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("n", "k"), [(3, 5), (12, 6), (40, 7), (60, 13), (20, 43), (9, 100)])
def test_equal_to_the_twin(n: int, k: int, seed: int) -> None:
    nets = market(n, k, seed, edge=(0, 1.5, 4)[seed % 3], edged=n // 3)
    nets[0] += 0.01  # traded in every unit
    agrees(nets, level=(0.05, 0.1)[seed % 2])


@pytest.mark.parametrize("rows_of_a_bin", [1, 3, 256])
@pytest.mark.parametrize("seed", range(4))
def test_equal_to_the_twin_over_several_steps(rows_of_a_bin: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Edges of every size: who falls in one step makes room for others in the next."""
    monkeypatch.setattr(net_rows, "ROWS_OF_A_BIN", rows_of_a_bin)
    nets = market(60, 30, seed)
    nets += np.linspace(0, 2, 60)[:, None] * nets.std(axis=1, ddof=1)[:, None] * (nets != 0)
    found = agrees(nets)
    assert 5 < found.mask.sum() < 55


#: Amounts that tie: few of them, so that many sums are equal but for the order in which they were added.
TYING = st.sampled_from([0.0, 0.1, 0.2, 0.3, -0.1, -0.2, -0.3, 0.7, 1e-3])


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(arrays(np.float64, st.tuples(st.integers(2, 12), st.integers(5, 12)), elements=TYING), st.integers(0, 3))
def test_equal_to_the_twin_when_statistics_tie(nets: np.ndarray, seed: int) -> None:
    if not math.isnan(survivors(nets, level=0.9).critical):
        agrees(nets, seed=seed, level=0.2)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(
    arrays(
        np.float64,
        st.tuples(st.integers(2, 8), st.integers(5, 8)),
        elements=st.floats(allow_nan=False, allow_infinity=False),
    )
)
def test_equal_to_the_twin_whatever_the_size_of_the_amounts(nets: np.ndarray) -> None:
    if not math.isnan(survivors(nets, level=0.9).critical):
        agrees(nets, level=0.2)


def test_ties_are_ties_however_they_were_summed() -> None:
    """The same amounts in another order have the same statistic, and no pattern tells them apart."""
    amounts = np.array([0.1, 0.2, 0.3, 0.7, 1.1, -0.4, 0.6, 0.9])
    nets = np.array([np.random.default_rng(seed).permutation(amounts) for seed in range(60)])
    found = survivors(nets, level=0.1)
    assert len(set(found.mask.tolist())) == 1
    assert found.n_distinct == 60


@pytest.mark.slow
@pytest.mark.skipif(not CANDLES.is_file(), reason="../shared/data is not here")
def test_equal_to_the_twin_on_real_candles() -> None:
    """Held from one time of the day to another, day by day, as a share of the price."""
    import pyarrow.parquet as pq

    candles = pq.read_table(CANDLES, columns=["asset", "ts", "open"]).sort_by(
        [("asset", "ascending"), ("ts", "ascending")]
    )
    asset, opened, nets = np.array(candles["asset"]), np.array(candles["open"]), []
    for name in np.unique(asset)[:4]:
        price = opened[asset == name]  # a candle every minute, without a gap
        price = price[: len(price) // 1440 * 1440].reshape(-1, 1440)[:30, ::180]
        nets += [side * (price[:, b] / price[:, a] - 1) for a in range(7) for b in range(a + 1, 8) for side in (1, -1)]
    found = agrees(np.array(nets), n_patterns=256)
    assert found.n_distinct == len(nets) == 224
    assert not found.exact


# --- the same bits, however it is computed


@pytest.mark.slow
def test_threads_pieces_chunks_and_order_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    nets = np.repeat(market(900, 14, 3, edge=1.2, edged=200), 2, axis=0)
    nets = nets[np.random.default_rng(0).permutation(len(nets))]
    plain = survivors(nets, threads=1)
    assert plain.n_distinct == 900
    assert 0 < plain.mask.sum() < 400
    shuffled = np.random.default_rng(1).permutation(len(nets))
    other = survivors(nets[shuffled])
    assert (other.critical, other.p_family) == (plain.critical, plain.p_family)
    assert np.array_equal(other.mask, plain.mask[shuffled])
    assert same(survivors(InChunks(nets, 1, 700, 0, 13)), plain)
    monkeypatch.setattr(net_rows, "PIECE", 1000)
    monkeypatch.setattr(net_rows, "THREADED", 0)
    for threads in (2, 3, 7):
        assert same(survivors(nets, threads=threads), plain)
    assert same(survivors(np.asfortranarray(nets)), plain)
    assert same(survivors(InChunks(nets, 100), threads=2), plain)
    for copies in (0, 14, 14 * 500):  # no room to compare all by content
        monkeypatch.setattr(net_rows, "COPIES", copies)
        found = survivors(InChunks(nets, 100))
        assert found.n_distinct == 900
        assert same(found, plain)


def test_the_seed_draws_the_patterns_and_no_pattern_is_drawn_up_to_11_units() -> None:
    few, many = market(30, 11, 1), market(30, 12, 1)
    assert same(survivors(few, seed=1), survivors(few, seed=2))
    assert survivors(few).n_patterns == 2**11
    assert survivors(few).exact
    assert not survivors(many).exact
    assert survivors(many, seed=1).critical != survivors(many, seed=2).critical
    assert survivors(many, n_patterns=500).n_patterns == 500
    assert survivors(many, n_patterns=500).smallest_p == 1 / 500


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([2.0**-600, 2.0**-3, 1.0, 2.0**40, 2.0**700]))
def test_repeats_sizes_and_units_without_a_trade_change_no_decision(seed: int, size: float) -> None:
    nets = market(12, 8, seed, edge=2.0, edged=6)
    plain = survivors(nets, level=0.1)
    if plain.untested:
        return
    assert np.array_equal(survivors(nets * size, level=0.1).mask, plain.mask)
    again = survivors(np.concatenate([nets, nets[::-1]]), level=0.1)
    assert np.array_equal(again.mask, np.concatenate([plain.mask, plain.mask[::-1]]))
    assert (again.critical, again.n_distinct) == (plain.critical, plain.n_distinct)
    longer = np.insert(nets, [0, 3, 8], 0.0, axis=1)
    assert np.array_equal(survivors(longer, level=0.1).mask, plain.mask)
    idle = np.concatenate([nets, np.zeros((3, 8)), np.full((1, 8), -2.5), np.full((1, 8), 1e9)])
    with_idle = survivors(idle, level=0.1)
    assert np.array_equal(with_idle.mask[:12], plain.mask)
    assert not with_idle.mask[12:].any()
    assert (with_idle.critical, with_idle.p_family) == (plain.critical, plain.p_family)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_who_survives_has_a_larger_statistic_than_who_does_not(seed: int) -> None:
    found = survivors(market(20, 9, seed, edge=2.5, edged=8), level=0.1)
    assert np.array_equal(found.mask, found.statistic > found.critical)
    assert (found.p_family <= found.level) == found.mask.any()
    assert found.statistic[found.mask].min(initial=math.inf) > 0


# --- honest


@pytest.mark.slow
def test_without_an_edge_nothing_survives_more_often_than_the_level() -> None:
    """Of 400 null markets 5 % is 20; more than 31 come in one of 100 series of markets."""
    wrong = sum(survivors(market(40, 8, 7, seed)).mask.any() for seed in range(400))
    assert wrong <= 31


@pytest.mark.slow
def test_beside_real_edges_the_others_survive_no_more_often_than_the_level() -> None:
    """What the step-down adds must not come from the rest: 10 candidates earn for sure, 30 nothing."""
    wrong = found = 0
    for seed in range(300):
        outcome = survivors(market(40, 10, 8, seed, edge=30.0, edged=10))
        wrong += outcome.mask[10:].any()
        found += outcome.mask[:10].sum()
    assert wrong <= 25
    assert found > 0.5 * 3000


@pytest.mark.slow
def test_a_planted_edge_survives_and_the_steps_find_more_than_the_first_alone() -> None:
    nets = market(300, 42, 9, edge=1.6, edged=100)
    outcome = survivors(nets)
    unit = nets / np.linalg.norm(nets, axis=1, keepdims=True)
    null = np.sort((np.array(signs(nets.any(axis=0), 2048, 0)) @ unit.T).max(axis=1))
    first_step = unit.sum(axis=1) > null[-1 - 102]  # 5 % of 2,048 patterns
    assert outcome.mask[first_step].all()
    assert outcome.mask.sum() > first_step.sum() > 30
    assert not outcome.mask[100:].any()


# --- nothing to test is a sentence


def nothing(nets: Any, **settings: Any) -> str:
    found = survivors(nets, **settings)
    assert found.untested
    assert found.untested.endswith(".")
    assert not found.mask.any()
    assert found.mask.shape == found.statistic.shape == (found.n_candidates,)
    assert math.isnan(found.critical)
    assert math.isnan(found.p_family)
    assert 0 < found.smallest_p <= 1
    return found.untested


def test_nothing_to_test() -> None:
    rng = np.random.default_rng(0)
    some = np.abs(rng.normal(size=(20, 12))) + 1
    assert nothing(np.empty((0, 12))) == "There is no candidate to test."
    assert nothing(np.empty((0, 0))) == "There is no candidate to test."
    assert nothing(np.empty((3, 0))).startswith("0 searched units")
    assert nothing(some[:, :1]).startswith("1 searched unit:")
    assert nothing(some[:, :4]).startswith("4 searched units: at least 5")
    assert nothing(np.zeros((20, 12))) == "No candidate traded."
    assert nothing(np.full((20, 12), 0.1)) == "Every candidate earned the same in every unit."
    assert nothing(np.repeat(some[:, :1], 12, axis=1)) == "Every candidate earned the same in every unit."
    assert nothing(some[:1]).startswith("A single candidate")
    assert nothing(np.concatenate([some[:1], np.zeros((4, 12))])).startswith("Of 5 candidates a single one")
    assert nothing(np.repeat(some[:1], 7, axis=0)).startswith("All 7 candidates that can be tested earned the same")
    assert "5 units can show a p-value of 0.031" in nothing(some[:, :5], level=0.01)


def test_amounts_so_equal_that_luck_is_as_good_as_skill() -> None:
    """Wins and losses of one size: flipped, some candidate wins in every unit, whatever was observed."""
    nets = np.array([[1.0, 1, 1, 1, 1, -1], [1, 1, 1, 1, -1, 1], [1, 1, 1, -1, 1, 1], [1, 1, -1, 1, 1, 1]])
    assert step_down(nets.tolist(), signs(np.ones(6, np.bool_), 64, 0), 0.05).critical == math.inf
    assert nothing(nets).startswith("No statistic would do: under more than 5 % of the sign patterns")
    assert survivors(nets, level=0.2).untested is None


def test_units_that_nobody_traded_in_do_not_count() -> None:
    nets = np.zeros((6, 30))
    nets[:, 3:7] = np.abs(np.random.default_rng(1).normal(size=(6, 4))) + 1
    assert nothing(nets).startswith("Trades in 4 of 30 searched units")
    nets[-1] = 1.0  # the same in every unit is not tested, so it makes no unit count
    assert nothing(nets).startswith("Trades in 4 of 30 searched units")
    nets[0, 9] = 2.0
    assert survivors(nets).smallest_p == 1 / 32


@pytest.mark.parametrize("size", [1e-320, 1e-200, 1e200, 1e307])
def test_squares_that_overflow_or_vanish_change_nothing(size: float) -> None:
    nets = np.random.default_rng(4).integers(-8, 9, (30, 9)) * 1.0
    nets[:8] = np.abs(nets[:8]) + 1
    plain, extreme = survivors(nets), survivors(nets * size)
    assert np.array_equal(plain.mask, extreme.mask)
    assert plain.mask.any()
    assert extreme.statistic == pytest.approx(plain.statistic, nan_ok=True)


def test_settings_that_are_none() -> None:
    nets = market(10, 12, 1)
    with pytest.raises(ValueError, match="level=0"):
        survivors(nets, level=0)
    with pytest.raises(ValueError, match=r"n_patterns=10 .* 20 can"):
        survivors(nets, n_patterns=10)
    with pytest.raises(ValueError, match=r"shape \(12,\)"):
        survivors(nets[0])  # type: ignore[arg-type]
