"""Bad input that is refused before any work: one clear sentence each."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quantray.errors import DataError
from quantray.sweeps.data import DataSettings, load, sources
from quantray.sweeps.data.settings import ColumnMaps, UnderlyingColumns
from tests.builders.market_files import Frames, frames, write, write_duckdb


def _swap(made: Frames, key: str, a: int, b: int) -> None:
    order = np.arange(len(made[key]))
    order[[a, b]] = order[[b, a]]
    made[key] = made[key].iloc[order].reset_index(drop=True)


def _repeat(made: Frames, key: str, row: int) -> None:
    made[key] = made[key].iloc[np.sort(np.append(np.arange(len(made[key])), row))].reset_index(drop=True)


def _naive(made: Frames, key: str) -> None:
    made[key]["ts"] = made[key].ts.dt.tz_localize(None)


def _set(made: Frames, key: str, column: str, value: float) -> None:
    made[key].loc[17, column] = value


def _drop(made: Frames, key: str, column: str) -> None:
    made[key] = made[key].drop(columns=column)


def _rename(made: Frames, key: str, old: str, new: str) -> None:
    made[key] = made[key].rename(columns={old: new})


def _seconds(made: Frames) -> None:
    first = made["underlying"].iloc[:390]
    fine = pd.date_range(first.ts[0], periods=23_400, freq="s", tz="UTC")
    dense = first.set_index("ts").reindex(fine, method="ffill").rename_axis("ts").reset_index()
    made["underlying"] = pd.concat([dense, made["underlying"].iloc[390:]]).reset_index(drop=True)


CASES: dict[str, tuple[Callable[[Frames], None], str]] = {
    "missing close": (lambda m: _rename(m, "underlying", "close", "clsoe"), "no column 'close'.*did you mean 'clsoe'"),
    "missing ts": (lambda m: _rename(m, "options", "ts", "tss"), "no column 'ts'.*did you mean 'tss'"),
    "missing strike": (lambda m: _drop(m, "chain", "strike"), "no column 'strike'"),
    "missing prices": (lambda m: m.update(options=m["options"][["ts", "symbol"]]), "no column 'bid'"),
    "unsorted": (lambda m: _swap(m, "underlying", 3, 9), "not sorted"),
    "duplicated": (lambda m: _repeat(m, "underlying", 5), "duplicated"),
    "no timezone": (lambda m: _naive(m, "underlying"), "no timezone"),
    "unsorted options": (lambda m: _swap(m, "options", 3, 600), "not sorted"),
    "duplicated options": (lambda m: _repeat(m, "options", 5), "duplicated for one contract"),
    "options without timezone": (lambda m: _naive(m, "options"), "no timezone"),
    "NaN close": (lambda m: _set(m, "underlying", "close", np.nan), "close at 2024-11-27T14:47:00Z is nan"),
    "zero low": (lambda m: _set(m, "underlying", "low", 0.0), "low at .* is 0"),
    "negative open": (lambda m: _set(m, "underlying", "open", -1.0), "open at .* is -1"),
    "infinite high": (lambda m: _set(m, "underlying", "high", np.inf), "high at .* is inf"),
    "negative volume": (lambda m: _set(m, "underlying", "volume", -1.0), "volume at .* is -1"),
    "no timestamp": (lambda m: m["underlying"].__setitem__("ts", m["underlying"].ts.where(m["underlying"].index != 4)),
                     "1 row without a timestamp"),
    "empty options": (lambda m: m.update(options=m["options"].iloc[:0]), "no option data"),
    "empty chain": (lambda m: m.update(chain=m["chain"].iloc[:0]), "no option contract"),
    "mixed intervals": (_seconds, "mixed"),
    "bad right": (lambda m: m["chain"].__setitem__("right", "X"), "column 'right', row 1: 'X' is no right"),
    "zero strike": (lambda m: m["chain"].__setitem__("strike", 0.0), "strike 0"),
    "two strikes": (lambda m: m.update(chain=pd.concat([m["chain"], m["chain"].assign(strike=5.0)])), "two different"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_refused(name: str, tmp_path: Path):
    bend, message = CASES[name]
    made = frames()
    bend(made)
    settings = write(tmp_path, made)
    with pytest.raises(DataError, match=message) as caught:
        load(settings)
    assert "\n" not in str(caught.value)


def test_option_rows_between_the_bars(tmp_path: Path):
    made = frames()
    made["options"].loc[3, "ts"] += pd.Timedelta(seconds=30)
    with pytest.raises(DataError, match="between the bars"):
        load(write(tmp_path, made))


def test_underlying_ticks(tmp_path: Path):
    made = frames()
    made["underlying"].loc[3, "ts"] += pd.Timedelta(milliseconds=5)
    with pytest.raises(DataError, match="whole seconds"):
        load(write(tmp_path, made))


@pytest.mark.slow
def test_minute_options_on_seconds_would_look_ahead(tmp_path: Path):
    made = frames()
    bars = made["underlying"].set_index("ts")
    parts = [day.resample("s").ffill() for _, day in bars.groupby(bars.index.date)]
    made["underlying"] = pd.concat(parts).rename_axis("ts").reset_index()
    with pytest.raises(DataError, match=r"60 s apart .*data\.interval=1s"):
        load(write(tmp_path, made))
    assert load(write(tmp_path, made, interval="1s")).sessions[0].interval_s == 1


@pytest.mark.parametrize("key", ["underlying", "options", "chain"])
def test_corrupt_parquet(key: str, tmp_path: Path):
    settings = write(tmp_path, frames())
    path = tmp_path / f"{key}.parquet"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match=f"{key}.parquet cannot be read"):
        load(settings)


def test_damage_inside_a_parquet_file(tmp_path: Path):
    settings = write(tmp_path, frames())
    path = tmp_path / "underlying.parquet"
    raw = bytearray(path.read_bytes())
    raw[4:2000] = b"\xff" * 1996
    path.write_bytes(bytes(raw))
    with pytest.raises(DataError, match=r"underlying.parquet"):
        load(settings)


def test_a_foreign_duckdb_file(tmp_path: Path):
    path = tmp_path / "market.duckdb"
    path.write_bytes(b"not a database" * 400)
    with pytest.raises(DataError, match=r"market\.duckdb cannot be read"):
        load(DataSettings(kind="duckdb", duckdb=str(path)))


def test_a_duckdb_file_without_options(tmp_path: Path):
    made = frames()
    made["optoins"] = made.pop("options")
    with pytest.raises(DataError, match=r"no table 'options'.*'optoins'"):
        load(write_duckdb(tmp_path, made))


def test_no_data_for_the_dates_says_what_there_is(tmp_path: Path):
    settings = write(tmp_path, frames(), from_="2020-01-01", to="2020-02-01")
    with pytest.raises(DataError, match=r"from 2020-01-01 to 2020-02-01.*reaches from 2024-11-27 to 2024-12-02"):
        load(settings)


@pytest.mark.slow
def test_paths_columns_symbols_and_calendars_that_do_not_exist(tmp_path: Path):
    made = frames()
    for changes, message in (
        ({"underlying": str(tmp_path / "underlyng.parquet")}, "did you mean 'underlying.parquet'"),
        ({"columns": ColumnMaps(underlying=UnderlyingColumns(close="clos"))}, "did you mean 'close'"),
        ({"symbol": "SPO"}, "did you mean 'SPOT'"),
        ({"calendar": "XNYX"}, "did you mean 'XNYS'"),
        ({"interval": "1s"}, "60 s apart"),
        ({"options": None}, "no option data"),
        ({"underlying": None}, "data.underlying=FILE"),
        ({"chain": "synthetic"}, "leave data.options out"),
    ):
        with pytest.raises(DataError, match=message):
            load(write(tmp_path, made, **changes))


def test_several_underlyings_need_a_choice(tmp_path: Path):
    made = frames()
    made["underlying"] = pd.concat([made["underlying"], made["underlying"].assign(symbol="OTHER")])
    with pytest.raises(DataError, match=r"holds OTHER, SPOT: choose one with data\.symbol"):
        load(write(tmp_path, made))
    assert load(write(tmp_path, made, symbol="SPOT")).underlying == "SPOT"


def test_synthetic_refuses_files_and_dates_without_a_session(tmp_path: Path):
    with pytest.raises(DataError, match="did you mean data=parquet"):
        load(DataSettings(underlying="x.parquet", cache=str(tmp_path)))
    with pytest.raises(DataError, match="no session of XNYS"):
        load(DataSettings(from_="2024-11-30", to="2024-12-01", cache=str(tmp_path)))
    assert list(tmp_path.iterdir()) == []


def test_duckdb_takes_its_share_of_memory_where_that_is_less_than_it_would(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sources, "worker_count", lambda *_: 2)
    monkeypatch.setattr(sources, "memory", lambda: 10 * 10**9)
    limits = {gb: sources._limit(gb) for gb in (0.0, 2.0, 8.0, 1000.0, float("inf"))}
    assert limits == {0.0: "1.250GB", 2.0: "1.250GB", 8.0: "4.250GB", 1000.0: "80%", float("inf"): "80%"}
    monkeypatch.setattr(sources, "memory", lambda: None)
    assert sources._limit(2.0) == "80%"
