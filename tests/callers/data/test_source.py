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


def test_csv_is_read_from_its_first_line_on_or_refused(tmp_path):
    header, rows = "asset,ts,open,high,low,close,volume", [f"X,2025-01-01T00:{m:02d}:00Z,1,1,1,1,5" for m in range(30)]

    def read(*lines: str, name: str = "c"):
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
        with open_candles(CallsData("parquet", candles=str(tmp_path))) as source:
            return source.inventory

    wanted = read(header, *rows)
    padded = [row.replace("X,", " X ,") for row in rows]
    assert read(header.replace(",", ", "), *padded).fingerprint == wanted.fingerprint
    read(header, *rows[:15])
    other = read(header.replace(",", ";"), *(row.replace(",", ";") for row in rows[15:]), name="d")
    assert (other.assets, other.rows.tolist(), other.fingerprint) == (("X",), [30], wanted.fingerprint)
    (tmp_path / "d.csv").unlink()
    with pytest.raises(DataError, match="has the column 'open' twice"):
        read(f"{header},OPEN", *(f"{row},9" for row in rows))
    for broken in ("Y,1", "Y,2025-01-01T00:00:00Z,1,1,1,1,5,a,b,c,d", '"Y,2025-01-01T00:00:00Z,1,1,1,1,5'):
        with pytest.raises(DataError, match="line 3"):
            read(header, rows[0], broken)


def test_candles_of_months_are_refused(tmp_path):
    months = [f"X,20{y}-{m:02d}-01,1,1,1,1,5" for y in (22, 23) for m in range(1, 13)]
    (tmp_path / "m.csv").write_text("\n".join(["asset,ts,open,high,low,close,volume", *months]) + "\n")
    with (
        pytest.raises(DataError, match="24 candles all start on the first of a month"),
        open_candles(CallsData("parquet", candles=str(tmp_path / "m.csv"))),
    ):
        pass
