import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quantray.callers.data import CallsData, CallSettings, Needs, load_calls, materialise, open_candles, plan_calls
from quantray.callers.data.columns import canonical
from quantray.callers.data.settings import CallColumns, CallMaps
from quantray.errors import DataError
from tests.builders.call_columns import CANDLES, ROWS, inventory
from tests.builders.call_tables import NS, call_rows, candle_rows, changed, data_of, minute, write_duckdb

LOW, UP = "0x" + "ab12cd34ef" * 4, "0x" + "Ab12Cd34Ef" * 4


@pytest.mark.parametrize("wrong", ["47.18k", "", "N/A", "unknown", None])
def test_an_optional_column_blocks_nothing(tmp_path, wrong):
    calls = call_rows(*ROWS)
    wanted = load_calls(data_of(tmp_path, calls)).digest
    table = changed(calls, mcap=[wrong, "12", " 3.5 ", None], price_at_call=[wrong] * 4, chain=["", "sol", None, "x"])
    found = load_calls(data_of(tmp_path, table))
    assert found.digest == wanted
    by_id = dict(zip(found.call_id, found.mcap.tolist(), strict=True))
    assert (by_id["c1"], by_id["c2"]) == (12.0, 3.5)
    assert by_id["c0"] == 47180.0 if wrong == "47.18k" else np.isnan(by_id["c0"])
    assert np.isnan(found.price_at_call).all()


@pytest.mark.parametrize(
    "column", [pa.array([True, False, None, True]), pa.array([[1], [2], None, []]), pa.array([{"a": 1}] * 4)]
)
def test_an_optional_column_of_any_type_blocks_nothing(tmp_path, column):
    calls = call_rows(*ROWS)
    wanted = load_calls(data_of(tmp_path, calls)).digest
    assert (
        load_calls(data_of(tmp_path, changed(calls, mcap=column, price_at_call=column, chain=column))).digest == wanted
    )


def test_an_optional_column_may_be_left_out_by_hand(tmp_path):
    table = changed(call_rows(*ROWS), mcap=[1.0, 2, 3, 4])
    columns = CallMaps(calls=CallColumns(mcap=None, price_at_call=None))
    assert np.isnan(load_calls(data_of(tmp_path, table, columns=columns)).mcap).all()
    with pytest.raises(DataError, match="has no column 'mcap'"):
        load_calls(data_of(tmp_path, table, columns=columns), CallSettings(min_mcap=1))


def test_short_market_capitalisations_are_told_from_other_text(tmp_path):
    values = ["$1.2M", "3b", "7K", "1,5k", "k", "5 kg", "1e3"]
    table = changed(call_rows(*[("a", f"X{i}", 0) for i in range(7)]), mcap=values)
    found = load_calls(data_of(tmp_path, table)).mcap
    np.testing.assert_array_equal(found, [1.2e6, 3e9, 7e3, np.nan, np.nan, np.nan, 1e3])


@pytest.mark.parametrize("longer", [False, True])
def test_addresses_are_one_asset_whatever_their_case(tmp_path, longer):
    low, up = (f"base:{LOW}", f"base:{UP}") if longer else (LOW, UP)
    calls = call_rows(("a", low, 10), ("a", up, 20), ("b", "AbCdE", 10), ("b", "aBcDe", 10))
    candles = candle_rows({low: range(50), "AbCdE": range(100), "aBcDe": range(100)})
    more = candle_rows({up: range(50, 100)})
    data = data_of(tmp_path, calls, pa.concat_tables([candles, more]))
    loaded, found = load_calls(data), inventory(data)
    assert loaded.assets == tuple(sorted({low.lower(), "AbCdE", "aBcDe"}))
    assert found.assets == loaded.assets
    assert found.rows.tolist() == [100, 100, 100]
    assert canonical(up) == canonical(low) == low.lower()
    assert canonical("AbCdE") == "AbCdE"
    assert canonical("0xZZ") == "0xZZ"


def test_a_collation_of_the_table_merges_no_assets(tmp_path):
    path = write_duckdb(tmp_path, calls0=call_rows(("a", "AbC", 1), ("a", "aBc", 1)))
    with duckdb.connect(str(path)) as c:
        c.execute("CREATE TABLE calls (call_id VARCHAR, caller VARCHAR, asset VARCHAR COLLATE NOCASE, ts TIMESTAMPTZ)")
        c.execute("INSERT INTO calls SELECT * FROM calls0")
        c.execute("CREATE TABLE candles (asset VARCHAR COLLATE NOCASE, ts TIMESTAMPTZ, open DOUBLE, high DOUBLE, "
                  "low DOUBLE, close DOUBLE, volume DOUBLE)")  # fmt: skip
        for name in ("AbC", "aBc"):
            c.execute(
                f"INSERT INTO candles SELECT '{name}', ts + INTERVAL 1 MINUTE * i, 1, 1, 1, 1, 1 "
                "FROM calls0, range(3) r(i) WHERE call_id = 'c0'"
            )
    data = CallsData("duckdb", duckdb=str(path))
    assert load_calls(data).assets == inventory(data).assets == ("AbC", "aBc")


@pytest.mark.slow
def test_csv_is_read_as_the_text_it_is(tmp_path):
    many = 21_000  # more rows than DuckDB would guess types from
    calls = ["call_id,caller,asset,ts", "007,on,1e5,2025-01-01 00:10:00", "7,No,100000,2025-01-01T00:10:00Z"]
    (tmp_path / "calls.csv").write_text("\n".join([*calls, "8,\u2028x,12:30,1735690200", "9,y,X,N/A"]) + "\n")
    rows = [f"X,{minute(m) // NS},1,1,1,1,5" for m in range(many)]
    rows += [f"X,{minute(many) // NS},1,99.5,.48,1,5", f"X,{minute(many + 1) // NS},1,N/A,1,1,5"]
    (tmp_path / "candles.csv").write_text("\n".join(["asset,ts,open,high,low,close,volume", *rows]) + "\n")
    data = CallsData(
        "parquet", calls=str(tmp_path / "calls.csv"), candles=str(tmp_path / "candles.csv"), ts_unit="s",
        cache=str(tmp_path),
    )  # fmt: skip
    found = load_calls(data)
    assert found.callers == ("No", "on", "\u2028x")
    assert found.assets == ("100000", "12:30", "1e5")
    assert found.call_id == ("7", "8", "007")
    assert found.counts["incomplete"] == 1
    with open_candles(data) as source:
        assert source.inventory.interval_s == 60
        got = source.table.fetch("SELECT max(high) AS high, min(low) AS low, count(high) AS n FROM {t}")
    assert (got["high"][0], got["low"][0], got["n"][0]) == (99.5, 0.48, many + 1)


def test_files_of_one_table_may_differ_in_type_and_order(tmp_path):
    folder = tmp_path / "candles"
    folder.mkdir()
    for i, columns in enumerate(("1 AS open, 2 AS high", "99.5 AS high, 0.5 AS open")):
        ts = f"TIMESTAMPTZ '2025-01-01 00:0{i}:00Z' AS ts"
        duckdb.sql(f"COPY (SELECT 'X' AS asset, {ts}, {columns}, 0.25 AS low, 1 AS close, 5 AS volume) "
                   f"TO '{folder}/{i}.parquet'")  # fmt: skip
    data = CallsData("parquet", calls="-", candles=str(folder))
    with open_candles(data) as source:
        got = source.table.fetch("SELECT ts, open::DOUBLE AS open, high::DOUBLE AS high FROM {t} ORDER BY ts")
    assert (got["open"].tolist(), got["high"].tolist()) == ([1.0, 0.5], [2.0, 99.5])


def test_a_needed_column_that_is_no_number_names_row_and_remedy(tmp_path):
    table = changed(CANDLES, close=["0,125"] * 600)
    with pytest.raises(DataError, match=r"600 of 600 rows of 'close' are no numbers, like '0,125'; write a decimal"):
        inventory(data_of(tmp_path, call_rows(*ROWS), table))


@pytest.mark.slow
def test_how_a_table_is_cut_and_written_changes_nothing(tmp_path):
    """Two files for one, columns in another order, whole numbers as integers, text for numbers: the same candles."""
    calls, candles = call_rows(("a", "X", 10), ("b", "Y", 20)), candle_rows({"X": range(200), "Y": range(200)})
    whole = {n: np.round(np.asarray(candles[n]) * 1000) for n in ("open", "high", "low", "close", "volume")}
    candles = changed(candles, **whole)

    def read(data):
        with open_candles(data) as source:
            plan = plan_calls(load_calls(data), source.inventory.interval_s, Needs(3600))
            found = materialise(plan, source, data)
            return found.digest(plan), source.inventory.rows.tolist(), dict(found.quality)

    wanted = read(data_of(tmp_path, calls, candles))
    pq.write_table(calls, tmp_path / "calls.parquet")
    integers = changed(candles, **{n: pa.array(v.astype(np.int64)) for n, v in whole.items()})
    text = changed(candles, **{n: [f" {x:.1f}" for x in v.tolist()] for n, v in whole.items()})
    shuffled = candles.select(["close", "asset", "volume", "low", "ts", "high", "open"])
    for i, parts in enumerate((
        [candles.slice(0, 150), candles.slice(150)], [shuffled], [integers], [text],
        [integers.slice(0, 30), shuffled.slice(30)], [text.slice(0, 30), candles.slice(30)],
    )):  # fmt: skip
        folder = tmp_path / f"candles{i}"
        folder.mkdir()
        for k, part in enumerate(parts):
            pq.write_table(part, folder / f"{k}.parquet")
        data = CallsData(
            "parquet", calls=str(tmp_path / "calls.parquet"), candles=str(folder), cache=str(tmp_path / f"cache{i}")
        )
        assert read(data) == wanted
