"""One slice whatever holds the rows: types of columns are ours, in every file of a folder and every row of a file."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantray.config.plans import load_plan
from quantray.errors import ConfigError, DataError
from quantray.sweeps.data import DataSettings, load
from quantray.sweeps.data.settings import ByTable
from tests.builders.market_files import Frames, frames, write, write_csv, write_duckdb
from tests.builders.sweep_plans import sweep_plan


def paths(folder: Path) -> DataSettings:
    return DataSettings(kind="parquet", **{k: str(folder / k) for k in ("underlying", "chain", "options")})


def store(frame: pd.DataFrame, path: Path) -> None:
    if path.suffix.lower() in (".parquet", ".pq"):
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False, sep=";" if path.suffix == ".csv" and "semicolon" in path.stem else ",")


def whole_numbers(made: Frames, rng: np.random.Generator) -> Frames:
    """Prices that many files store as integers where they can: strikes, bids and volumes without a fraction."""
    made = {name: frame.copy() for name, frame in made.items()}
    chosen = rng.random(len(made["options"])) < 0.5
    made["options"].loc[chosen, "bid"] = np.floor(made["options"].loc[chosen, "bid"])
    made["options"].loc[chosen, "ask"] = np.ceil(made["options"].loc[chosen, "ask"])
    return made


def integers(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns that hold whole numbers only become integer columns, as writers of CSV and pandas make them."""
    frame = frame.copy()
    for name in frame.select_dtypes("float").columns:
        if frame[name].notna().all() and (frame[name] % 1 == 0).all():
            frame[name] = frame[name].astype("int64")
    return frame


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_way_of_storing_the_same_rows_is_the_same_slice(data, tmp_path_factory):
    """Split anywhere, in files of any name and order, columns in any order, each file with types of its own."""
    tmp_path = tmp_path_factory.mktemp("ways")
    draw = data.draw
    made = whole_numbers(frames(), np.random.default_rng(draw(st.integers(0, 9))))
    made["options"] = made["options"].merge(made["chain"].drop(columns="underlying"), on="symbol")
    made["options"] = made["options"].sort_values("ts", kind="stable").reset_index(drop=True)
    (tmp_path / "plain").mkdir()
    wanted = load(write(tmp_path / "plain", made))
    suffix = draw(st.sampled_from([".parquet", ".PQ", ".csv", ".CSV", ".csv.gz"]))
    for name, frame in made.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "._0.parquet").write_bytes(b"\0\5\26\7 not data")
        (folder / "_SUCCESS").write_bytes(b"")
        cuts = sorted(draw(st.lists(st.integers(1, len(frame) - 1), max_size=3, unique=True)))
        numbers = draw(st.permutations(range(len(cuts) + 1)))
        for k, (low, high) in enumerate(itertools.pairwise([0, *cuts, len(frame)])):
            part = frame.iloc[low:high][draw(st.permutations(list(frame.columns)))]
            store(integers(part) if draw(st.booleans()) else part, folder / f"{numbers[k]}{suffix}")
    assert load(paths(tmp_path)).digest == wanted.digest


@pytest.mark.slow
@pytest.mark.parametrize("writer", [write, write_csv, write_duckdb])
def test_text_numbers_and_decimals_are_the_numbers_they_say(writer: Any, tmp_path: Path):
    made = whole_numbers(frames(), np.random.default_rng(0))
    (tmp_path / "plain").mkdir()
    wanted = load(write(tmp_path / "plain", made)).digest
    for name in ("bid", "ask", "last"):
        made["options"][name] = [repr(x) for x in made["options"][name].tolist()]
    made["chain"]["strike"] = made["chain"].strike.map("{:.3f}".format)
    made["underlying"]["volume"] = made["underlying"].volume.astype("int32")
    assert load(writer(tmp_path, made)).digest == wanted


@pytest.mark.slow
def test_a_price_with_cents_far_down_a_csv_keeps_them(tmp_path: Path):
    made = frames()
    made["options"]["bid"] = 1.0
    made["options"]["ask"] = 3.0
    long = pd.concat([made["options"].assign(underlying="OTHER")] * 40 + [made["options"]], ignore_index=True)
    long["bid"] = long.bid.map("{:g}".format)
    long.iloc[-1, long.columns.get_loc("bid")] = "1.48"
    assert len(long) > 20_480
    made["options"] = long
    session = load(write_csv(tmp_path, made)).sessions[-1]
    assert session.bid[session.symbol.index(long.symbol.iloc[-1]), -1] == 1.48


@pytest.mark.slow
def test_strikes_of_a_folder_keep_their_halves(tmp_path: Path):
    made = frames()
    made["chain"].loc[made["chain"].strike == 100, "strike"] = 100.5
    whole = load(write(tmp_path, made)).digest
    (tmp_path / "c").mkdir()
    first = made["chain"][made["chain"].strike % 1 == 0]
    first.assign(strike=first.strike.astype("int64")).to_parquet(tmp_path / "c" / "a.parquet")
    made["chain"][made["chain"].strike % 1 != 0].to_parquet(tmp_path / "c" / "b.parquet")
    assert load(write(tmp_path, made, chain=str(tmp_path / "c"))).digest == whole


@pytest.mark.slow
def test_many_files_of_alternating_types_are_read_in_no_time(tmp_path: Path):
    made = whole_numbers(frames(), np.random.default_rng(1))
    wanted = load(write(tmp_path, made)).digest
    (tmp_path / "o").mkdir()
    for k, (_, part) in enumerate(made["options"].groupby(made["options"].index // 20)):
        store(integers(part) if k % 2 else part, tmp_path / "o" / f"{k}.parquet")
    began = time.perf_counter()
    assert load(write(tmp_path, made, options=str(tmp_path / "o"))).digest == wanted
    assert time.perf_counter() - began < 10


def test_a_label_of_digits_keeps_its_zeros(tmp_path: Path):
    made = frames()
    made["underlying"]["symbol"] = made["chain"]["underlying"] = made["options"]["underlying"] = "00700"
    assert load(write_csv(tmp_path, made)).underlying == "00700"


# times -------------------------------------------------------------------------------------------------------------


def local(made: Frames, key: str, zone: str = "America/New_York") -> None:
    made[key]["ts"] = made[key].ts.dt.tz_convert(zone).dt.tz_localize(None)


@pytest.mark.slow
@pytest.mark.parametrize("writer", [write, write_csv, write_duckdb])
@pytest.mark.parametrize("key", ["underlying", "options"])
def test_a_time_without_zone_is_refused_or_read_by_the_setting(writer: Any, key: str, tmp_path: Path):
    made = frames()
    (tmp_path / "plain").mkdir()
    wanted = load(write(tmp_path / "plain", made)).digest
    local(made, key)
    given = writer(tmp_path, made)
    with pytest.raises(DataError, match=r"no timezone.*data\.timezone=America/New_York"):
        load(given)
    zone = ByTable(**{key: "America/New_York"})
    assert load(replace(given, timezone=zone)).digest == load(replace(given, timezone="America/New_York")).digest
    assert load(replace(given, timezone=zone)).digest == wanted


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_naive_second_file_is_not_read_as_utc(suffix: str, tmp_path: Path):
    made = frames()
    folder = tmp_path / "bars"
    folder.mkdir()
    store(made["underlying"][:390], folder / f"a{suffix}")
    local(made, "underlying")
    store(made["underlying"][390:], folder / f"b{suffix}")
    with pytest.raises(DataError, match=rf"b{suffix}: column 'ts'.*no timezone"):
        load(write(tmp_path, frames(), underlying=str(folder)))
    zoned = write(tmp_path, frames(), underlying=str(folder), timezone="America/New_York")
    assert load(zoned).digest == load(write(tmp_path, frames())).digest


@pytest.mark.slow
def test_one_naive_row_of_a_csv_is_found(tmp_path: Path):
    made = frames()
    made["underlying"]["ts"] = made["underlying"].ts.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    made["underlying"].loc[500, "ts"] = made["underlying"].ts[500][:-1]
    with pytest.raises(DataError, match=r"underlying.csv: column 'ts', row 501: '2024-11-29T16:20:00' has no timezone"):
        load(write_csv(tmp_path, made))


@pytest.mark.slow
@pytest.mark.parametrize("writer", [write, write_csv, write_duckdb])
@pytest.mark.parametrize(("unit", "per"), [("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1)])
def test_an_epoch_needs_its_unit(writer: Any, unit: str, per: int, tmp_path: Path):
    made = frames()
    (tmp_path / "plain").mkdir()
    wanted = load(write(tmp_path / "plain", made)).digest
    for key in ("underlying", "options"):
        made[key]["ts"] = made[key].ts.dt.as_unit("ns").astype("int64") // per
    given = writer(tmp_path, made)
    with pytest.raises(
        DataError, match=rf"column 'ts', row 1: '\d+' is a number.*data\.ts_unit={unit} \(2024-11-27T14:30"
    ):
        load(given)
    assert load(replace(given, ts_unit=unit)).digest == wanted
    with pytest.raises(DataError, match=r"is no time in|no data .* in any session"):
        load(replace(given, ts_unit="ms" if unit == "s" else "s"))


@pytest.mark.parametrize("when", ["2024-03-10 02:30:00", "2024-11-03 01:30:00"])
def test_a_time_that_the_clock_skips_or_shows_twice_names_no_instant(when: str, tmp_path: Path):
    made = frames()
    local(made, "underlying")
    made["underlying"] = pd.concat([made["underlying"].iloc[:1].assign(ts=pd.Timestamp(when)), made["underlying"]])
    with pytest.raises(
        DataError, match=rf"row 1: '{when}' is no time that the clock of America/New_York shows exactly once"
    ):
        load(write(tmp_path, made, timezone="America/New_York"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"timezone": "America/New_Yrok"}, "data.timezone: unknown time zone.*did you mean 'America/New_York'"),
        ({"timezone": ByTable(options="EDT5")}, "data.timezone.options"),
        ({"timezone": {"options": "EDT5"}}, "data.timezone.options"),
        ({"ts_unit": {"option": "s"}}, "data.ts_unit.option: unknown table 'option'; did you mean 'options'"),
        ({"ts_unit": "min"}, "data.ts_unit must be s, ms, us, ns or null"),
        ({"date_format": "%m/%d"}, "data.date_format must give year, month and day"),
        ({"date_format": "%Y-%m-%d %H:%M"}, "nothing else"),
    ],
)
def test_wrong_words_about_times_are_refused(changes: dict[str, Any], said: str):
    with pytest.raises(ConfigError, match=said):
        DataSettings(**changes)


# dates -------------------------------------------------------------------------------------------------------------


def with_expiry(made: Frames, write_as: Any) -> Frames:
    made["chain"]["expiry"] = [write_as(pd.Timestamp(d)) for d in made["chain"].expiry]
    return made


DATES_AS = {
    "a date": lambda d: d.date(),
    "midnight": lambda d: d,
    "midnight UTC": lambda d: d.tz_localize("UTC"),
    "midnight in New York": lambda d: d.tz_localize("America/New_York"),
    "midnight in Kolkata": lambda d: d.tz_localize("Asia/Kolkata"),
    "midnight in Auckland": lambda d: d.tz_localize("Pacific/Auckland"),
    "text": lambda d: d.strftime("%Y-%m-%d"),
    "digits": lambda d: d.strftime("%Y%m%d"),
    "a number": lambda d: int(d.strftime("%Y%m%d")),
    "text at midnight": lambda d: d.strftime("%Y-%m-%d 00:00:00"),
    "text at midnight in the east": lambda d: d.strftime("%Y-%m-%dT00:00:00+13:00"),
    "the close": lambda d: (d + pd.Timedelta(hours=16)).tz_localize("America/New_York"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("writer", [write, write_csv])
@pytest.mark.parametrize("name", DATES_AS)
def test_a_date_is_that_date_however_it_is_written(name: str, writer: Any, tmp_path: Path):
    (tmp_path / "plain").mkdir()
    wanted = load(write(tmp_path / "plain", frames())).digest
    assert load(writer(tmp_path, with_expiry(frames(), DATES_AS[name]))).digest == wanted


@pytest.mark.slow
@pytest.mark.parametrize("form", ["%m/%d/%Y", "%d.%m.%y", "%d-%b-%Y"])
def test_other_dates_need_their_form(form: str, tmp_path: Path):
    given = write_csv(tmp_path, with_expiry(frames(), lambda d: d.strftime(form)))
    with pytest.raises(DataError, match=r"chain.csv: column 'expiry', row 1: .*data\.date_format="):
        load(given)
    for value in (form, ByTable(chain=form)):
        assert load(replace(given, date_format=value)).digest == load(write(tmp_path, frames())).digest
    with pytest.raises(DataError, match="is no date of the form"):
        load(replace(given, date_format="%Y/%m/%d"))


def test_a_date_with_two_readings_is_refused_with_both(tmp_path: Path):
    made = with_expiry(frames(), lambda d: "03/04/2024")
    both = r"may be 2024-03-04 or 2024-04-03; say which with data.date_format=%m/%d/%Y or %d/%m/%Y"
    with pytest.raises(DataError, match=f"'03/04/2024' {both}"):
        load(write_csv(tmp_path, made))


@pytest.mark.slow
def test_an_expiry_with_a_time_but_no_zone_is_refused(tmp_path: Path):
    made = with_expiry(frames(), lambda d: d + pd.Timedelta(hours=16))
    with pytest.raises(
        DataError, match=r"column 'expiry', row 1: '2024-11-27 16:00:00' has a time of day but no timezone"
    ):
        load(write(tmp_path, made))
    zoned = load(write(tmp_path, made, timezone=ByTable(chain="America/New_York")))
    assert zoned.digest == load(write(tmp_path, frames())).digest


def test_the_word_about_times_belongs_to_the_plan():
    said = [{}, {"timezone": "UTC"}, {"timezone": ByTable("UTC")}, {"ts_unit": "s"}, {"date_format": "%m/%d/%Y"}]
    digests = [replace(sweep_plan(), data=DataSettings(**one)).digests("slice", "code")["data"] for one in said]
    assert digests[0] == "slice"
    assert len(set(digests)) == len(said)


def test_a_mapping_is_a_value_a_table_and_settings_stay_values():
    settings = DataSettings(timezone={"options": "America/New_York"}, ts_unit="s")
    assert settings.timezone == ByTable(options="America/New_York")
    assert hash(settings) == hash(replace(settings))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("data.timezone.option=UTC", "data.timezone.option: unknown table 'option'; did you mean 'options'"),
        ("data.timezone.options=New_York", "unknown time zone 'New_York'; did you mean 'America/New_York'"),
        ("data.ts_unit=5", "data.ts_unit=5: it must be a text"),
        ("data.date_format={chain:5}", r"data.date_format.chain"),
    ],
)
def test_on_the_command_line_too(line: str, said: str):
    with pytest.raises(ConfigError, match=said):
        load_plan("+experiment=options_sweep", line)
    plan = load_plan("+experiment=options_sweep", "data.timezone.options=America/New_York", "data.ts_unit=ms")
    assert plan.data.timezone == ByTable(options="America/New_York")
    assert plan.data.ts_unit == "ms"
