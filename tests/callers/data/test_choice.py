"""Which of several rows of one candle holds."""

import math
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.callers.data.choice import COLUMNS
from tests.builders.call_tables import candle_rows, changed, minute
from tests.builders.fetched_candles import fetched


def with_rows(table, *more):
    """The table with rows put behind it, each (place of the row that it copies, columns that differ)."""
    return pa.concat_tables([table, *(changed(table.slice(at, 1), **values) for at, values in more)])


@pytest.mark.slow
def test_exact_copies_are_one_candle(tmp_path):
    candles = candle_rows({"X": range(10, 20)})
    (clean,) = fetched(tmp_path, candles)
    (block,) = fetched(tmp_path, with_rows(candles, (2, {}), (3, {}), (3, {})))
    assert (block.duplicates, block.conflicts, len(block)) == (3, 0, 10)
    for name in COLUMNS:
        assert getattr(block, name).tobytes() == getattr(clean, name).tobytes()


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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
