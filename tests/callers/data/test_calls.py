from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quantray.callers.data import CallsData, CallSettings, describe, load_calls
from quantray.callers.data.settings import CallColumns, CallMaps
from quantray.callers.market import Calls
from quantray.durations import iso
from quantray.errors import ConfigError, DataError
from tests.builders.call_tables import call_rows, changed, data_of, minute, write_duckdb
from tests.builders.loaded_calls import DAY, ROWS, loaded


def test_order_is_time_asset_id_and_nothing_is_lost(tmp_path):
    calls = loaded(tmp_path, call_rows(*ROWS))
    assert calls.call_id == ("c3", "c0", "c2", "c1", "c4")
    assert [calls.callers[i] for i in calls.caller] == ["a", "b", "a", "a", "b"]
    assert [calls.assets[i] for i in calls.asset] == ["X", "X", "X", "Y", "X"]
    assert calls.ts.tolist() == [minute(m) for m in (5, 10, 10, 10, DAY + 1)]
    assert calls.counts["read"] == calls.counts["kept"] == 5
    assert calls.of("b").tolist() == [1, 4]
    assert calls.per_caller.tolist() == [3, 2]
    assert [a.tolist() for a in calls.by_asset] == [[0, 1, 2, 4], [3]]


def test_the_order_of_the_table_does_not_matter(tmp_path):
    table = call_rows(*ROWS)
    assert loaded(tmp_path, table).digest == loaded(tmp_path, table.take([4, 2, 0, 1, 3])).digest


def test_dates_are_utc_days_both_included(tmp_path):
    table = call_rows(("a", "X", -1), ("a", "X", 0), ("a", "X", DAY - 1 / 60), ("a", "X", DAY))
    calls = loaded(tmp_path, table, from_="2025-01-01", to="2025-01-01")
    assert calls.call_id == ("c1", "c2")
    assert calls.counts["outside_dates"] == 2


def test_one_caller_of_many_spellings_is_one(tmp_path):
    table = call_rows(("Alpha", "X", 0), ("alpha!", "X", 0), ("beta", "X", 0))
    settings = CallSettings(aliases={"alpha": ("Alpha", "alpha!")}, callers="Alpha")
    calls = loaded(tmp_path, table, settings)
    assert calls.callers == ("alpha",)
    assert calls.counts["aliased"] == 2
    assert calls.counts["duplicates"] == 1


def test_aliases_from_a_table_beside_the_calls_and_from_files(tmp_path):
    table = call_rows(("Alpha", "X", 0), ("beta", "X", 0))
    names = pa.table({"alias": ["Alpha"], "caller": ["alpha"]})
    path = write_duckdb(tmp_path, calls=table, spellings=names)
    pq.write_table(names, tmp_path / "names.parquet")
    (tmp_path / "names.json").write_text('{"alpha": ["Alpha"]}')
    for given in ("spellings", str(tmp_path / "names.parquet"), str(tmp_path / "names.json")):
        calls = load_calls(CallsData("duckdb", duckdb=str(path)), CallSettings(aliases=given))
        assert calls.callers == ("alpha", "beta")


def test_callers_spelt_alike_are_told(tmp_path):
    calls = loaded(tmp_path, call_rows(("Wolf", "X", 0), ("wolf", "X", 0)))
    assert calls.near_names == (("Wolf", "wolf"),)
    assert describe(calls)["near_names"] == [["Wolf", "wolf"]]


def test_other_names_of_tables_and_columns(tmp_path):
    table = call_rows(*ROWS).rename_columns(["id", "author", "token", "at"])
    path = write_duckdb(tmp_path, alerts=table)
    columns = CallMaps(calls=CallColumns(call_id="id", caller="author", asset="token", ts="at"))
    calls = load_calls(CallsData("duckdb", duckdb=str(path), calls="alerts", columns=columns))
    assert calls.digest == loaded(tmp_path, call_rows(*ROWS)).digest


def test_parquet_and_duckdb_read_the_same(tmp_path):
    table = call_rows(*ROWS)
    pq.write_table(table, tmp_path / "calls.parquet")
    wanted = loaded(tmp_path, table).digest
    assert load_calls(CallsData("parquet", calls=str(tmp_path / "calls.parquet"))).digest == wanted


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["s", "ms", "us", "ns"])
def test_times_without_a_zone_and_whole_numbers_are_utc(tmp_path, kind):
    table = call_rows(*ROWS)
    wanted = loaded(tmp_path, table).digest
    plain = pa.array(np.asarray(table["ts"].cast(pa.int64())), pa.timestamp("us")).cast(pa.timestamp(kind))
    assert loaded(tmp_path, changed(table, ts=plain)).digest == wanted
    assert loaded(tmp_path, changed(table, ts=plain.cast(pa.int64())), ts_unit=kind).digest == wanted
    with pytest.raises(DataError, match=r"data.ts_unit=s, ms, us or ns"):
        loaded(tmp_path, changed(table, ts=plain.cast(pa.int64())))


def test_incomplete_rows_are_counted(tmp_path):
    table = call_rows(("a", "X", 0), ("a", "X", 1), ("a", "X", 2), ("a", "X", 3))
    ts = pa.array([None, *table["ts"].to_pylist()[1:]], pa.timestamp("us", tz="UTC"))
    table = changed(table, ts=ts, asset=["X", None, "X", "X"], caller=["a", "a", "", "a"])
    calls = loaded(tmp_path, table)
    assert calls.call_id == ("c3",)
    assert calls.counts["incomplete"] == 3


def test_names_are_told_apart_by_every_character_and_a_call_without_an_id_counts(tmp_path):
    names = ("a", "a\0", "a\0\0", "A", "\u00e1", "a\u0301", "a\u200b", "a" * 300_000)
    rows = [(name, f"X{name[:3]}", 0) for name in names] + [("a", "Y", i) for i in range(1000)]
    table = changed(call_rows(*rows), call_id=["c0", None, "", *[None] * (len(rows) - 3)])
    calls = loaded(tmp_path, table)
    assert set(calls.callers) == set(names)
    assert calls.per_caller.sum() == len(set(calls.call_id)) == len(rows)
    assert "c0" in calls.call_id


def test_a_call_id_of_several_calls_is_refused(tmp_path):
    table = changed(call_rows(("a", "X", 0), ("a", "X", 1)), call_id=["c", "c"])
    with pytest.raises(DataError, match=r"call_id 'c' belongs to several calls; .* data\.columns\.calls\.call_id=null"):
        loaded(tmp_path, table)
    unread = CallMaps(calls=CallColumns(call_id=None))
    assert len(set(load_calls(data_of(tmp_path, table, columns=unread)).call_id)) == 2


def test_calls_without_a_caller_are_counted_and_left_out(tmp_path):
    calls = loaded(tmp_path, call_rows(*ROWS, (None, "X", 20), ("", "X", 21)))
    assert (calls.callers, calls.counts["incomplete"], calls.counts["kept"]) == (("a", "b"), 2, 5)


def test_case_does_not_matter_in_names_of_tables_and_columns(tmp_path):
    table = call_rows(*ROWS)
    shouted = write_duckdb(
        tmp_path, name="loud.duckdb", CALLS=table.rename_columns(["Call_ID", "CALLER", "Asset", "TS"])
    )
    assert load_calls(CallsData("duckdb", duckdb=str(shouted))).digest == loaded(tmp_path, table).digest


def test_a_number_that_is_no_time_in_its_unit_is_refused(tmp_path):
    table = call_rows(*ROWS)
    table = changed(table, ts=[ns // 10**6 for ns in (minute(m) for _, _, m in ROWS)])
    assert loaded(tmp_path, table, ts_unit="ms").ts.tolist()[1] == minute(10)
    with pytest.raises(DataError, match=r"5 of 5 rows have no time in 'ts', .* they look like data\.ts_unit=ms"):
        loaded(tmp_path, table, ts_unit="s")


def test_missing_table_column_and_file(tmp_path):
    path = write_duckdb(tmp_path, cals=call_rows(*ROWS))
    with pytest.raises(DataError, match=r"has no table of calls: unknown table 'calls'; did you mean 'cals'"):
        load_calls(CallsData("duckdb", duckdb=str(path)))
    with pytest.raises(DataError, match=r"has no column 'caller'.*did you mean 'callr'.*data.columns.calls.caller="):
        loaded(tmp_path, call_rows(*ROWS).rename_columns(["call_id", "callr", "asset", "ts"]))
    with pytest.raises(DataError, match="has no column 'mcap'"):
        loaded(tmp_path, call_rows(*ROWS), CallSettings(min_mcap=1.0))
    with pytest.raises(DataError, match=r"did you mean 'market.duckdb'"):
        load_calls(CallsData("duckdb", duckdb=str(tmp_path / "maket.duckdb")))
    with pytest.raises(DataError, match="data=duckdb needs a file"):
        load_calls(CallsData("duckdb"))
    with pytest.raises(DataError, match="data=parquet needs a file of calls"):
        load_calls(CallsData("parquet"))


@pytest.mark.slow
def test_an_unreadable_file_is_refused(tmp_path):
    (tmp_path / "broken.duckdb").write_bytes(b"this is no database" * 999)
    with pytest.raises(DataError, match="cannot be read"):
        load_calls(CallsData("duckdb", duckdb=str(tmp_path / "broken.duckdb")))
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="cannot be read"):
        load_calls(CallsData("parquet", calls=str(tmp_path / "broken.parquet")))


def test_a_wrong_caller_is_answered_before_anything_else(tmp_path):
    with pytest.raises(ConfigError, match="unknown caller 'alhpa'; did you mean 'alpha'"):
        loaded(tmp_path, call_rows(("alpha", "X", 0)), CallSettings(callers=("alhpa",)))


def test_the_source_stays_as_it_was(tmp_path):
    data = data_of(tmp_path, call_rows(*ROWS))
    before = (tmp_path / "market.duckdb").read_bytes()
    load_calls(data)
    assert (tmp_path / "market.duckdb").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["market.duckdb"]


def lists(folder: Path, files: dict[str, str], **other: Any) -> Calls:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content)
    return load_calls(CallsData("parquet", calls=str(folder), **other))


def test_a_list_of_each_caller_is_called_as_its_file(tmp_path: Path) -> None:
    head = "asset,ts,mcap\n"
    found = lists(tmp_path / "c", {
        "whale.csv": head + "A,2025-05-05 12:00:00+02:00,47.18k\n", "No.7.csv": head + "B,2025-05-05 11:00:00,$1.2M\n",
    })  # fmt: skip
    assert found.callers == ("No.7", "whale")
    assert [found.callers[i] for i in found.caller] == ["whale", "No.7"]
    assert found.mcap.tolist() == [47_180.0, 1_200_000.0]
    again = lists(tmp_path / "d", {"whale.csv": head + "C,2025-05-05 09:00:00,\nA,2025-05-05 10:00:00Z,1\n"})
    ids = dict(zip(found.assets, [found.call_id[i] for i in np.argsort(found.asset)], strict=True))
    assert again.call_id[1] == ids["A"]  # of caller, asset and time, wherever the row stands


def test_calls_without_ids_that_are_the_same_are_one(tmp_path: Path) -> None:
    rows = "chain,token,time\nsol,A,1746446400.5\nsol,A,1746446400.5\nsol,B,1746446400\n"
    columns = CallMaps(calls=CallColumns(asset="token", ts="time"))
    found = lists(tmp_path / "c", {"x.csv": rows}, ts_unit={"calls": "s"}, columns=columns)
    assert (len(found), found.counts["duplicates"]) == (2, 1)
    assert found.ts.tolist() == [1_746_446_400_000_000_000, 1_746_446_400_500_000_000]


def test_a_clock_without_a_date_is_asked_for_its_day(tmp_path: Path) -> None:
    rows = "asset,ts\nA,12:30\nB,1:05 pm\nC,23:59:30\n"
    with pytest.raises(DataError, match=r"like '12:30'; a clock says no day: say which with data\.date="):
        lists(tmp_path / "c", {"x.csv": rows})
    found = lists(tmp_path / "c", {"x.csv": rows}, date="2025-05-06")
    assert [iso(int(ts)) for ts in found.ts] == [
        "2025-05-06T12:30:00Z", "2025-05-06T13:05:00Z", "2025-05-06T23:59:30Z",
    ]  # fmt: skip
    rome = lists(tmp_path / "c", {"x.csv": rows + "D,2025-05-01 10:00:00\n"}, date="2025-05-06", timezone="Europe/Rome")
    assert [iso(int(ts)) for ts in rome.ts][:2] == ["2025-05-01T08:00:00Z", "2025-05-06T10:30:00Z"]
    with pytest.raises(ConfigError, match=r"data\.date must be a date"):
        CallsData("parquet", date="06.05.2025")
