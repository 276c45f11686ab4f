"""Trades one by one: what the end of data is worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quantray.sweeps.evaluate import evaluate, trades
from quantray.sweeps.market import Session, Slice
from quantray.sweeps.trades import ExitReason
from tests.builders.sessions import tiny_slice
from tests.builders.sweep_plans import sweep_plan


def test_end_of_data_without_a_bid_is_worth_intrinsic_value_or_nothing():
    slice = tiny_slice(1, n_bars=400)
    session: Session = slice.sessions[0]
    bid = session.bid.copy()
    bid[:, 200:] = np.nan
    silent = Slice("X", (replace(session, bid=bid),), "no bids in the second half")
    params = {
        "side": -1, "end_of_day_exit": "close-0s", "emergency_exit": "close-0s", "late_entry_cutoff": "close-0s",
        "max_trade_duration_seconds": 1000, "take_profit_percent": 1000.0, "stop_loss_percent": -100.0,
    }  # fmt: skip
    plan = sweep_plan({"every_s": [50]}, target="strategy.plugins.EveryMinute", params=params)
    listed = trades(plan, silent, {"every_s": 50})
    at_end = listed.reason == ExitReason.END_OF_DATA
    assert at_end.all()
    assert len(listed) > 0
    worth = np.maximum(session.close[-1] - session.strike[listed.contract], 0.0)
    assert np.array_equal(listed.exit_price, worth)
    assert evaluate(plan, silent, plan.space.candidates([0])).columns["no_bid_at_close"][0] == len(listed)
