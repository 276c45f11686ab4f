"""Policies scored on tables: lanes, programs in parts, prices that are none."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.callers.policies import read_policy
from quantray.callers.policies.account import STRESS, Costs
from quantray.callers.policies.evaluate import returns
from quantray.callers.policies.program import compile_policies
from quantray.callers.policies.tables import build_tables
from quantray.errors import DataError
from tests.builders.candles import POLICIES, candles, whole
from tests.builders.policy_markets import windows_of


def test_a_candle_without_a_price_sells_nothing_in_silence():
    c = candles(30, seed=1, idle=0)
    program = compile_policies([read_policy({"hold": "5m"})])
    c.close[4] = c.high[2] = c.low[3] = np.nan
    with pytest.raises(DataError, match="remove candles without a price"):
        build_tables(c, whole(c), program.levels, 60)
    c.close[4] = c.close[5]
    assert np.isfinite(returns(build_tables(c, whole(c), program.levels, 60), program, Costs())[0]).all()


@pytest.mark.parametrize("entry", ["open", "close"])
def test_infinite_prices_pass_no_level_that_is_not_there(entry):
    """A high without end reaches the last target and no other; memory behind the tables stays what it was."""
    c = candles(60, seed=1, idle=0)
    c.high[7::10], c.low[9::10] = np.inf, -np.inf
    program = compile_policies(POLICIES)
    built = build_tables(c, whole(c), program.levels, 60, entry=entry)
    at = built.keys >> 3
    bars = len(c.ts) - (entry == "close")
    assert np.isfinite(built.fill).all()
    assert ((at < bars) | (built.fill == 1)).all()
    assert np.isfinite(returns(built, program, Costs())[0]).any()


def test_what_is_no_price_above_zero_neither_buys_nor_sells():
    program = compile_policies([read_policy({"hold": "5m", "sl": 0.5})])
    for bad in (np.nan, np.inf, -1.0, 0.0):
        c = candles(30, seed=1, idle=0)
        c.close[0] = bad
        assert not (build_tables(c, whole(c), program.levels, 60, entry="close").price <= 0).any()
    c = candles(30, seed=1, idle=0)
    c.open[3] = -1.0
    c.low[3] = -1.0
    with pytest.raises(DataError, match="no number above 0, about 1970-01-01T00:04:00Z"):
        build_tables(c, whole(c), program.levels, 60)


def test_a_stress_lane_is_the_same_grid_at_its_own_costs():
    """Simulated again: the result at higher costs is not the old one less a difference, where both sides are paid."""
    c = candles(400, seed=2)
    program = compile_policies(POLICIES)
    tables = build_tables(c, windows_of(c, 60, seed=3), program.levels, 60)
    standard = returns(tables, program, Costs())[0]
    there = ~np.isnan(standard)
    for lane in STRESS:
        costs = Costs(*lane)
        net = returns(tables, program, costs)[0]
        gross = (standard + 1 + Costs().side) / (1 - Costs().side)
        np.testing.assert_allclose(net[there], (gross * (1 - costs.side) - 1 - costs.side)[there], atol=1e-12)
        assert (net[there] < standard[there]).all()


def test_some_policies_of_a_program():
    """The same policies, whichever way they were taken, over the same tables."""
    c = candles(300, seed=4)
    windows = windows_of(c, 40, seed=5)
    program = compile_policies((*POLICIES, read_policy({"sl": 0.9, "tp": 1.07, "hold": "5m"})))
    tables = build_tables(c, windows, program.levels, 60)
    net, last = returns(tables, program, Costs())
    for rows in ([0], [20, 3, 3, 7], range(21), [19, 18], [8, 9]):
        rows = np.array(rows)
        taken = program.take(rows)
        assert taken.policies == tuple(program.policies[i] for i in rows)
        got = returns(tables, taken, Costs())
        np.testing.assert_array_equal(got[0], net[:, rows])
        np.testing.assert_array_equal(got[1], last[:, rows])
        anew = returns(tables, compile_policies(taken.policies, program.levels), Costs())
        np.testing.assert_array_equal(got[0], anew[0])
        assert taken.take(np.array([0])).policies == (program.policies[rows[0]],)
