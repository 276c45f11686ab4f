"""``quantray data check`` of a market: planted faults are found, clean data is left alone, counts are a run's."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quantray.errors import DataError
from quantray.files.findings import Checked, Severity
from quantray.sweeps.data import load
from quantray.sweeps.data.checks import check_market
from quantray.sweeps.data.settings import DataSettings, Gates
from tests.builders import corruptions
from tests.builders.corruptions import MARKET, checked, finding, is_found
from tests.builders.market_files import frames, write, write_csv, write_duckdb

REAL = Path(__file__).parents[4] / "shared" / "data"
#: The smallest strength of each that docs/data_check.md says is found; the first of them where nothing else is said.
SMALLEST = {
    "underlying: lone prints": 0.01, "underlying: gaps": 60, "underlying: short sessions": 30,
    "options: lone prints": 2, "options: parity": 0.005,
}  # fmt: skip
BOTH_WAYS = ("stamp", "clock")


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> tuple[corruptions.Frames, Checked, Path]:
    folder = tmp_path_factory.mktemp("market")
    made = corruptions.market(str(folder / "cache"), sessions=3, strikes=3)
    return made, checked(made, folder / "clean"), folder


@pytest.mark.slow
def test_clean_data_raises_nothing(clean):
    _, found, _ = clean
    assert [f for f in found.findings if f.severity != Severity.OK] == []


@pytest.mark.slow
@pytest.mark.parametrize("corruption", MARKET, ids=lambda c: c.name)
def test_the_smallest_strength_that_is_told_to_be_found_is_found(clean, corruption):
    made, found, folder = clean
    strengths = corruption.strengths if corruption.check in BOTH_WAYS else corruption.strengths[:1]
    for strength in (SMALLEST.get(corruption.name, s) for s in strengths):
        wrong = checked(
            corruption.make(made, strength, np.random.default_rng(0)), folder / "wrong", (made, folder / "clean")
        )
        assert is_found(found, wrong, corruption), strength


@pytest.mark.slow
@pytest.mark.parametrize("corruption", [c for c in MARKET if c.check == "stamp"], ids=lambda c: c.name)
def test_a_bar_too_early_or_too_late_is_an_error(clean, corruption):
    made, _, folder = clean
    for shift in (1, -1):
        wrong = checked(
            corruption.make(made, shift, np.random.default_rng(0)), folder / "wrong", (made, folder / "clean")
        )
        assert finding(wrong, corruption).severity == Severity.ERROR


@pytest.mark.slow
def test_counts_are_those_of_a_run_and_of_plain_pandas(tmp_path):
    made = frames()
    options, bars = made["options"], made["underlying"]
    rng = np.random.default_rng(3)
    crossed = rng.choice(np.arange(5, len(options) - 5), 7, replace=False)
    options.loc[crossed, "bid"] = options.loc[crossed, "ask"] + 0.01
    bars.loc[[20, 90, 400], "high"] = bars.loc[[20, 90, 400], "low"] - 0.01
    bars.loc[[30, 31], "volume"] = 0
    settings = write(tmp_path, made)
    found = check_market(settings, Gates())
    by = {(f.table, f.check): f.count for f in found.findings}
    assert dict(found.quality) == dict(load(settings).quality)
    assert by["options", "crossed quotes"] == int((options["bid"] > options["ask"]).sum()) == 7
    body = bars[["open", "close"]]
    assert by["underlying", "OHLC"] == int(((bars.low > body.min(axis=1)) | (bars.high < body.max(axis=1))).sum())


def test_what_a_run_refuses_is_counted_with_its_rows(tmp_path):
    made = frames()
    made["underlying"] = pd.concat([made["underlying"].iloc[:50], made["underlying"].iloc[49:]])
    made["options"].loc[17, "ts"] = pd.NaT
    settings = write_csv(tmp_path, made)
    found = check_market(settings, Gates())
    errors = {(f.table, f.check): f for f in found.findings if f.severity == Severity.ERROR}
    assert set(errors) == {("underlying", "duplicates"), ("options", "times")}
    assert errors["underlying", "duplicates"].rows[0].place == "row 50, row 51"
    with pytest.raises(DataError, match="duplicated"):
        load(settings)


def test_an_empty_table_and_other_columns_are_refused_in_a_sentence(tmp_path):
    made = frames()
    with pytest.raises(DataError, match="has no rows"):
        check_market(write(tmp_path, {**made, "underlying": made["underlying"].iloc[:0]}), Gates())
    with pytest.raises(DataError, match="has no column 'close'"):
        check_market(write(tmp_path, {**made, "underlying": made["underlying"].drop(columns="close")}), Gates())


@pytest.mark.parametrize("name", ["=cmd()", "a\x1b[31mb", "'; DROP TABLE x; --", "𝕊", " "])
def test_hostile_names_are_names(tmp_path, name):
    made = frames()
    for key, column in (("underlying", "symbol"), ("chain", "underlying"), ("options", "underlying")):
        made[key][column] = name
    symbol = made["options"]["symbol"].iloc[0]
    for key in ("chain", "options"):
        made[key]["symbol"] = made[key]["symbol"].replace(symbol, name)
    made["options"].loc[0, ["bid", "ask"]] = 5.0, 4.0
    found = check_market(write_duckdb(tmp_path, made), Gates())
    assert [f.count for f in found.findings if f.check == "crossed quotes"] == [1]


def test_infinities_are_found_and_stop_nothing(tmp_path):
    made = frames()
    made["underlying"].loc[7, "close"] = np.inf
    made["options"].loc[[5, 6], "ask"] = np.inf
    made["options"].loc[[9], "bid"] = np.inf
    found = check_market(write(tmp_path, made), Gates())
    by = {(f.table, f.check): f.count for f in found.findings}
    assert by["underlying", "prices"] == 1
    assert by["options", "absurd asks"] == 2


def test_one_session_without_options_is_looked_at(tmp_path):
    made = frames()
    day = made["underlying"]["ts"].dt.date
    write(tmp_path, {"underlying": made["underlying"][day == day.iloc[0]]})
    found = check_market(DataSettings("parquet", underlying=str(tmp_path / "underlying.parquet")), Gates())
    assert {f.table for f in found.findings} == {"underlying"}
    assert found.worst == Severity.OK


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason=f"real market data is not at {REAL}")
def test_clean_real_data_raises_no_error():
    minutes = {"underlying": str(REAL / "underlying_1m.parquet"), "options": str(REAL / "option_quotes_1m.parquet")}
    found = check_market(DataSettings("parquet", **minutes, symbol="GOOG"), Gates())
    assert found.worst == Severity.NOTE
    told = {(f.table, f.check): f for f in found.findings}
    assert told["options", "stamp"].severity == told["options", "parity"].severity == Severity.OK
    assert told["options", "locked quotes"].count == 3
    seconds = check_market(DataSettings("parquet", underlying=str(REAL / "spy_trades_1s.parquet")), Gates())
    assert [(f.check, f.count) for f in seconds.findings if f.severity == Severity.WARNING] == [("lone prints", 1)]
    assert seconds.worst == Severity.WARNING
