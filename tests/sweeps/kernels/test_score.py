"""The compiled evaluation equals the slow reference to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantray.space import Candidates
from quantray.sweeps.data import load
from quantray.sweeps.data.settings import DataSettings
from quantray.sweeps.evaluate import evaluate, trades
from quantray.sweeps.kernels.score import TRADES
from quantray.sweeps.metrics import METRICS
from quantray.sweeps.plan import Capital, Fees
from tests.builders.sessions import tiny_slice
from tests.builders.sweep_plans import FIXED, SHARED, SPACE, sweep_plan
from tests.reference import options_sweep as reference

UNLIMITED, USUAL = Capital(), Fees()


def compare(market, params, capital=UNLIMITED, fees=USUAL):
    """Assert equality of one candidate's metrics, per-session sums and trades; return the number of trades."""
    given = {**FIXED, **params}
    plan = sweep_plan({k: [v] for k, v in given.items()}, capital=capital, fees=fees)
    got = evaluate(plan, market, Candidates.of([given]))
    assert not got.why
    expected_trades, refused, total, carried = reference.run(
        market.sessions, given, cash=capital.initial, max_open=capital.max_open_positions, contracts=capital.contracts,
        broker=fees.broker_per_contract, exchange=fees.exchange_per_contract, slippage=fees.slippage_per_share,
    )  # fmt: skip
    expected = reference.metrics(expected_trades, refused, total, carried, market.sessions[0].interval_s)
    assert set(got.columns) == set(METRICS) == set(expected)
    row = got.row(0)
    assert row == expected
    for k in range(len(market)):
        assert got.session_net[0, k] == reference.added(t.net for t in expected_trades if t.session == k)
    listed = trades(plan, market, given)
    pairs = [
        ("session", "session"), ("signal_bar", "signal"), ("origin_bar", "origin"), ("side", "side"),
        ("contract", "contract"), ("entry_bar", "entry"), ("exit_bar", "exit"), ("entry_price", "entry_price"),
        ("exit_price", "exit_price"), ("net", "net"), ("risk", "risk"), ("entry_carried", "entry_carried"),
        ("exit_carried", "exit_carried"),
    ]  # fmt: skip
    for column, attribute in pairs:
        assert getattr(listed, column).tolist() == [getattr(t, attribute) for t in expected_trades], column
    return len(expected_trades)


@pytest.mark.slow
@pytest.mark.parametrize("quotes", [True, False])
@pytest.mark.parametrize("interval_s", [1, 60])
def test_random_candidates_of_the_published_space(quotes, interval_s):
    slice = tiny_slice(3, seed=5, quotes=quotes, interval_s=interval_s, n_bars=3000 if interval_s == 1 else None)
    rng = np.random.default_rng(1)
    space = {**SPACE, "option_selection_mode": ["itm", "otm", "atm"], "strikes_depth": [1, 2, 9]}
    space["stretch_threshold"] = [0.0003, 0.0005, 0.001, 0.002]
    total = 0
    for _ in range(25):
        total += compare(slice, {name: values[rng.integers(len(values))] for name, values in space.items()})
    assert total > 100


@pytest.mark.slow
@pytest.mark.parametrize("quotes", [True, False])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_rules_on_any_market(quotes, data):
    """Every rule of the page at once: latency, ages, waiting, cutoffs, expiries, capital, fees."""
    draw = data.draw
    slice = tiny_slice(
        2, seed=draw(st.integers(0, 50)), quotes=quotes, interval_s=draw(st.sampled_from([1, 60])), n_bars=390,
        n_strikes=draw(st.sampled_from([1, 3, 7])), next_day=draw(st.booleans()),
        lunch=draw(st.booleans()), early_ends=draw(st.booleans()),
    )  # fmt: skip
    params = {
        "entry_window": draw(st.sampled_from(["9:30-15:45", "9:31-9:35", "9:30-9:30", "12:00-15:00"])),
        "stretch_threshold": draw(st.sampled_from([0.0001, 0.0003, 0.0007, 0.001])),
        "reclaim_percentage": draw(st.sampled_from([0.0, 0.4, 0.8, 0.95])),
        "cooldown_period_seconds": draw(st.sampled_from([1, 5, 30, 90, 100000, 2**31, 1e18])),
        "take_profit_percent": draw(st.sampled_from([0.5, 3, 10, 50])),
        "stop_loss_percent": draw(st.sampled_from([-0.5, -3, -10, -100])),
        "max_trade_duration_seconds": draw(st.sampled_from([1, 7, 60, 600, 100000])),
        "strikes_depth": draw(st.sampled_from([1, 2, 50])),
        "option_selection_mode": draw(st.sampled_from(["itm", "otm", "atm"])),
        "latency_seconds": draw(st.sampled_from([0.5, 1, 3, 61])),
        "max_price_age_seconds": draw(st.sampled_from([None, 0, 2, 10])),
        "stale_fill": draw(st.sampled_from(["next_print", "carry"])),
        "require_same_day_expiry": draw(st.booleans()),
        "late_entry_cutoff": draw(st.sampled_from(["close-6m", "close-20s", "15:54", "9:34:30"])),
        "end_of_day_exit": draw(st.sampled_from(["close-6m", "close-10s", "close-0s", "9:35"])),
        "emergency_exit": draw(st.sampled_from(["close-5m", "close-5s", "close-0s", "9:35"])),
    }
    capital = Capital(
        contracts=draw(st.integers(1, 3)), initial=draw(st.sampled_from([None, 150.0, 500.0])),
        max_open_positions=draw(st.sampled_from([None, 1, 2])),
    )  # fmt: skip
    compare(slice, params, capital, Fees(slippage_per_share=draw(st.sampled_from([None, 0.0, 0.01]))))


@pytest.mark.parametrize("capital", [Capital(), Capital(max_open_positions=1), Capital(initial=600.0)])
def test_candidates_come_out_together_as_alone(capital):
    """More candidates and trades than one block holds, some of them without any."""
    space = {**SPACE, "stretch_threshold": [0.0003, 0.001, 0.02], "entry_window": SPACE["entry_window"][-1:]}
    plan = sweep_plan(space, capital=capital)
    market = tiny_slice(3, seed=5, n_bars=3000)
    numbers = np.random.default_rng(3).choice(plan.space.size, 400, replace=False)
    together = evaluate(plan, market, plan.space.candidates(numbers))
    assert together.columns["n_trades"].sum() > 2 * TRADES
    for i in range(0, 400, 9):
        alone = evaluate(plan, market, plan.space.candidates(numbers[i : i + 1]))
        assert alone.row(0) == together.row(i)
        assert np.array_equal(alone.session_net[0], together.session_net[i])


def test_an_entry_that_takes_the_last_cent_is_admitted_in_whatever_order_it_was_added_up():
    """150 - 107.10 in three parts is 42.90 but for rounding, which is what the last entry costs."""
    params = {
        "entry_window": "9:31-9:35", "stretch_threshold": 0.0001, "reclaim_percentage": 0.0, "strikes_depth": 1,
        "cooldown_period_seconds": 1, "take_profit_percent": 0.5, "stop_loss_percent": -100,
        "max_trade_duration_seconds": 60, "option_selection_mode": "atm", "latency_seconds": 3,
        "max_price_age_seconds": None, "require_same_day_expiry": False, "late_entry_cutoff": "close-20s",
        "end_of_day_exit": "close-10s", "emergency_exit": "close-5s",
    }  # fmt: skip
    assert compare(tiny_slice(2, seed=3, n_bars=390, n_strikes=3), params, Capital(contracts=3, initial=150.0)) == 8


@pytest.mark.slow
@pytest.mark.parametrize("quotes", [True, False])
@pytest.mark.parametrize("evening", [True, False])
def test_breaks_contracts_that_end_early_and_sessions_through_the_night(quotes, evening):
    """75 random candidates each; docs/rules.md, "Sessions" and "Contracts"."""
    rng = np.random.default_rng([7, quotes, evening])
    space = {
        "entry_window": ["23:05-3:00", "0:30-4:00", "23:00-5:20"] if evening else ["9:30-15:45", "9:40-12:00"],
        "stretch_threshold": [0.0002, 0.0005, 0.001], "reclaim_percentage": [0.3, 0.7, 0.95],
        "cooldown_period_seconds": [60, 180, 1200, 100_000], "take_profit_percent": [3, 20, 90],
        "stop_loss_percent": [-3, -30, -100], "max_trade_duration_seconds": [60, 300, 3600, 100_000],
        "strikes_depth": [1, 2, 9], "option_selection_mode": ["itm", "otm", "atm"], "latency_seconds": [1, 61, 240],
        "max_price_age_seconds": [None, 60, 600], "stale_fill": ["next_print", "carry"],
        "require_same_day_expiry": [True, False], "late_entry_cutoff": ["close-6m", "close-90m", "1:00", "15:54"],
        "end_of_day_exit": ["close-6m", "close-0s", "2:00"], "emergency_exit": ["close-5m", "close-0s", "2:30"],
    }  # fmt: skip
    total = 0
    for k in range(75):
        slice = tiny_slice(
            2, seed=k, quotes=quotes, interval_s=60, n_bars=390, next_day=True, lunch=True, early_ends=True,
            evening=evening,
        )  # fmt: skip
        total += compare(slice, {name: values[rng.integers(len(values))] for name, values in space.items()})
    assert total > 200


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="real market data (../shared/data) is not here")
@pytest.mark.parametrize(("day", "same_day"), [("2015-12-24", True), ("2015-12-23", False)])
def test_real_option_quotes(day, same_day):
    """GOOG minute bars: a half day with contracts that expire at its close, and a day with next-day contracts."""
    files = {"underlying": str(SHARED / "underlying_1m.parquet"), "options": str(SHARED / "option_quotes_1m.parquet")}
    slice = load(DataSettings(kind="parquet", symbol="GOOG", from_=day, to=day, **files))
    rng = np.random.default_rng(2)
    space = {**SPACE, "option_selection_mode": ["itm", "otm", "atm"], "strikes_depth": [1, 2, 5]}
    space["stretch_threshold"] = [0.0003, 0.0005, 0.001, 0.002]
    total = 0
    for _ in range(60):
        params = {name: values[rng.integers(len(values))] for name, values in space.items()}
        total += compare(slice, {**params, "require_same_day_expiry": same_day})
    assert total > 60
