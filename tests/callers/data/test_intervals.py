"""The interval of candles: found, declared, chosen or refused."""

import numpy as np
import pyarrow as pa
import pytest

from quantray.callers.data import describe
from quantray.errors import DataError
from tests.builders.call_tables import candle_rows, changed
from tests.builders.fetched_candles import inventory


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


@pytest.mark.slow
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


def test_a_column_of_intervals_that_says_nothing_blocks_nothing(tmp_path):
    candles = candle_rows({"X": range(100)})
    wanted = inventory(tmp_path, candles)
    empty: list[object] = [None] * 100
    for said in (empty, [60, *empty[1:]], ["1m", *empty[1:]], ["?"] * 100, [60.0, float("nan")] * 50):
        found = inventory(tmp_path, changed(candles, interval_s=said))
        assert (found.interval_s, found.rows.tolist(), found.fingerprint) == (60, [100], wanted.fingerprint)
    with pytest.raises(DataError, match=r"98 candles without an interval in 'interval_s', where others have 1m and 5m"):
        inventory(tmp_path, changed(candles, interval_s=["1m", "5m", *empty[2:]]))
    with pytest.raises(DataError, match=r"'interval_s' has 59\.6; it must be whole seconds"):
        inventory(tmp_path, changed(candles, interval_s=[59.6] * 100))
