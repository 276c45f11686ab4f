"""Sessions that open the evening before, breaks, far time zones, and rows that lie in no session; docs/rules.md."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quantray.errors import ConfigError
from quantray.sweeps.data import DataSettings, load
from quantray.sweeps.evaluate import trades
from quantray.sweeps.long_option import bar_at, bars_at, window_bars
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.trades import Signals
from strategy.vwap_reclaim import VwapReclaim
from tests.builders.calendars import market
from tests.builders.market_files import frames, write
from tests.builders.sweep_plans import FIXED, sweep_plan
from tests.reference import options_sweep as reference

# clocks -------------------------------------------------------------------------------------------------------------


def test_clock_times_of_a_session_that_opens_the_evening_before(tmp_path: Path):
    session = market(tmp_path, "CMES", "2024-11-18", "2024-11-18").sessions[0]
    assert session.open_s == 17 * 3600
    assert window_bars(session, "9:30-15:45") == (990, 1365)
    assert window_bars(session, "17:00-17:00") == (0, 0)
    assert window_bars(session, "18:00-2:00") == (60, 540)
    assert window_bars(session, "17:00-16:59") == (0, 1439)
    assert bar_at(session, "15:54") == 1374
    assert bar_at(session, "close-6m") == 1434
    assert bar_at(session, "0:00") == 420
    with pytest.raises(ConfigError, match="'9:30-18:00' ends before it starts in a session that opens at 17:00"):
        window_bars(session, "9:30-18:00")


def test_a_window_through_the_night_is_refused_where_sessions_end_before_it(tmp_path: Path):
    session = market(tmp_path, "XNYS", "2024-11-18", "2024-11-18").sessions[0]
    with pytest.raises(ConfigError, match="ends before it starts in a session that opens at 9:30"):
        window_bars(session, "18:00-2:00")
    assert window_bars(session, "0:00-23:59") == (0, 389)
    assert bar_at(session, "9:00") == 0


def test_signals_of_an_overnight_session_lie_in_the_window(tmp_path: Path):
    session = market(tmp_path, "CMES", "2024-11-18", "2024-11-18").sessions[0]
    rules = VwapReclaim(entry_window="9:30-15:45", stretch_threshold=0.0005, reclaim_percentage=0.9)
    found = rules.signals(session)
    assert len(found.bar)
    assert ((found.origin >= 990) & (found.origin <= 1365)).all()


@pytest.mark.parametrize(("value", "clock"), [(720, "12:00"), (570, "9:30"), (34_230, "9:30:30"), (57_240, "15:54:00")])
def test_a_time_that_yaml_read_as_a_number_is_told_with_the_quotes_it_needs(value: int, clock: str):
    for name in ("late_entry_cutoff", "end_of_day_exit", "emergency_exit"):
        with pytest.raises(ConfigError, match=rf"{name}={value} must read .*YAML makes {value} of {clock} .*'{clock}'"):
            VwapReclaim(**{name: value})
    with pytest.raises(ConfigError, match=f"write '{clock}'"):
        VwapReclaim(entry_window=value)


@pytest.mark.slow
def test_rows_in_a_break_are_outside_the_session_and_change_nothing(tmp_path: Path):
    plain = market(tmp_path, "XHKG", "2024-11-18", "2024-11-18")
    noon = market(tmp_path, "XHKG", "2024-11-18", "2024-11-18", in_break=True)
    assert noon.quality["bars_outside_sessions"] == 60
    assert noon.quality["option_rows_outside_sessions"] == 120
    assert noon.quality["rows_outside_sessions"] == 180
    assert noon.quality["bars"] == plain.quality["bars"] == 330
    assert np.isnan(noon.sessions[0].bid[:, 150:210]).all()


@pytest.mark.slow
def test_no_quote_of_the_morning_stands_in_the_afternoon(tmp_path: Path):
    whole = market(tmp_path, "XHKG", "2024-11-18", "2024-11-18").sessions[0]
    rows = pd.read_parquet(tmp_path / "options.parquet")
    gone = (rows.ts >= pd.Timestamp("2024-11-18T05:00Z")) & (rows.ts < pd.Timestamp("2024-11-18T05:20Z"))
    rows[~gone].to_parquet(tmp_path / "options.parquet")
    paths = {name: str(tmp_path / f"{name}.parquet") for name in ("underlying", "chain", "options")}
    session = load(DataSettings(kind="parquet", calendar="XHKG", **paths)).sessions[0]
    assert np.isnan(session.bid[:, 150:230]).all()
    np.testing.assert_array_equal(session.bid[:, 230:], whole.bid[:, 230:])


@pytest.mark.slow
@pytest.mark.parametrize("calendar", ["XHKG", "CMES", "XNZE"])
def test_modelled_options_and_the_synthetic_market_keep_the_hours_of_any_exchange(calendar: str, tmp_path: Path):
    market(tmp_path, calendar, "2024-11-18", "2024-11-20")
    bars = str(tmp_path / "underlying.parquet")
    for made in (
        load(DataSettings(kind="parquet", underlying=bars, chain="synthetic", calendar=calendar)),
        load(DataSettings(calendar=calendar, cache=str(tmp_path), from_="2024-11-18", to="2024-11-18")),
    ):
        session = made.sessions[0]
        assert made.quality["rows_outside_sessions"] == 0
        if session.closed is not None:
            after = int(session.closed.nonzero()[0][-1]) + 1
            assert session.fresh[:, after].mean() > 0.9  # quoted anew, but for what is withdrawn


class Fixed(VwapReclaim):
    """Signals at given bars, whatever the market does."""

    at: Sequence[int] = ()

    def signals(self, session: Any) -> Signals:
        bar = np.array(self.at, np.int32)
        return Signals(bar, np.full(len(bar), -1, np.int8), bar)

    @classmethod
    def signal_lists(cls, session: Any, variants: Any) -> Any:
        raise NotImplementedError


def fixed_trades(monkeypatch: pytest.MonkeyPatch, market: Slice, at: Sequence[int], **params: Any) -> Any:
    """Trades of signals at these bars, by the kernels and by the reference, which agree."""
    monkeypatch.setattr(Fixed, "at", tuple(at))
    values = {**FIXED, "take_profit_percent": 900, "stop_loss_percent": -100, "option_selection_mode": "atm",
              "strikes_depth": 1, "max_trade_duration_seconds": 300, **params}  # fmt: skip
    plan: Plan = sweep_plan({k: [v] for k, v in values.items()}, target=f"{__name__}.Fixed")
    monkeypatch.setattr(sys.modules["quantray.sweeps.plan"], "resolve", lambda _: Fixed)
    got = trades(plan, market, values)
    expected, refused, *_ = reference.run(market.sessions, values, signals=lambda *_: [(b, b, -1) for b in at])
    assert got.entry_bar.tolist() == [t.entry for t in expected]
    assert got.exit_bar.tolist() == [t.exit for t in expected]
    assert got.net.tolist() == [t.net for t in expected]
    return got, refused


def test_no_entry_in_a_break_and_a_time_exit_fills_at_the_first_price_after_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    slice = market(tmp_path, "XHKG", "2024-11-18", "2024-11-18")
    got, refused = fixed_trades(monkeypatch, slice, [146, 149, 170, 209, 220])
    # signals in the break and fills in it are refused; 147 + 5 minutes lies in it, so 210 is the first bar with a price
    assert got.entry_bar.tolist() == [147, 221]
    assert got.exit_bar.tolist() == [210, 227]
    assert got.exit_price[0] == slice.sessions[0].bid[got.contract[0], 210]
    assert refused == {"no_quote": 1, "no_contract": 2}


# contracts that end in the session ----------------------------------------------------------------------------------


def test_the_clock_rules_and_the_intrinsic_value_stand_at_the_contracts_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    made = frames()
    made["chain"]["expiry"] = [pd.Timestamp(f"{d} 12:00").tz_localize("America/New_York") for d in made["chain"].expiry]
    slice = load(write(tmp_path, made, to="2024-11-27", min_options_span=0.1))
    session = slice.sessions[0]
    assert set(session.ends) == {150}
    assert set(bars_at(session, "close-6m")) == {144}
    assert set(bars_at(session, "11:00")) == {90}
    got, refused = fixed_trades(monkeypatch, slice, [100, 143, 144, 200], max_trade_duration_seconds=100_000)
    assert refused["late_entry"] == 2
    assert got.exit_bar.tolist() == [145, 145]  # end of day at close-6m, the fill a bar later
    never = {"end_of_day_exit": "close-0s", "emergency_exit": "close-0s", "late_entry_cutoff": "close-0s"}
    got, refused = fixed_trades(monkeypatch, slice, [100, 149], max_trade_duration_seconds=100_000, **never)
    assert got.exit_bar.tolist() == [149]
    assert refused["session_end"] == 1


def test_a_contract_without_a_bid_at_its_end_is_worth_its_exercise_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    made = frames()
    made["chain"]["expiry"] = [pd.Timestamp(f"{d} 12:00").tz_localize("America/New_York") for d in made["chain"].expiry]
    made["options"].loc[made["options"].ts > pd.Timestamp("2024-11-27T16:30Z"), "bid"] = 0.0
    # the underlying leaves for good at noon: a value taken at the close would show it
    bars = made["underlying"]
    bars.loc[bars.ts >= pd.Timestamp("2024-11-27T17:00Z"), ["open", "high", "low", "close"]] += 7.0
    slice = load(write(tmp_path, made, to="2024-11-27", min_options_span=0.1))
    never = {"end_of_day_exit": "close-0s", "emergency_exit": "close-0s", "late_entry_cutoff": "close-0s"}
    got, _ = fixed_trades(monkeypatch, slice, [100], max_trade_duration_seconds=100_000, strikes_depth=9,
                          option_selection_mode="itm", **never)  # fmt: skip
    session = slice.sessions[0]
    assert got.exit_price[0] == pytest.approx(session.close[149] - 99)


# rows that lie in no session ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_rows_before_between_and_after_sessions_are_counted_of_bars_and_of_options(tmp_path: Path):
    made = frames()
    early = made["underlying"].head(60).assign(ts=lambda f: f.ts - pd.Timedelta(hours=2))
    night = made["underlying"].head(50).assign(ts=lambda f: f.ts + pd.Timedelta(hours=9))
    late = made["underlying"].tail(40).assign(ts=lambda f: f.ts + pd.Timedelta(hours=2))
    made["underlying"] = pd.concat([made["underlying"], early, night, late]).sort_values("ts").reset_index(drop=True)
    after = made["options"].tail(10).assign(ts=lambda f: f.ts + pd.Timedelta(minutes=5))
    before = made["options"].head(4).assign(ts=lambda f: f.ts - pd.Timedelta(minutes=5))
    made["options"] = pd.concat([before, made["options"], after]).reset_index(drop=True)
    whole = load(write(tmp_path, made))
    assert whole.quality["bars_outside_sessions"] == 150
    assert whole.quality["option_rows_outside_sessions"] == 14
    assert whole.quality["rows_outside_sessions"] == 164
    # what lies in sessions that were not asked for lies in sessions
    part = load(write(tmp_path, made, from_="2024-11-29", to="2024-11-29"))
    assert part.quality["rows_outside_sessions"] == 50
    assert load(write(tmp_path, made, to="2024-11-27")).quality["bars_outside_sessions"] == 110
