"""The price of the underlying that calls and puts imply, and when quotes move."""

from dataclasses import replace

import numpy as np
import pytest

from quantray.sweeps.data.parity import changes, lone_mids, near_quotes, parity_errors
from tests.builders.parities import day


def test_quotes_at_parity_have_no_error():
    contracts, ends, grid, rows = day()
    near = near_quotes(contracts, ends, grid, rows)
    assert near is not None
    assert [(near.strike[i], near.strike[j]) for i, j in near.pairs] == [(k, k) for k in (99.0, 100.0, 101.0)]
    error, excess = parity_errors(near, grid, 0.0)
    assert np.abs(error).max() == pytest.approx(0, abs=1e-9)
    assert (excess < 0).all()


@pytest.mark.parametrize("by", [-0.5, 0.5])
def test_an_underlying_of_another_level_is_outside_everywhere(by):
    contracts, ends, grid, rows = day()
    near = near_quotes(contracts, ends, grid, rows)
    assert near is not None
    error, excess = parity_errors(near, replace(grid, close=grid.close + by), 0.002)
    assert (excess > 0).all()
    assert error.mean() == pytest.approx(-by)


def test_bars_without_a_trade_of_their_own_are_not_compared():
    contracts, ends, grid, rows = day()
    near = near_quotes(contracts, ends, grid, rows)
    assert near is not None
    filled = np.arange(grid.n_bars) % 2 == 0
    error, _ = parity_errors(near, replace(grid, filled=filled), 0.0)
    assert np.isnan(error[:, filled]).all()
    assert np.isfinite(error[:, ~filled]).all()


def test_mids_change_with_the_underlying_whatever_their_right():
    contracts, ends, grid, rows = day()
    near = near_quotes(contracts, ends, grid, rows)
    assert near is not None
    first, second = changes(near, grid)
    assert np.allclose(first, 0.5 * second)


def test_far_strikes_and_later_expiries_are_left_out():
    contracts, ends, grid, rows = day()
    later = replace(contracts, expiry=contracts.expiry + np.arange(len(contracts.symbol), dtype=np.int32) % 2)
    near = near_quotes(later, ends, grid, rows)
    assert near is not None
    assert (later.expiry[near.index] == later.expiry.min()).all()
    assert near_quotes(replace(contracts, strike=contracts.strike * 2), ends, grid, rows) is None


def test_a_quote_that_leaps_away_and_back_is_found_and_no_other():
    contracts, ends, grid, rows = day()
    bid, ask, bar, place = rows
    at = int(np.flatnonzero((place == 0) & (bar == 40))[0])
    bid[at], ask[at] = 3 * bid[at], 3 * ask[at]
    near = near_quotes(contracts, ends, grid, (bid, ask, bar, place))
    assert near is not None
    assert [(k, b) for k, b, *_ in lone_mids(near, grid)] == [(0, 40)]
