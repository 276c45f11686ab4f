"""The compiled account equals the slow one: sizes, skips, cash, equity, metrics, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.arrays import plain
from quantray.callers.codes import SKIPS
from quantray.callers.policies import read_policy
from quantray.callers.policies.account import Account, Costs
from tests.builders.candles import POLICIES
from tests.builders.pools import case, slow
from tests.reference import policy_account

RULES = [
    Account(),
    Account(max_positions=2, max_positions_per_asset=None, max_allocation_pct=0.5, max_risk_per_trade=4000),
    Account(sizing="fixed", amount=3000, max_positions_per_asset=2, max_positions_per_caller=1),
    Account(
        sizing="fraction", basis="equity", max_allocation_pct=0.3, max_positions=None, max_positions_per_asset=None
    ),
    Account(sizing="risk", basis="equity", max_allocation_pct=1.0, max_risk_per_trade=9000, max_positions_per_asset=3),
    Account(sizing="risk", basis="initial", max_allocation_pct=0.4, max_risk_per_trade=9000, minimum=1500),
]


def compare(c, policy, account, costs):
    """Assert equality of queue, equity, cash and every metric; returns the reasons of the skips."""
    market = c.market
    times = market.closes
    block = c.block([policy], account, costs)
    got = block.trades(0, market)
    expected, without = slow(c, policy, account, costs, times)
    assert got.call.tolist() == [int(c.pool.call[np.flatnonzero(c.pool.rank == o.rank)[0]]) for o in expected.queue]
    assert [SKIPS[s] for s in got.skip] == [o.skip for o in expected.queue]
    assert got.size.tolist() == [o.size for o in expected.queue]
    assert got.pnl.tolist() == [o.pnl for o in expected.queue]
    assert got.final_capital == expected.cash
    equity, cash = block.equity(0, market, times)
    assert equity.tolist() == expected.equity
    assert cash.tolist() == expected.cash_at
    assert min(cash) >= 0
    days, _ = slow(c, policy, account, costs, market.days)
    on_entry = costs.basis == "entry"
    want = policy_account.metrics(expected, account, costs.side, on_entry, (market.start_ns, market.end_ns), without)
    want["max_drawdown"] = policy_account.max_drawdown(expected.equity, account.initial)
    want["sharpe"], want["sortino"] = policy_account.daily(days.equity, account.initial)
    metrics = {k: plain(v[0]) for k, v in block.metrics(market, closes=times, daily=True).items()}
    assert metrics == {name: want.get(name) for name in metrics}
    return {o.skip for o in expected.queue}


@pytest.mark.slow
@pytest.mark.parametrize("rules", RULES, ids=lambda r: f"{r.sizing}-{r.basis}")
@pytest.mark.parametrize("costs", [Costs(), Costs(50, 100, "entry")], ids=["traded", "entry"])
def test_policies_on_accounts(rules, costs):
    c = case(seed=1)
    for policy in POLICIES:
        compare(c, policy, rules, costs)


@pytest.mark.slow
def test_every_skip_occurs_and_is_the_first_that_fails():
    seen = set()
    hold = read_policy({"hold": "3h"})
    c = case(n_calls=60, seed=2, hold=190)
    for rules in (
        *RULES,
        Account(sizing="fixed", amount=5),
        Account(sizing="fixed", amount=4000, max_positions_per_asset=9),
    ):
        seen |= compare(c, hold, rules, Costs())
    assert seen == set(SKIPS)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_account(data):
    draw = data.draw
    some = st.one_of(st.none(), st.integers(1, 4))
    rules = Account(
        initial=draw(st.sampled_from([50.0, 10_000.0, 1e9])),
        sizing=draw(st.sampled_from(["risk", "fixed", "fraction"])),
        max_allocation_pct=draw(st.sampled_from([0.04, 0.5, 1.0])),
        max_risk_per_trade=draw(st.sampled_from([1.0, 200.0, 1e8])), amount=draw(st.sampled_from([9.0, 3000.0])),
        basis=draw(st.sampled_from(["free_cash", "equity", "initial"])), max_positions=draw(some),
        max_positions_per_asset=draw(some), max_positions_per_caller=draw(some),
        minimum=draw(st.sampled_from([0.0, 10.0, 500.0])),
    )  # fmt: skip
    costs = Costs(
        draw(st.sampled_from([0, 30, 900])), draw(st.sampled_from([0, 10])), draw(st.sampled_from(["traded", "entry"]))
    )
    c = case(n_calls=draw(st.integers(1, 25)), n_assets=draw(st.integers(1, 3)), length=60,
             seed=draw(st.integers(0, 999)), together=draw(st.sampled_from([1, 5])), vol=0.1)  # fmt: skip
    compare(c, draw(st.sampled_from(POLICIES)), rules, costs)


@pytest.mark.slow
def test_permuting_calls_of_one_time_changes_nothing():
    c = case(n_calls=60, seed=5, together=10)
    rules = Account(max_positions=4, max_allocation_pct=0.3, max_risk_per_trade=5000, max_positions_per_asset=2)
    market = c.market
    expected = c.block(POLICIES, rules, Costs()).metrics(market, closes=market.closes, daily=True)
    rng = np.random.default_rng(0)
    for _ in range(5):
        got = c.block(POLICIES, rules, Costs(), permute=rng.permutation(len(c.pool))).metrics(
            market, closes=market.closes, daily=True
        )
        for name in expected:
            np.testing.assert_array_equal(got[name], expected[name])


@pytest.mark.slow
def test_cash_never_negative_and_equity_is_cash_and_marks():
    """All of the cash is put to work: rounding may not spend more than there is."""
    for seed in range(20):
        c = case(n_calls=30, seed=seed, vol=0.08)
        rules = Account(max_allocation_pct=1.0, max_risk_per_trade=1e9, max_positions_per_asset=None, minimum=0)
        block = c.block(POLICIES, rules, Costs(29.7, 11.3))
        for p in range(len(POLICIES)):
            equity, cash = block.equity(p, c.market, c.market.closes)
            assert cash.min() >= 0
            assert (equity >= cash).all()
