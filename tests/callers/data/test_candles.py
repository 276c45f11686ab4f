import math
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.callers.data import CallsData, Needs, describe, load_calls, open_candles, plan_calls
from quantray.callers.data.candles import MANY
from quantray.callers.data.choice import COLUMNS
from quantray.errors import DataError
from tests.builders.call_tables import call_rows, candle_rows, changed, data_of, minute, write_duckdb

CALLS = call_rows(("a", "X", 10), ("a", "Y", 12))


def inventory(folder, candles, **settings):
    with open_candles(data_of(folder, CALLS, candles, **settings)) as source:
        return source.inventory


def fetched(folder, candles, *, calls=CALLS, hold_s=600, bucket_rows=500_000, **settings):
    data = data_of(folder, calls, candles, **settings)
    with open_candles(data) as source:
        plan = plan_calls(load_calls(data), source.inventory.interval_s, Needs(hold_s))
        return list(source.candles(plan.spans, bucket_rows))


def test_the_interval_is_found_where_no_column_says_it(tmp_path):
    assert inventory(tmp_path, candle_rows({"X": range(3000)})).interval_s == 60
    found = inventory(tmp_path, candle_rows({"X": range(2, 3000, 15)}, step=15), stamp="start")
    assert found.interval_s == 900
    assert found.phase_ns == 120 * 10**9
    assert describe(found)["interval"] == "15m"


def test_idle_minutes_are_no_longer_interval(tmp_path):
    kept = np.flatnonzero(np.random.default_rng(0).random(4000) < 0.3)
    assert inventory(tmp_path, candle_rows({"X": kept, "Y": range(10)})).interval_s == 60


@pytest.mark.parametrize(
    "minutes",
    [
        {"X": range(3000), "Y": range(0, 3000, 5)},
        {"X": [*range(1500), *range(1500, 4500, 15)]},
        {"X": range(1440), "Y": range(3, 4 * 1440, 60)},
    ],
)
def test_mixed_intervals_are_refused(tmp_path, minutes):
    with pytest.raises(DataError, match=r"mixed: [XY] has candles of (5m|15m|1h) from 2025-01-0.* to 2025-01-0.*1m"):
        inventory(tmp_path, candle_rows(minutes))


def test_of_several_declared_intervals_one_is_chosen(tmp_path):
    short, long = candle_rows({"X": range(100)}), candle_rows({"X": range(0, 100, 5)}, step=5)
    both = pa.concat_tables([changed(short, interval_s=[60] * 100), changed(long, interval_s=[300] * 20)])
    with pytest.raises(DataError, match=r"intervals are mixed: 1m \(100 rows\), 5m \(20 rows\); choose one"):
        inventory(tmp_path, both)
    found = inventory(tmp_path, both, interval="5m")
    assert found.rows.tolist() == [20]
    assert found.other_intervals == {60: 100}
    with pytest.raises(DataError, match=r"no candles of data.interval=15m; there are: 1m"):
        inventory(tmp_path, both, interval="15m")


def test_a_declared_interval_that_the_candles_do_not_have_is_refused(tmp_path):
    with pytest.raises(DataError, match="candles of 5m are expected, but they start 60 s apart"):
        inventory(tmp_path, candle_rows({"X": range(100)}), interval="5m")
    with pytest.raises(DataError, match=r"candles of 1m are expected, .* nothing is resampled: give data\.interval=5m"):
        inventory(tmp_path, candle_rows({"X": range(0, 1440, 5)}), interval="1m")


def test_what_a_source_must_have(tmp_path):
    candles = candle_rows({"X": range(50)})
    with pytest.raises(DataError, match="has no column 'volume'"):
        inventory(tmp_path, candles.drop_columns(["volume"]))
    with pytest.raises(DataError, match="has no candles; load some"):
        inventory(tmp_path, candles.slice(0, 0))
    path = write_duckdb(tmp_path, calls=CALLS, candels=candles)
    with pytest.raises(DataError, match="did you mean 'candels'"), open_candles(CallsData("duckdb", duckdb=str(path))):
        pass


def test_only_the_windows_are_read_each_candle_once(tmp_path):
    calls = call_rows(("a", "X", 10), ("b", "X", 12), ("a", "X", 100), ("a", "Y", 40))
    (block,) = fetched(tmp_path, candle_rows({"X": range(300), "Y": range(300), "Z": range(300)}), calls=calls)
    assert block.assets == ("X", "Y")
    assert block.index.tolist() == [0, 1]
    x, y = (block.ts[rows] for _, rows in block)
    assert x.tolist() == [minute(m) for m in [*range(10, 25), *range(100, 113)]]  # one behind each window
    assert y.tolist() == [minute(m) for m in range(40, 53)]
    assert block.open[0] == 1.01
    assert not block.open.flags.writeable


def test_buckets_hold_whole_assets_and_the_same_candles(tmp_path):
    names = [f"A{i}" for i in range(7)]
    calls = call_rows(*(("a", name, 5 + i) for i, name in enumerate(names)))
    candles = candle_rows({name: range(100) for name in names})
    (whole,) = fetched(tmp_path, candles, calls=calls)
    parts = fetched(tmp_path, candles, calls=calls, bucket_rows=25)
    assert [len(p.assets) for p in parts] == [2, 2, 2, 1]
    for name in ("ts", "open", "high", "low", "close", "volume"):
        assert np.concatenate([getattr(p, name) for p in parts]).tobytes() == getattr(whole, name).tobytes()
    assert [i for p in parts for i in p.index] == list(range(7))


def test_many_stretches_are_read_like_few(tmp_path):
    minutes = range(0, 3000, 30)
    assert len(minutes) > MANY
    calls = call_rows(*(("a", "X", m) for m in minutes))
    (block,) = fetched(tmp_path, candle_rows({"X": range(3500)}), calls=calls)
    assert block.ts.tolist() == [minute(m + k) for m in minutes for k in range(13)]


def with_rows(table, *more):
    """The table with rows put behind it, each (place of the row that it copies, columns that differ)."""
    return pa.concat_tables([table, *(changed(table.slice(at, 1), **values) for at, values in more)])


def test_exact_copies_are_one_candle(tmp_path):
    candles = candle_rows({"X": range(10, 20)})
    (clean,) = fetched(tmp_path, candles)
    (block,) = fetched(tmp_path, with_rows(candles, (2, {}), (3, {}), (3, {})))
    assert (block.duplicates, block.conflicts, len(block)) == (3, 0, 10)
    for name in COLUMNS:
        assert getattr(block, name).tobytes() == getattr(clean, name).tobytes()


@pytest.mark.parametrize("volume", [None, 0.1, 4.9])
def test_the_finished_candle_beats_the_one_in_progress(tmp_path, volume):
    candles = candle_rows({"X": range(10, 20)})
    (clean,) = fetched(tmp_path, candles)
    progress = changed(candles.slice(3, 1), close=[0.5], low=[0.5], volume=pa.array([volume], pa.float64()))
    for parts in ([candles, progress], [progress, candles], [progress, candles, progress]):
        (block,) = fetched(tmp_path, pa.concat_tables(parts))
        assert block.conflicts == 1
        assert block.close.tobytes() == clean.close.tobytes()
        assert block.volume.tobytes() == clean.volume.tobytes()


@given(st.lists(st.sampled_from([(1.0, 5.0), (2.0, 5.0), (1.5, 3.0), (0.5, None)]), min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_the_largest_volume_holds_then_the_later_row(rows):
    """(close, volume) of one candle, in the order of the table."""
    with tempfile.TemporaryDirectory() as folder:
        candles = candle_rows({"X": range(10, 20)})
        one = [changed(candles.slice(3, 1), close=[c], high=[9.0], low=[0.1], volume=pa.array([v], pa.float64()))
               for c, v in rows]  # fmt: skip
        (block,) = fetched(Path(folder), pa.concat_tables([candles.slice(0, 3), *one, candles.slice(4)]))
    largest = max(v or -1 for _, v in rows)
    assert block.close[3] == [c for c, v in rows if (v or -1) == largest][-1]
    assert block.duplicates == len(rows) - len(set(rows))
    assert block.conflicts == len(set(rows)) - 1


@pytest.mark.parametrize("price", [None, math.nan, math.inf, 0.0, -1.0])
@pytest.mark.parametrize("column", ["open", "high", "low", "close"])
def test_a_candle_without_a_price_is_a_counted_missing_one(tmp_path, price, column):
    candles = candle_rows({"X": range(10, 20)})
    (without,) = fetched(tmp_path, candles.filter(np.arange(10) != 4))
    values = candles[column].to_pylist()
    wrong = changed(candles, **{column: pa.array([*values[:4], price, *values[5:]], pa.float64())})
    (block,) = fetched(tmp_path, wrong)
    assert block.unpriced == (("X", 0, minute(14)),)
    for name in ("ts", *COLUMNS):
        assert getattr(block, name).tobytes() == getattr(without, name).tobytes()
    (mended,) = fetched(tmp_path, pa.concat_tables([wrong, candles.slice(4, 1)]))
    assert (mended.unpriced, len(mended), mended.conflicts) == ((), 10, 0)


def test_a_fingerprint_follows_values_not_order(tmp_path):
    candles = candle_rows({"X": range(50), "Y": range(50)})
    first = inventory(tmp_path, candles)
    assert inventory(tmp_path, candles.take(np.arange(100)[::-1])).fingerprint == first.fingerprint
    nudged = candles["close"].to_pylist()
    nudged[3] = float(np.nextafter(nudged[3], 2))
    second = inventory(tmp_path, changed(candles, close=nudged))
    assert second.fingerprint[0] != first.fingerprint[0]
    assert second.fingerprint[1] == first.fingerprint[1]


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
