"""Planted look-ahead of every common kind is found in strategies that decide entries; fair ones pass."""

import numpy as np
import pytest

from quantray.sweeps.lookahead import Found
from quantray.sweeps.lookahead_signals import check_signals, near_money
from quantray.sweeps.market import Session, Slice
from tests.builders.sessions import tiny_slice
from tests.builders.sweep_plans import sweep_plan

SPACE = {"bars": [100, 300], "away": [0.0002, 0.0004]}


def read_only(market: Slice) -> Slice:
    """As a slice is loaded."""
    for session in market:
        for name in Session.__dataclass_fields__:
            if isinstance(column := getattr(session, name), np.ndarray):
                column.flags.writeable = False
    return market


MARKET = read_only(tiny_slice(3, n_bars=4000, n_strikes=3))


def check(name: str, *, bars: int = 200, seed: int = 0, **kwargs) -> Found:
    kwargs = {"space": SPACE, "target": f"strategy.planted.{name}"} | kwargs
    return check_signals(sweep_plan(**kwargs), MARKET, bars=bars, points=2, seed=seed)


@pytest.mark.parametrize("name", ["Centred", "NextBar", "WholeDay", "AtTheHigh", "Volumes", "Backfilled"])
@pytest.mark.parametrize("seed", [0, 1])
def test_what_looks_ahead_is_found(name, seed):
    found = check(name, seed=seed)
    assert found.differences
    assert not found.passed
    first = found.differences[0]
    assert first.before != first.after
    assert "signal at bar" in first.before + first.after
    assert first.params.keys() == SPACE.keys()


def test_a_one_bar_look_ahead_is_found_at_its_bar():
    """Nothing but the bar behind the signal matters, so it is found up to the bar of a signal."""
    for d in check("NextBar").differences:
        assert f"signal at bar {d.bar}," in d.before + d.after


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_what_is_fair_passes(seed):
    found = check("Fair", seed=seed)
    assert found.passed
    assert not found.notes
    assert found.decisions > 200
    assert found.answered > 50


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vwap_reclaim.VwapReclaim", "opening_range_breakout.OpeningRangeBreakout"])
def test_the_shelf_passes(name):
    space = {"take_profit_percent": [50], "stop_loss_percent": [-50]}
    params = {"stretch_threshold": 0.001} if "vwap" in name else {}
    found = check("", space=space, params=params, target=f"strategy.{name}")
    assert (found.passed, found.faults) == (True, [])
    assert found.decisions > 50


@pytest.mark.parametrize(("name", "word"), [
    ("Dice", "not deterministic"), ("Writes", "changes its input"), ("Keeps", "depend on what was asked before"),
    ("Falls", "planted.py, line"), ("Quiet", "decides nothing"),
])  # fmt: skip
def test_other_faults_are_called_by_their_name(name, word):
    found = check(name)
    assert not found.differences
    assert [word in fault for fault in found.faults] == [True]


def test_arrays_that_can_be_written_to_are_watched():
    market = tiny_slice(1, n_bars=500, n_strikes=3)
    plan = sweep_plan(SPACE, target="strategy.planted.Writes")
    found = check_signals(plan, market, bars=5, points=1, seed=0)
    assert "changes its input" in found.faults[0]


def test_chance_now_and_then_is_never_called_look_ahead():
    for seed in range(5):
        found = check("RareDice", seed=seed)
        assert found.differences == []


@pytest.mark.slow
def test_chance_from_a_seed_reads_no_prices_and_passes():
    found = check("Seeded")
    assert found.passed
    assert found.answered == 0


def test_lists_that_say_something_else_than_signals_are_a_fault():
    found = check("", target="strategy.planted.TwoTongues")
    assert "signal_lists() and signals() differ" in found.faults[0]


def test_one_session_one_bar_and_no_space_are_enough():
    plan = sweep_plan(SPACE, target="strategy.planted.Fair")
    found = check_signals(plan, MARKET.take(0, 1), bars=1, points=1, seed=0)
    assert (found.bars, len(found.sessions), len(found.points)) == (1, 1, 1)


def test_few_contracts_are_those_nearest_the_money():
    market = tiny_slice(1, n_bars=50, n_strikes=21)
    few = near_money(market.sessions[0])
    assert len(few.symbol) == 8
    assert np.abs(few.strike - np.nanmedian(few.close)).max() <= 3
