from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quantray.sweeps.data import describe, load
from quantray.sweeps.data.settings import ColumnMaps, DataSettings, OptionColumns, UnderlyingColumns
from quantray.sweeps.market import CALL, PUT
from tests.builders.market_files import DATES, frames, write, write_csv, write_duckdb


@pytest.mark.slow
def test_parquet_csv_duckdb_and_a_folder_are_one_slice(tmp_path: Path):
    made = frames()
    slices = [load(write(tmp_path, made)), load(write_csv(tmp_path, made)), load(write_duckdb(tmp_path, made))]
    folder = tmp_path / "parts"
    folder.mkdir()
    for k, (_, part) in enumerate(made["options"].groupby(made["options"].ts.dt.date)):
        part.to_parquet(folder / f"part{k}.parquet")
    slices.append(load(write(tmp_path, made, options=str(folder))))
    assert len({s.digest for s in slices}) == 1
    assert slices[0].dates == DATES


def test_the_session_grid_is_the_calendars(tmp_path: Path):
    market = load(write(tmp_path, frames()))
    assert [s.n_bars for s in market] == [390, 210, 390]
    assert {s.open_s for s in market} == {34_200}
    assert all(s.interval_s == 60 for s in market)


def test_contracts_are_the_days_own_and_sorted(tmp_path: Path):
    session = load(write(tmp_path, frames())).sessions[0]
    assert session.right.tolist() == [CALL] * 3 + [PUT] * 3
    assert session.strike.tolist() == [99, 100, 101] * 2
    assert (session.expiry == session.day).all()
    assert (session.multiplier == 100).all()


def test_a_chain_is_derived_from_option_rows_that_carry_it(tmp_path: Path):
    made = frames()
    whole = load(write(tmp_path, made))
    made["options"] = made["options"].merge(made.pop("chain").drop(columns=["underlying", "multiplier"]), on="symbol")
    made["options"] = made["options"].sort_values("ts", kind="stable")
    (tmp_path / "derived").mkdir()
    assert load(write(tmp_path / "derived", made)).digest == whole.digest


def test_a_chain_lists_contracts_that_never_have_a_price(tmp_path: Path):
    made = frames()
    gone = f"SPOT {DATES[0]} C100"
    made["options"] = made["options"][made["options"].symbol != gone]
    session = load(write(tmp_path, made)).sessions[0]
    assert gone in session.symbol
    assert not session.fresh[session.symbol.index(gone)].any()


def test_a_chain_with_dates_lists_by_them(tmp_path: Path):
    made = frames()
    made["chain"]["session_date"] = pd.Timestamp(DATES[0]).date()
    market = load(write(tmp_path, made))
    assert market.dates == DATES[:1]
    assert market.quality["sessions_no_options"] == 2
    # all contracts are named for the first session, and none has expired by then
    assert set(np.unique(market.sessions[0].expiry - market.sessions[0].day)) == {0, 2, 5}


def test_expired_contracts_are_not_listed(tmp_path: Path):
    made = frames()
    mine = made["chain"].symbol == f"SPOT {DATES[2]} C99"
    made["chain"].loc[mine, ["expiry", "strike"]] = [pd.Timestamp(DATES[1]).date(), 98.0]
    market = load(write(tmp_path, made))
    assert f"SPOT {DATES[2]} C99" not in market.sessions[2].symbol
    assert market.quality["rows_unlisted"] > 0


def test_columns_of_other_names_are_mapped(tmp_path: Path):
    made = frames()
    plain = load(write(tmp_path, made))
    made["underlying"] = made["underlying"].rename(columns={"close": "Px Last", "ts": "time"})
    made["options"] = made["options"].rename(columns={"ask": "offer"})
    maps = ColumnMaps(UnderlyingColumns(ts="time", close="Px Last"), options=OptionColumns(ask="offer"))
    assert load(write(tmp_path, made, columns=maps)).digest == plain.digest


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


def test_dates_select_sessions(tmp_path: Path):
    settings = write(tmp_path, frames(), from_="2024-11-28", to="2024-11-30")
    assert load(settings).dates == ("2024-11-29",)


def test_a_later_session_does_not_change_an_earlier_one(tmp_path: Path):
    made = frames()
    all_three = load(write(tmp_path, made))
    one = load(write(tmp_path, made, to=DATES[0]))
    assert one.session_digests[0] == all_three.session_digests[0]


def test_arrays_are_read_only(tmp_path: Path):
    session = load(write(tmp_path, frames())).sessions[0]
    with pytest.raises(ValueError, match="read-only"):
        session.close[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        session.bid[0, 0] = 1.0


def test_isolated_bad_prints_are_counted_and_carried_on_request(tmp_path: Path):
    made = frames()
    made["underlying"].loc[100, ["open", "high", "low", "close"]] *= 1.05
    kept, cleaned = load(write(tmp_path, made)), load(write(tmp_path, made, suspect_bars="carry"))
    assert kept.quality["suspect_bars"] == cleaned.quality["suspect_bars"] == 1
    assert kept.sessions[0].close[100] > 104 > cleaned.sessions[0].close[100]
    assert cleaned.sessions[0].filled[100]


def test_describe_is_plain_and_whole(tmp_path: Path):
    made = describe(load(write(tmp_path, frames())))
    assert made["short_sessions"] == ["2024-11-29"]
    assert (made["sessions"], made["bars"], made["contracts"], made["option_prices"]) == (3, 990, 18, "quotes")
    assert made["quality"]["quotes"] == made["option_rows"] > 0


def test_the_duckdb_file_is_not_touched(tmp_path: Path):
    settings = write_duckdb(tmp_path, frames())
    before = Path(settings.duckdb or "").read_bytes()
    load(settings)
    assert Path(settings.duckdb or "").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["market.duckdb"]


def test_settings_are_values():
    assert DataSettings() == DataSettings(kind="synthetic")
    assert hash(DataSettings()) == hash(DataSettings())


def test_odd_names_of_folders_and_symbols(tmp_path: Path):
    made = frames()
    made["underlying"]["symbol"] = made["chain"]["underlying"] = made["options"]["underlying"] = "{O'dd}"
    folder = tmp_path / "it's [1] {t} *"
    folder.mkdir()
    assert load(write(folder, made)).underlying == "{O'dd}"


@pytest.mark.parametrize("form", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S+00:00"])
def test_forms_of_time_in_csv(tmp_path: Path, form: str):
    made = frames()
    plain = load(write(tmp_path, made))
    for key in ("underlying", "options"):
        made[key]["ts"] = made[key].ts.dt.strftime(form)
    assert load(write_csv(tmp_path, made)).digest == plain.digest


def test_times_of_another_zone_are_instants(tmp_path: Path):
    made = frames()
    plain = load(write(tmp_path, made))
    for key in ("underlying", "options"):
        made[key]["ts"] = made[key].ts.dt.tz_convert("America/New_York").astype("datetime64[us, America/New_York]")
    assert load(write(tmp_path, made)).digest == plain.digest
