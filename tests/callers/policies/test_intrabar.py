"""Both orders of events inside a candle: the interval they leave, and the share of trades it is open for."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.callers.policies import read_policy
from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.evaluate import Block, Market, Pool
from quantray.callers.policies.intrabar import OrderInterval, order_interval, orders_of
from quantray.callers.policies.program import compile_policies
from quantray.callers.policies.tables import build_tables
from quantray.errors import ConfigError
from tests.builders.candles import MINUTE, POLICIES, candles, whole, written
from tests.builders.policy_markets import windows_of


def interval_of(c, windows, policies, costs=None):
    program = compile_policies(policies)
    low, high = (build_tables(c, windows, program.levels, 60, intrabar=order) for order in orders_of("both"))
    return low, program, order_interval(low, high, program, costs or Costs())


@pytest.mark.parametrize("basis", ["traded", "entry"])
def test_stop_first_is_never_above_target_first(basis):
    """Any policy, mixes and moving stops too; they differ exactly where a trade is ambiguous."""
    c = candles(600, seed=3, vol=0.03)
    windows = windows_of(c, 120, seed=4)
    costs = Costs(basis=basis)
    tables, program, found = interval_of(c, windows, POLICIES, costs)
    there = ~np.isnan(found.low)
    assert (np.isnan(found.high) == ~there).all()
    assert (found.low[there] <= found.high[there]).all()
    assert 0.01 < found.decided.mean() < 0.5
    n = len(windows.entry)
    pool = Pool(np.arange(n), np.zeros(n, int), np.zeros(n, int), np.arange(n))
    block = Block(tables, program, pool, Account(limited=False), costs)
    market = Market(c, 60, 0, int(c.ts[-1]) + MINUTE)
    for p in range(len(POLICIES)):
        trades = block.trades(p, market)
        assert found.decided[trades.call, p].tolist() == trades.ambiguous.tolist()
    metrics = block.metrics(market)
    np.testing.assert_array_equal(found.ambiguous_share, metrics["ambiguous_share"])
    np.testing.assert_allclose(found.mean_low, metrics["captured_return"], rtol=1e-12)
    assert (found.mean_low <= found.mean_high).all()


def test_one_candle_by_hand():
    """Stop at 0.95 and target at 1.05 in one candle: the ends of the interval are the two levels, less 80 bps."""
    c = written([1, 1.01, 0.99, 1], [1, 1.1, 0.9, 1], [1, 1, 1, 1])
    *_, found = interval_of(c, whole(c), [read_policy({"sl": 0.95, "tp": 1.05})], Costs(basis="entry"))
    assert found.low[0, 0] == pytest.approx(-0.058, abs=1e-12)
    assert found.high[0, 0] == pytest.approx(0.042, abs=1e-12)
    assert found.ambiguous_share.tolist() == [1.0]
    gone = found.of(np.array([False]))
    assert gone.low.shape == (0, 1)
    assert np.isnan(gone.mean_low).all()
    assert np.isnan(OrderInterval(np.array([[np.nan]]), np.array([[np.nan]])).ambiguous_share).all()


def test_refusals():
    assert orders_of("stop_first") == ("stop_first",)
    with pytest.raises(ConfigError, match="did you mean 'both'"):
        orders_of("bot")
    c = candles(50, seed=1)
    program = compile_policies([read_policy({"sl": 0.9})])
    tables = build_tables(c, whole(c), program.levels, 60)
    with pytest.raises(ValueError, match="stop_first and target_first"):
        order_interval(tables, tables, program, Costs())
