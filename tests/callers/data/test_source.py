"""What a source of candles must have, and how one in many files is read."""

import pyarrow.parquet as pq
import pytest

from quantray.callers.data import CallsData, open_candles
from quantray.errors import DataError
from tests.builders.call_tables import call_rows, candle_rows, changed, data_of, write_duckdb
from tests.builders.fetched_candles import CALLS, inventory


def test_what_a_source_must_have(tmp_path):
    candles = candle_rows({"X": range(50)})
    with pytest.raises(DataError, match="has no column 'volume'"):
        inventory(tmp_path, candles.drop_columns(["volume"]))
    with pytest.raises(DataError, match="has no candles; load some"):
        inventory(tmp_path, candles.slice(0, 0))
    path = write_duckdb(tmp_path, calls=CALLS, candels=candles)
    with pytest.raises(DataError, match="did you mean 'candels'"), open_candles(CallsData("duckdb", duckdb=str(path))):
        pass


def test_parquet_files_of_a_folder_are_one_table(tmp_path):
    candles = candle_rows({"X": range(50), "Y": range(50)})
    (tmp_path / "candles").mkdir()
    pq.write_table(candles.slice(0, 50), tmp_path / "candles" / "x.parquet")
    pq.write_table(candles.slice(50), tmp_path / "candles" / "y.parquet")
    with open_candles(CallsData("parquet", candles=str(tmp_path / "candles"))) as source:
        assert source.inventory.fingerprint == inventory(tmp_path, candles).fingerprint


def test_candles_without_an_asset_are_counted(tmp_path, caplog):
    rows = candle_rows({"A": range(30), "B": range(30)})
    names = [None if i % 20 == 0 else name for i, name in enumerate(rows["asset"].to_pylist())]
    with open_candles(data_of(tmp_path, call_rows(("a", "A", 3)), changed(rows, asset=names))) as source:
        assert source.inventory.rows.sum() == 57
    assert "3 candles name no asset and are left out" in caplog.text
