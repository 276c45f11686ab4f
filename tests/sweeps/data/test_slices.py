from pathlib import Path

import pytest

from quantray.sweeps.data import describe, load
from quantray.sweeps.data.settings import ColumnMaps, DataSettings, OptionColumns, UnderlyingColumns
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


@pytest.mark.slow
def test_the_session_grid_is_the_calendars(tmp_path: Path):
    market = load(write(tmp_path, frames()))
    assert [s.n_bars for s in market] == [390, 210, 390]
    assert {s.open_s for s in market} == {34_200}
    assert all(s.interval_s == 60 for s in market)


@pytest.mark.slow
def test_columns_of_other_names_are_mapped(tmp_path: Path):
    made = frames()
    plain = load(write(tmp_path, made))
    made["underlying"] = made["underlying"].rename(columns={"close": "Px Last", "ts": "time"})
    made["options"] = made["options"].rename(columns={"ask": "offer"})
    maps = ColumnMaps(UnderlyingColumns(ts="time", close="Px Last"), options=OptionColumns(ask="offer"))
    assert load(write(tmp_path, made, columns=maps)).digest == plain.digest


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


@pytest.mark.slow
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
