"""``quantray data check`` of calls and candles: planted faults are found, clean data is left alone."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from quantray.callers.data import CallsData, SyntheticCalls
from quantray.callers.data.checks import check_calls
from quantray.callers.data.settings import CallSettings, Gates
from quantray.errors import DataError
from quantray.files.findings import Checked, Severity
from tests.builders import corruptions
from tests.builders.corruptions import CALLS, checked, finding, is_found

REAL = Path(__file__).parents[4] / "shared" / "data"
#: The smallest strength of each that docs/data_check.md says is found; the first of them where nothing else is said.
SMALLEST = {"candles: stale": 5, "candles: scale": 100, "candles: lone prints": 1.5}
BOTH_WAYS = ("stamp", "clock")


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> tuple[corruptions.Frames, Checked, Path]:
    folder = tmp_path_factory.mktemp("calls")
    made = corruptions.calls(str(folder / "cache"), assets=3)
    return made, checked(made, folder / "clean"), folder


@pytest.mark.slow
def test_clean_data_raises_nothing(clean):
    _, found, _ = clean
    assert [(f.check, f.severity) for f in found.findings if f.severity != Severity.OK] == [("gaps", Severity.NOTE)]


@pytest.mark.slow
@pytest.mark.parametrize("corruption", CALLS, ids=lambda c: c.name)
def test_the_smallest_strength_that_is_told_to_be_found_is_found(clean, corruption):
    made, found, folder = clean
    strengths = corruption.strengths[:2] if corruption.check in BOTH_WAYS else corruption.strengths[:1]
    for strength in (SMALLEST.get(corruption.name, s) for s in strengths):
        changed = corruption.make(made, strength, np.random.default_rng(0))
        assert is_found(found, checked(changed, folder / "wrong", (made, folder / "clean")), corruption), strength


@pytest.mark.slow
@pytest.mark.parametrize("shift", [1, -1])
def test_candles_a_bar_off_are_an_error(clean, shift):
    made, _, folder = clean
    (stamp,) = (c for c in CALLS if c.check == "stamp")
    wrong = checked(stamp.make(made, shift, np.random.default_rng(0)), folder / "wrong", (made, folder / "clean"))
    assert finding(wrong, stamp).severity == Severity.ERROR


@pytest.mark.slow
def test_calls_between_two_candles_are_compared_with_the_close_that_they_knew(clean):
    """Calls of rules are stamped at the end of a candle, and their price is its close."""
    made, _, folder = clean
    candles = made["candles"].iloc[50:-50:700]
    calls = made["calls"].iloc[: len(candles)].copy()
    candles = candles.iloc[: len(calls)]
    for column, values in (("asset", candles["asset"]), ("price_at_call", candles["close"])):
        calls[column] = values.to_numpy()
    calls["ts"] = (candles["ts"] + pd.Timedelta(minutes=1)).to_numpy()
    calls["ts"] = calls["ts"].dt.tz_localize("UTC") if calls["ts"].dt.tz is None else calls["ts"]
    (stamp,) = (c for c in CALLS if c.check == "stamp")
    told = {}
    for shift in (-1, 0, 1):
        moved = {
            "calls": calls,
            "candles": made["candles"].assign(ts=made["candles"]["ts"] + shift * corruptions.MINUTE),
        }
        told[shift] = finding(checked(moved, folder / "border"), stamp)
    assert [told[s].severity for s in (-1, 0, 1)] == [Severity.ERROR, Severity.OK, Severity.ERROR]
    assert "EARLY" in told[-1].means
    assert "LATE" in told[1].means


@pytest.mark.slow
def test_rows_that_stand_twice_are_told_by_their_place(clean):
    made, _, folder = clean
    candles = made["candles"]
    more = pd.concat([candles, candles.iloc[[7]], candles.iloc[[9]].assign(close=candles["high"].iloc[9] * 1.1)])
    found = checked({**made, "candles": more}, folder / "twice", (made, folder / "clean"))
    rows = {f.check: f.rows for f in found.findings if f.table == "candles" and f.count}
    assert [r.place for r in rows["duplicates"]] == [f"row 8, row {len(candles) + 1:,}"]
    assert [r.place for r in rows["conflicts"]] == [f"row 10, row {len(candles) + 2:,}"]


def written(folder: Path, calls: str, candles: str) -> CallsData:
    with duckdb.connect(str(folder / "c.duckdb")) as connection:
        connection.execute(f"CREATE TABLE calls AS {calls}")
        connection.execute(f"CREATE TABLE candles AS {candles}")
    return CallsData("duckdb", duckdb=str(folder / "c.duckdb"))


ONE_CALL = "SELECT 'a' AS call_id, 'x' AS caller, 'T' AS asset, TIMESTAMPTZ '2025-01-01 00:05Z' AS ts"
CANDLES = (
    "SELECT 'T' AS asset, TIMESTAMPTZ '2025-01-01 00:00Z' + to_minutes(i) AS ts, 1.0 AS open, 1.0 AS high, 1.0 AS low, "
    "1.0 AS close, i AS volume FROM range(60) r(i)"
)


def test_candles_that_a_run_refuses_are_a_finding_and_the_calls_are_looked_at(tmp_path):
    later = CANDLES.replace("01 00:00Z", "03 00:00Z").replace("to_minutes(i)", "to_minutes(5 * i)")
    mixed = f"{CANDLES} UNION ALL {later}"
    found = check_calls(written(tmp_path, ONE_CALL, mixed), CallSettings(), Gates())
    (refused,) = (f for f in found.findings if f.severity == Severity.ERROR)
    assert (refused.table, refused.check) == ("candles", "refused")
    assert "intervals are mixed" in refused.means
    assert "times" in {f.check for f in found.findings if f.table == "calls"}


def test_empty_tables_are_findings(tmp_path):
    found = check_calls(written(tmp_path, f"{ONE_CALL} LIMIT 0", f"{CANDLES} LIMIT 0"), CallSettings(), Gates())
    assert {(f.table, f.check) for f in found.findings if f.severity == Severity.ERROR} == {
        ("calls", "refused"), ("candles", "refused"),
    }  # fmt: skip


def test_a_table_that_is_not_there_is_refused(tmp_path):
    with duckdb.connect(str(tmp_path / "c.duckdb")) as connection:
        connection.execute(f"CREATE TABLE calls AS {ONE_CALL}")
    found = check_calls(CallsData("duckdb", duckdb=str(tmp_path / "c.duckdb")), CallSettings(), Gates())
    assert any("no table of candles" in f.means for f in found.findings)
    with pytest.raises(DataError, match="no table of calls"):
        check_calls(CallsData("duckdb", duckdb=str(tmp_path / "c.duckdb"), calls="nope"), CallSettings(), Gates())


@pytest.mark.parametrize("name", ["=cmd()", "a\x1b[31mb", "'; DROP TABLE x; --", "𝕊", "0xABCDEF", "x" * 5000])
def test_hostile_names_are_names(tmp_path, name):
    lone = CANDLES.replace("1.0 AS high", "CASE i WHEN 30 THEN 9.0 ELSE 1.0 END AS high")
    quoted = name.replace("'", "''")
    data = written(tmp_path, ONE_CALL.replace("'T'", f"'{quoted}'"), lone.replace("'T'", f"'{quoted}'"))
    found = check_calls(data, CallSettings(), Gates())
    (lone_print,) = (f for f in found.findings if f.check == "lone prints")
    assert [r.place for r in lone_print.rows] == ["row 31"]


@pytest.mark.slow
def test_synthetic_calls_of_other_seeds_raise_no_alarm(tmp_path):
    for seed in (1, 2):
        data = CallsData(synthetic=SyntheticCalls(seed=seed, assets=3), cache=str(tmp_path))
        assert check_calls(data, CallSettings(), Gates()).worst == Severity.NOTE


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason=f"real market data is not at {REAL}")
def test_clean_real_data_raises_no_error():
    data = CallsData("parquet", calls=str(REAL / "rule_calls.parquet"), candles=str(REAL / "crypto_candles_1m.parquet"))
    found = check_calls(data, CallSettings(), Gates())
    assert {(f.table, f.check): f.severity for f in found.findings}["calls", "stamp"] == Severity.OK
    assert found.worst == Severity.OK
