"""Times of calls and candles in any unit, zone and type."""

import datetime

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quantray.callers.data import CallsData, load_calls
from quantray.errors import ConfigError, DataError
from tests.builders.call_columns import CANDLES, ROWS, inventory
from tests.builders.call_tables import call_rows, changed, data_of, write_duckdb

SENTINELS = ("1970-01-01", "0001-01-01", "9999-12-31", "infinity", "-infinity", "2262-04-11 23:47:16", "2100-01-01")


def numbers(table: pa.Table, unit: str) -> pa.Array:
    plain = pa.array(np.asarray(table["ts"].cast(pa.int64())), pa.timestamp("us"))
    return plain.cast(pa.timestamp(unit)).cast(pa.int64())


def shown(data: CallsData):
    calls, candles = load_calls(data), inventory(data)
    return calls.digest, candles.assets, candles.first_ns.tolist(), candles.last_ns.tolist(), candles.rows.tolist()


@pytest.mark.slow
@pytest.mark.parametrize("units", [("ms", "s"), ("s", "ns"), ("us", "ms"), ("ns", "us")])
def test_each_table_has_its_unit(tmp_path, units):
    calls, candles = call_rows(*ROWS), CANDLES
    wanted = shown(data_of(tmp_path, calls, candles))
    told = changed(calls, ts=numbers(calls, units[0])), changed(candles, ts=numbers(candles, units[1]))
    given = dict(zip(("calls", "candles"), units, strict=True))
    assert shown(data_of(tmp_path, *told, ts_unit=given)) == wanted
    swapped = dict(zip(("candles", "calls"), units, strict=True))
    with pytest.raises(DataError, match=rf"they look like data\.ts_unit={units[0]}"):
        shown(data_of(tmp_path, *told, ts_unit=swapped))
    with pytest.raises(DataError, match=rf"they look like {units[0]}: .*data\.ts_unit=\{{calls: {units[0]}\}}"):
        shown(data_of(tmp_path, *told))


@pytest.mark.parametrize("kind", ["DOUBLE", "VARCHAR", "HUGEINT", "UBIGINT", "UHUGEINT", "DECIMAL(20, 0)"])
def test_numbers_of_any_type_are_times(tmp_path, kind):
    calls = call_rows(*ROWS)
    wanted = load_calls(data_of(tmp_path, calls)).digest
    path = write_duckdb(tmp_path, name="n.duckdb", raw=changed(calls, ts=numbers(calls, "ms")))
    with duckdb.connect(str(path)) as c:
        c.execute(f"CREATE TABLE calls AS SELECT * REPLACE (ts::{kind} AS ts) FROM raw")
    assert load_calls(CallsData("duckdb", duckdb=str(path), ts_unit="ms")).digest == wanted


@pytest.mark.parametrize(
    "write",
    [
        "strftime(ts, '%Y-%m-%d %H:%M:%S')", "strftime(ts, '%Y-%m-%dT%H:%M:%SZ')", "ts::VARCHAR",
        "strftime(ts + INTERVAL 2 HOUR, '%Y-%m-%dT%H:%M:%S+0200')", "strftime(ts, '  %Y-%m-%d %H:%M:%S.000 UTC')",
        "strftime(ts - INTERVAL 5 HOUR, '%Y/%m/%d %H:%M:%S -0500')", "strftime(ts, '%Y-%m-%d  %H:%M:%S gmt')",
    ],
)  # fmt: skip
def test_times_as_text_are_read_by_what_they_say(tmp_path, write):
    calls = call_rows(*ROWS)
    wanted = load_calls(data_of(tmp_path, calls)).digest
    path = write_duckdb(tmp_path, name="t.duckdb", raw=calls)
    with duckdb.connect(str(path)) as c:
        c.execute("SET TimeZone = 'UTC'")
        c.execute(f"CREATE TABLE calls AS SELECT * REPLACE ({write} AS ts) FROM raw")
    assert load_calls(CallsData("duckdb", duckdb=str(path))).digest == wanted


def test_what_stands_behind_a_clock_is_read_or_the_row_is_no_time(tmp_path):
    """The database's cast passes over it: 01:00:00 PM would be a call twelve hours before it was made."""
    behind = ("PM", "pm", "EST", "BST", "Europe/Rome", "UTC+2", "+02:00:00", "-5", "x", "(local)", "1")
    path = write_duckdb(tmp_path, name="b.duckdb", raw=call_rows(("a", "X", 0)))
    with duckdb.connect(str(path)) as c:
        c.execute("CREATE TABLE calls AS SELECT * REPLACE ('2025-05-06 01:00:00' AS ts) FROM raw")
        for i, word in enumerate(behind):
            c.execute("INSERT INTO calls SELECT * REPLACE ($1 AS ts, $2 AS call_id) FROM raw",
                      [f"2025-05-06 01:00:00{' ' * (i % 2)}{word}", word])  # fmt: skip
            c.execute("INSERT INTO calls SELECT * REPLACE ($1 AS ts, $2 AS call_id) FROM raw",
                      ["2025-05-06 01:00:00+01:00", f"good {word}"])  # fmt: skip
    calls = load_calls(CallsData("duckdb", duckdb=str(path)))
    assert calls.counts["incomplete"] == len(behind)
    assert set(calls.ts.tolist()) == {np.datetime64("2025-05-06T01:00", "ns").astype(int)} | {
        np.datetime64("2025-05-06T00:00", "ns").astype(int)
    }


@pytest.mark.slow
def test_each_table_has_its_zone(tmp_path):
    calls, candles = call_rows(*ROWS), CANDLES
    wanted = shown(data_of(tmp_path, calls, candles))
    naive = {}
    for key, table, hours in (("calls", calls, -5), ("candles", candles, 9)):
        there = np.asarray(table["ts"].cast(pa.int64())) + hours * 3600 * 10**6
        naive[key] = changed(table, ts=pa.array(there, pa.timestamp("us")))
    zones = {"calls": "America/New_York", "candles": "Asia/Tokyo"}
    assert shown(data_of(tmp_path, naive["calls"], naive["candles"], timezone=zones)) == wanted
    assert shown(data_of(tmp_path, calls, candles, timezone="Asia/Tokyo")) == wanted  # their times name one
    with pytest.raises(ConfigError, match=r"unknown time zone 'Asia/Tokio'; did you mean 'Asia/Tokyo'"):
        CallsData(timezone="Asia/Tokio")
    with pytest.raises(ConfigError, match=r"data\.timezone\.cals: unknown table 'cals'; did you mean 'calls'"):
        CallsData(timezone={"cals": "UTC"})


def test_an_hour_that_the_clocks_repeat_or_skip_is_no_time(tmp_path):
    def at(*times):
        stamps = pa.array([datetime.datetime.fromisoformat(t) for t in times], pa.timestamp("us"))
        return changed(call_rows(*[("a", f"X{i}", 0) for i in range(len(times))]), ts=stamps)

    table = at("2025-03-30T02:30", "2025-10-26T02:30", "2025-03-30T03:30", "2025-10-26T03:00", "2025-10-26T01:59")
    calls = load_calls(data_of(tmp_path, table, timezone="Europe/Rome"))
    assert calls.counts["incomplete"] == 2
    assert [str(np.datetime64(ns, "ns"))[:16] for ns in calls.ts.tolist()] == [
        "2025-03-30T01:30", "2025-10-25T23:59", "2025-10-26T02:00",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("sentinel", SENTINELS)
@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMPTZ", "VARCHAR"])
def test_an_impossible_date_is_a_counted_row(tmp_path, sentinel, kind):
    calls, candles = call_rows(*ROWS), CANDLES
    wanted = shown(data_of(tmp_path, calls, candles))
    path = write_duckdb(tmp_path, name="s.duckdb", calls0=calls, candles0=candles)
    with duckdb.connect(str(path)) as c:
        c.execute("SET TimeZone = 'UTC'")
        for name in ("calls", "candles"):
            c.execute(f"CREATE TABLE {name} AS SELECT * REPLACE (ts::{kind} AS ts) FROM {name}0")
            first = "'c9', 'a', 'X', " if name == "calls" else "'X', "
            rest = "" if name == "calls" else ", 1, 1, 1, 1, 5"
            c.execute(f"INSERT INTO {name} VALUES ({first}'{sentinel}'::{kind}{rest}), ({first}NULL{rest})")
    data = CallsData("duckdb", duckdb=str(path))
    assert shown(data) == wanted
    assert load_calls(data).counts["incomplete"] == 2
    assert inventory(data).undated == 2


@pytest.mark.parametrize("zone", ["UTC", None, "Europe/Rome"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_parquet_times_of_any_precision_are_one_time(tmp_path, unit, zone):
    """pandas has long written nanoseconds, polars microseconds, Spark milliseconds."""
    calls = call_rows(*ROWS)
    for name, table in (("calls", calls), ("candles", CANDLES)):
        ns = np.asarray(table["ts"].cast(pa.int64())) * 1000
        stamps = pa.array(ns // {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[unit], pa.timestamp(unit, tz=zone))
        pq.write_table(changed(table, ts=stamps), tmp_path / f"{name}.parquet")
    data = CallsData("parquet", calls=str(tmp_path / "calls.parquet"), candles=str(tmp_path / "candles.parquet"))
    (tmp_path / "file").mkdir()
    assert shown(data) == shown(data_of(tmp_path / "file", calls, CANDLES))
