"""Planted look-ahead inside a black box is found by its trades; a fair box passes."""

import pytest

from quantray.sweeps.lookahead_trades import check_trades
from tests.builders.sessions import tiny_slice
from tests.builders.sweep_plans import sweep_plan

MARKET = tiny_slice(3, n_bars=4000, n_strikes=3)


def check(name: str, **kwargs):
    plan = sweep_plan({"any": [1]}, target=f"strategy.planted.{name}")
    return check_trades(plan, MARKET, **{"bars": 100, "points": 1, "seed": 0} | kwargs)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_fair_box_passes(seed):
    found = check("FairBox", seed=seed)
    assert (found.passed, found.notes) == (True, [])
    assert found.decisions > 200


@pytest.mark.parametrize("name", ["NextBarBox", "GoodDaysBox"])
def test_a_box_that_looks_ahead_is_found(name):
    found = check(name)
    assert found.differences
    assert "a trade signalled at bar" in found.differences[0].before + found.differences[0].after


@pytest.mark.slow
def test_entries_that_wait_are_compared_once_they_are_filled():
    """A resting order that a later price fills, or does not, is no look-ahead."""
    found = check("WaitingBox")
    assert found.passed
    assert "wait a varying time" in found.notes[0]


def test_a_box_that_raises_says_where():
    found = check("BrokenBox")
    assert "planted.py, line" in found.faults[0]
