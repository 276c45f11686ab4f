import numpy as np
import pytest

from quantray.callers.data.candles import MANY
from tests.builders.call_tables import call_rows, candle_rows, changed, minute
from tests.builders.fetched_candles import fetched, inventory


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_fingerprint_follows_values_not_order(tmp_path):
    candles = candle_rows({"X": range(50), "Y": range(50)})
    first = inventory(tmp_path, candles)
    assert inventory(tmp_path, candles.take(np.arange(100)[::-1])).fingerprint == first.fingerprint
    nudged = candles["close"].to_pylist()
    nudged[3] = float(np.nextafter(nudged[3], 2))
    second = inventory(tmp_path, changed(candles, close=nudged))
    assert second.fingerprint[0] != first.fingerprint[0]
    assert second.fingerprint[1] == first.fingerprint[1]
