"""On a market that is a martingale, no rule of entry or exit earns anything but minus its costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quantray.sweeps.data import load
from quantray.sweeps.data.settings import DataSettings, SyntheticSettings
from quantray.sweeps.evaluate import evaluate, trades
from quantray.sweeps.market import Session, Slice
from quantray.sweeps.plan import Fees
from tests.builders.sweep_plans import sweep_plan

FREE = Fees(broker_per_contract=0, exchange_per_contract=0, slippage_per_share=0)


@pytest.fixture(scope="module")
def market() -> Slice:
    return load(DataSettings(synthetic=SyntheticSettings(sessions=12)))


def at_mid(session: Session) -> Session:
    """The session with both sides of every two-sided quote at the middle."""
    assert session.bid is not None
    assert session.ask is not None
    mid = (session.bid + session.ask) / 2
    return replace(session, bid=mid, ask=mid)


def pooled(market: Slice, params: dict, fees: Fees) -> np.ndarray:
    """Net of trades that do not overlap: a call and a put every ten minutes, held at most ten."""
    found = []
    for side in (-1, 1):
        fixed = {"side": side, "option_selection_mode": "atm", "max_trade_duration_seconds": 590, **params}
        plan = sweep_plan({"every_s": [600]}, target="strategy.plugins.EveryMinute", params=fixed, fees=fees)
        found.append(trades(plan, market, {"every_s": 600}).net)
    # a call and a put of one second lose and win together: their sum is the independent observation
    n = min(map(len, found))
    return found[0][:n] + found[1][:n]


EXITS = {
    "time": {"take_profit_percent": 1e6, "stop_loss_percent": -100},
    "take profit": {"take_profit_percent": 10, "stop_loss_percent": -100},
    "stop loss": {"take_profit_percent": 1e6, "stop_loss_percent": -10},
    "both": {"take_profit_percent": 25, "stop_loss_percent": -25},
    "tight": {"take_profit_percent": 5, "stop_loss_percent": -5},
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", EXITS)
def test_mid_to_mid_nothing_is_earned(market, kind):
    mid = Slice(market.underlying, tuple(at_mid(s) for s in market.sessions), "mid")
    net = pooled(mid, EXITS[kind], FREE)
    error = net.std(ddof=1) / np.sqrt(len(net))
    assert len(net) > 300
    assert abs(net.mean()) < 3 * error, f"{kind}: {net.mean():.2f} per pair, standard error {error:.2f}"


@pytest.mark.slow
@pytest.mark.parametrize("kind", EXITS)
def test_with_spread_and_fees_the_costs_are_lost(market, kind):
    fees = Fees()
    free, paid = pooled(market, EXITS[kind], FREE), pooled(market, EXITS[kind], fees)
    assert np.allclose(free - paid, 2 * fees.per_contract())  # fees never decide an exit
    assert paid.mean() < 0


@pytest.mark.slow
def test_the_published_table_earns_nothing_on_average(market):
    plan = sweep_plan()
    some = plan.space.candidates(np.random.default_rng(3).choice(plan.space.size, 20_000, replace=False))
    found = evaluate(plan, market, some, full=False)
    traded = found.columns["n_trades"] >= 10
    assert traded.sum() > 1000
    assert found.columns["expectancy"][traded].mean() < 0
