"""What a candidate must stand: every lane is a simulation, equal to its slow twin, and none touches the market."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quantray.sweeps.lanes import at_share, stress
from quantray.sweeps.market import Made, Slice
from quantray.sweeps.plan import Capital, Fees, Plan
from quantray.sweeps.scores import sample
from tests.builders.sessions import tiny_slice
from tests.builders.sweep_plans import FIXED, sweep_plan
from tests.reference import lanes as slow

PARAMS = {
    "entry_window": "9:30-15:45", "stretch_threshold": 0.0005, "reclaim_percentage": 0.8, "cooldown_period_seconds": 60,
    "take_profit_percent": 35, "stop_loss_percent": -50, "max_trade_duration_seconds": 180, "strikes_depth": 1,
    "option_selection_mode": "itm",
}  # fmt: skip
MARKET = tiny_slice(3, seed=5, n_bars=1000, n_strikes=5)
AROUND = np.array([3.0, np.nan])
BOX = {"stretch_threshold": 0.0005, "take_profit_percent": 35}


def plan_of(**other: object) -> Plan:
    return sweep_plan({name: [value] for name, value in PARAMS.items()}, **other)


def stressed(plan: Plan, market: Slice = MARKET, params: dict[str, object] | None = None):
    chosen = params or PARAMS
    return stress(plan, market, chosen, sample(plan, market, chosen), AROUND)


def lane(found, name: str):
    return next(lane for lane in found.lanes if lane.name == name)


def test_every_lane_equals_its_slow_twin():
    plan, sessions, params = plan_of(), MARKET.sessions, {**FIXED, **PARAMS}
    found = stressed(plan)
    assert len(sample(plan, MARKET, PARAMS).trades) > 8
    assert lane(found, "dearer fees").net == pytest.approx(slow.net(sessions, params, broker=1.3, exchange=1.3))
    assert lane(found, "dearer slippage").net == pytest.approx(slow.net(sessions, params, slippage=0.01))
    assert lane(found, "one bar later").net == pytest.approx(slow.net(sessions, slow.later(params, sessions[0])))
    by_share = dict(found.spread)
    for share in (0.0, 0.5, 1.0, 1.5):
        assert by_share[share] == pytest.approx(slow.net([slow.moved(s, share) for s in sessions], params)), share
    assert lane(found, "beyond the touch").net == by_share[1.5]
    assert found.neighbours == (3.0, None)


def test_the_touch_is_the_market_itself_and_nothing_is_written_to_it():
    before = [(s.bid.tobytes(), s.ask.tobytes()) for s in MARKET.sessions]
    found, made = stressed(plan_of()), sample(plan_of(), MARKET, PARAMS)
    assert dict(found.spread)[1.0] == pytest.approx(made.trades.net.sum())
    assert before == [(s.bid.tobytes(), s.ask.tobytes()) for s in MARKET.sessions]
    session = MARKET.sessions[0]
    rows = np.arange(len(session.symbol))
    same = at_share(session, 1.0, rows, session.bid.copy(), session.ask.copy())
    assert np.array_equal(same.bid, session.bid, equal_nan=True)
    assert np.array_equal(same.ask, session.ask, equal_nan=True)


def test_what_is_refused_stays_refused_at_any_share():
    session = MARKET.sessions[0]
    rows = np.arange(len(session.symbol))
    for share in (0.0, 0.7, 2.0):
        other = at_share(session, share, rows, session.bid.copy(), session.ask.copy())
        for name in ("bid", "ask"):
            mine, theirs = getattr(other, name), getattr(session, name)
            assert np.array_equal(np.isnan(mine), np.isnan(theirs))
        one_sided = ~((session.bid > 0) & (session.ask > session.bid))
        assert np.array_equal(other.ask[one_sided], session.ask[one_sided], equal_nan=True)
        assert not (other.bid < 0).any()


def test_a_session_left_out_is_a_market_without_it():
    plan = plan_of()
    for date, net in stressed(plan).without:
        kept = tuple(s for s in MARKET.sessions if s.date != date)
        assert net == pytest.approx(sample(plan, Slice("X", kept, ""), PARAMS).trades.net.sum())


def test_costs_at_which_nothing_is_left():
    """The figures are costs: charged, they leave nothing."""
    free = plan_of(fees=Fees(0.0, 0.0, 0.0))
    best = max(
        ({**PARAMS, "take_profit_percent": t, "option_selection_mode": m} for t in (5, 10, 35) for m in ("itm", "otm")),
        key=lambda params: sample(free, MARKET, params).trades.net.sum(),
    )
    made = sample(free, MARKET, best)
    found = stressed(free, params=best)
    if made.trades.net.sum() <= 0:
        assert found.break_even_fees is None
        return
    fees, slippage = found.break_even_fees, found.break_even_slippage
    charged = sample(replace(free, fees=Fees(fees / 2, 0.0, 0.0)), MARKET, best)
    assert charged.trades.net.sum() == pytest.approx(0, abs=0.01)
    slipped = sample(replace(free, fees=Fees(0.0, 0.0, slippage)), MARKET, best)
    assert slipped.trades.net.sum() == pytest.approx(0, abs=0.01)


def test_limits_of_capital_and_black_boxes_are_simulated_whole():
    limited = stressed(plan_of(capital=Capital(max_open_positions=1)))
    assert [share for share, _ in limited.spread] == [0.0, 0.5, 1.0, 1.5, 2.0]
    plan = sweep_plan({name: [value] for name, value in BOX.items()}, target="strategy.plugins.Boxed")
    box = stressed(plan, params=BOX)
    assert lane(box, "one bar later").net is None
    assert "black box" in lane(box, "one bar later").why
    shared = sweep_plan({name: [value] for name, value in BOX.items()})
    twin = stressed(shared, params=BOX)
    assert lane(box, "dearer fees").net == pytest.approx(lane(twin, "dearer fees").net)
    assert dict(box.spread) == pytest.approx({share: dict(twin.spread)[share] for share in dict(box.spread)})
    assert dict(box.without) == pytest.approx(dict(twin.without))


def test_prints_have_no_spread():
    found = stressed(plan_of(), tiny_slice(3, seed=5, quotes=False, n_bars=1000, n_strikes=5))
    assert found.spread == ()
    assert found.break_even_spread is None
    assert "no spread" in lane(found, "beyond the touch").why


def test_a_session_without_which_nothing_is_left_is_a_lane():
    found = replace(stressed(plan_of()), without=(("2024-11-25", 5.0), ("2024-11-26", -1.0)))
    assert found.worst_without == ("2024-11-26", -1.0)
    assert found.told[-1].net == -1.0
    assert "2024-11-26" in found.told[-1].phrase


@pytest.mark.parametrize("capital", [Capital(), Capital(max_open_positions=1)])
def test_sessions_that_are_not_held_stand_the_same(capital: Capital) -> None:
    """Where a session follows from others, the changed ones are made one at a time, too."""
    apart = replace(MARKET, sessions=Made(MARKET.dates, lambda k: MARKET.sessions[k]))
    assert stressed(plan_of(capital=capital), apart) == stressed(plan_of(capital=capital))
