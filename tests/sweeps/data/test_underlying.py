"""Bars of the underlying: carried, mapped, dropped and counted."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quantray.errors import DataError
from quantray.sweeps.data import load
from quantray.sweeps.data.sessions import NS, session_windows
from quantray.sweeps.data.settings import ColumnMaps, UnderlyingColumns
from quantray.sweeps.data.underlying import Bars, interval_of
from tests.builders.market_files import frames, write


def test_a_missing_bar_carries_the_last_close(tmp_path: Path):
    made = frames()
    bars = made["underlying"]
    made["underlying"] = bars.drop(index=[0, 1, 10]).reset_index(drop=True)
    market = load(write(tmp_path, made))
    session = market.sessions[0]
    assert np.isnan(session.close[:2]).all()
    assert session.close[10] == session.high[10] == session.open[10] == session.close[9] == bars.close[9]
    assert session.volume[10] == 0
    assert session.filled.nonzero()[0].tolist() == [0, 1, 10]
    assert market.quality["carried_bars"] == 1


def test_rows_without_a_trade_and_with_volume_0_are_carried(tmp_path: Path):
    made = frames()
    made["underlying"].loc[5, ["open", "high", "low", "close", "volume"]] = np.nan
    made["underlying"].loc[7, "volume"] = 0
    assert load(write(tmp_path, made)).sessions[0].filled.nonzero()[0].tolist() == [5, 7]


def test_price_is_the_bars_own_vwap_where_given(tmp_path: Path):
    made = frames()
    bars = made["underlying"]
    bars["vwap"] = np.where(np.arange(len(bars)) == 4, np.nan, bars.close + 0.01)
    session = load(write(tmp_path, made)).sessions[0]
    assert session.price[3] == bars.close[3] + 0.01
    assert session.price[4] == (bars.high[4] + bars.low[4] + bars.close[4]) / 3


@pytest.mark.slow
def test_the_data_sets_running_vwap_is_kept_and_carried(tmp_path: Path):
    made = frames()
    made["underlying"]["day_vwap"] = np.arange(len(made["underlying"])) + 1.0
    made["underlying"] = made["underlying"].drop(index=[3]).reset_index(drop=True)
    maps = ColumnMaps(underlying=UnderlyingColumns(vwap_running="day_vwap"))
    session = load(write(tmp_path, made, columns=maps)).sessions[0]
    assert session.vwap_running[:6].tolist() == [1, 2, 3, 3, 5, 6]
    assert load(write(tmp_path, made)).sessions[0].vwap_running is None


def test_rows_outside_sessions_are_dropped_and_counted(tmp_path: Path):
    made = frames()
    late = made["underlying"].iloc[[389]].assign(ts=pd.Timestamp("2024-11-27T21:00Z"), close=1.0)
    made["underlying"] = pd.concat([made["underlying"], late]).sort_values("ts").reset_index(drop=True)
    market = load(write(tmp_path, made))
    assert market.quality["rows_outside_sessions"] == 1
    assert market.sessions[0].close[-1] > 90


@pytest.mark.slow
def test_isolated_bad_prints_are_counted_and_carried_on_request(tmp_path: Path):
    made = frames()
    made["underlying"].loc[100, ["open", "high", "low", "close"]] *= 1.05
    kept, cleaned = load(write(tmp_path, made)), load(write(tmp_path, made, suspect_bars="carry"))
    assert kept.quality["suspect_bars"] == cleaned.quality["suspect_bars"] == 1
    assert kept.sessions[0].close[100] > 104 > cleaned.sessions[0].close[100]
    assert cleaned.sessions[0].filled[100]


@pytest.mark.parametrize("late_s", [30, 59])
def test_bars_that_keep_a_distance_from_the_sessions_grid_are_refused(late_s: int):
    day = session_windows("XNYS", "2024-11-27", "2024-11-27")
    ts = day[0].open_ns + (np.arange(380) * 60 + late_s) * NS
    with pytest.raises(DataError, match="60 s apart and do not begin with the session"):
        interval_of("u", Bars(ts, {}), day, None)
    assert interval_of("u", Bars(ts + (60 - late_s) * NS, {}), day, None) == 60
    sparse = np.sort(np.random.default_rng(3).choice(23_400, 40, replace=False))
    assert interval_of("u", Bars(day[0].open_ns + sparse * NS, {}), day, None) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["high", "vwap", "vwap_running"])
def test_a_price_in_another_unit_than_the_close_is_refused(name: str, tmp_path: Path):
    made = frames()
    made["underlying"][name] = made["underlying"].close * 100
    with pytest.raises(DataError, match=f"{name} is 100 times the close"):
        load(write(tmp_path, made))


@pytest.mark.slow
def test_bars_that_look_like_ends_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    made = frames()
    load(write(tmp_path, made))
    assert "ENDS" not in caplog.text
    made["underlying"]["ts"] += pd.Timedelta("1min")
    load(write(tmp_path, made))
    assert "3 of 3 sessions have a bar at the close and 0 one at the open" in caplog.text
