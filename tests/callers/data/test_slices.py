from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quantray.callers.data import (
    CallSettings,
    Needs,
    cover,
    load_calls,
    locate,
    materialise,
    open_candles,
    open_slice,
    plan_calls,
)  # fmt: skip
from quantray.callers.data.prints import clipped
from quantray.callers.market import Spans
from quantray.errors import DataError
from tests.builders.call_slices import CALLS, CANDLES, made
from tests.builders.call_tables import call_rows, candle_rows, changed, data_of, minute


def test_a_slice_holds_the_windows_once_partitioned_by_bucket(tmp_path):
    plan, _, found = made(tmp_path, bucket_rows=40)
    assert [b.file for b in found.buckets] == ["bucket=0000/candles.parquet", "bucket=0001/candles.parquet"]
    table = pq.read_table(found.folder, partitioning="hive")
    assert sorted(set(table["asset"].to_pylist())) == ["X", "Y"]
    keys = list(zip(table["asset"].to_pylist(), table["ts"].to_pylist(), strict=True))
    assert len(keys) == len(set(keys)) == found.rows == 3 * 33 + 33  # one behind each window
    assert set(table.column_names) == {"asset", "ts", "open", "high", "low", "close", "volume", "bucket"}
    assert plan.spans.assets == found.spans.assets == ("GONE", "X", "Y")


def test_reading_gives_the_candles_of_the_source_bit_for_bit(tmp_path):
    data = data_of(tmp_path, CALLS, CANDLES)
    with open_candles(data) as source:
        plan = plan_calls(load_calls(data), 60, Needs(1800))
        blocks = list(source.candles(plan.spans, data.bucket_rows))
        read = list(materialise(plan, source, data).candles(plan))
    assert len(blocks) == len(read) == 1
    for name in ("index", "offsets", "ts", "open", "high", "low", "close", "volume"):
        assert getattr(read[0], name).tobytes() == getattr(blocks[0], name).tobytes()
    assert not read[0].close.flags.writeable
    assert not read[0].close.flags.owndata


@pytest.mark.slow
def test_a_slice_is_used_again_for_the_same_windows_alone(tmp_path):
    """What a wider one tells of its candles is not this plan's: the cache changes no figure."""
    _, _, first = made(tmp_path)
    assert made(tmp_path)[2].folder == first.folder
    others = [made(tmp_path, hold_s=900)[2], made(tmp_path, hold_s=3600)[2], made(tmp_path, callers=("b",))[2]]
    assert len({found.folder for found in (first, *others)}) == 4
    assert others[1].rows > first.rows
    for k, words in enumerate(({"hold_s": 900}, {"hold_s": 3600}, {"callers": ("b",)})):
        (tmp_path / f"{k}").mkdir()
        alone = made(tmp_path / f"{k}", **words)[2]
        assert alone.quality == others[k].quality


@pytest.mark.slow
def test_a_slice_of_other_candles_is_not_used(tmp_path):
    first = made(tmp_path)[2]
    nudged = CANDLES["close"].to_pylist()
    nudged[100] = float(np.nextafter(nudged[100], 9))
    second = made(tmp_path, candles=changed(CANDLES, close=nudged))[2]
    assert second.folder != first.folder
    elsewhere = CANDLES["close"].to_pylist()
    elsewhere[-1] = 9.0  # of Z, which no call is about
    assert made(tmp_path, candles=changed(CANDLES, close=elsewhere))[2].folder == first.folder


@pytest.mark.slow
def test_the_digest_is_of_the_windows_not_of_the_slice(tmp_path):
    plan, _, exact = made(tmp_path)
    wide = made(tmp_path, hold_s=3600)[2]
    again_plan, _, again = made(tmp_path)
    assert again.folder == exact.folder
    split = made(tmp_path, bucket_rows=40)[2]
    digests = {found.digest(plan) for found in (again, wide, split)}
    assert len(digests) == 1
    assert again_plan.digest == plan.digest
    inside = CANDLES["close"].to_pylist()
    inside[20] = 9.0
    assert made(tmp_path, candles=changed(CANDLES, close=inside))[2].digest(plan) not in digests


def test_coverage_from_a_slice_is_coverage_from_the_source(tmp_path):
    data = data_of(tmp_path, CALLS, CANDLES)
    with open_candles(data) as source:
        plan = plan_calls(load_calls(data), 60, Needs(1800))
        wide = materialise(plan_calls(load_calls(data), 60, Needs(9000)), source, data)
        direct, through = cover(plan, source), cover(plan, source, candles=wide.candles(plan))
    for name in ("reason", "entry_ns", "entry_open", "present", "longest_gap_s", "warmup_present"):
        assert getattr(direct, name).tobytes() == getattr(through, name).tobytes()


def test_rows_of_every_eligible_call(tmp_path):
    plan, coverage, found = made(tmp_path, bucket_rows=40)
    seen = []
    for block in found.candles(plan):
        rows = locate(coverage, block)
        for call, first, entry, stop in zip(rows.call, rows.first, rows.entry, rows.stop, strict=True):
            seen.append(int(call))
            assert block.ts[entry] == coverage.entry_ns[call]
            assert block.ts[first] >= plan.start_ns[call]
            assert block.open[entry] == coverage.entry_open[call]
            assert stop - entry == 33
            assert block.ts[stop - 2] < plan.end_ns[call] <= block.ts[stop - 1]
    assert sorted(seen) == np.flatnonzero(coverage.eligible).tolist()
    assert len(seen) == 4


@pytest.mark.slow
def test_a_bucket_of_assets_that_nobody_asked_for_is_skipped(tmp_path):
    _, _, found = made(tmp_path, bucket_rows=40)
    plan = made(tmp_path, calls=call_rows(("a", "Y", 30)), bucket_rows=40)[0]
    assert found.buckets_of(plan) == [1]
    whole = found.read(0, plan.calls.assets)
    assert whole.index.tolist() == [-1]
    assert list(whole) == []


def test_a_folder_that_is_no_slice_and_a_broken_bucket_are_refused(tmp_path):
    plan, _, found = made(tmp_path)
    with pytest.raises(DataError, match="is no slice of candles"):
        open_slice(tmp_path)
    (found.folder / found.buckets[0].file).write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"cannot be read.*delete it, it will be made again"):
        found.digest(plan)


def test_a_cache_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(DataError, match=r"choose another data.cache"):
        made(tmp_path)


def test_the_first_bar_is_the_entry_minute(tmp_path):
    plan, coverage, found = made(tmp_path)
    (block,) = found.candles(plan)
    rows = locate(coverage, block)
    assert block.ts[rows.entry].tolist() == [minute(m) for m in (10, 30, 50, 400)]


@pytest.mark.slow
def test_the_same_rows_in_another_order_decide_otherwise(tmp_path):
    """Two rows of one candle with one volume: the later holds, in a slice of the cache too."""
    candles = candle_rows({"X": range(100)})
    rival = changed(candles.slice(20, 1), close=[1.5], high=[9.0])
    calls = call_rows(("a", "X", 10))
    before, after = (pa.concat_tables(parts) for parts in ([rival, candles], [candles, rival]))
    for table, close in ((before, candles["close"][20].as_py()), (after, 1.5), (before, candles["close"][20].as_py())):
        plan, _, found = made(tmp_path, calls=calls, candles=table, hold_s=1800)
        (block,) = found.candles(plan)
        assert block.close[block.ts.tolist().index(minute(20))] == close
        assert found.ties == (("X", minute(20)),)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_clipped_candles_do_not_depend_on_what_else_is_read(tmp_path, seed: int):
    """Of a window of its own and among others, over gaps and idle candles: the bits that the whole source gives."""
    rng = np.random.default_rng(seed)
    rows = candle_rows({name: np.flatnonzero(rng.random(400) < 0.5) for name in "XYZ"})
    high = rows["high"].to_numpy() * np.where(rng.random(len(rows)) < 0.3, 2.0, 1.0)
    low = rows["low"].to_numpy() / np.where(rng.random(len(rows)) < 0.3, 2.0, 1.0)
    volume = np.where(rng.random(len(rows)) < 0.2, 0.0, 3.0)
    candles = changed(rows, high=pa.array(high), low=pa.array(low), volume=pa.array(volume))
    calls = [("a", "XYZ"[i % 3], int(at)) for i, at in enumerate(rng.integers(0, 380, 9))]
    data = data_of(tmp_path, call_rows(*calls), candles, print_filter="clip")
    with open_candles(replace(data, print_filter="report")) as source:
        everything = Spans(
            ("X", "Y", "Z"), np.arange(3, dtype=np.int32), np.full(3, minute(0)), np.full(3, minute(500))
        )
        (whole,) = source.candles(everything, 10**9)
    whole = clipped(whole, data.print_filter_k)
    names = np.repeat(whole.assets, np.diff(whole.offsets)).tolist()
    want = dict(zip(zip(names, whole.ts.tolist(), strict=True), zip(whole.high, whole.low, strict=True), strict=True))
    for hold_s in (300, 2400):
        for number, some in enumerate((calls, *([call] for call in calls))):
            folder = tmp_path / f"{hold_s}-{number}"
            folder.mkdir()
            data = data_of(folder, call_rows(*some), candles, print_filter="clip")
            with open_candles(data) as source:
                plan = plan_calls(load_calls(data, CallSettings()), 60, Needs(hold_s))
                for block in materialise(plan, source, data).candles(plan):
                    mine = np.repeat(block.assets, np.diff(block.offsets)).tolist()
                    for name, at, *got in zip(mine, block.ts.tolist(), block.high, block.low, strict=True):
                        assert tuple(got) == want[name, at]


@pytest.mark.slow
def test_rows_without_a_time_are_a_share_of_the_table_and_of_this_one(tmp_path):
    """However short the windows are; a slice of the same candles from a table without such rows says otherwise."""
    assert made(tmp_path)[2].quality["undated_share"] == 0
    lost = candle_rows({"X": [0]}).set_column(1, "ts", pa.array([0], pa.timestamp("us", tz="UTC")))
    short = call_rows(("a", "X", 10))
    for hold_s in (60, 1800):
        found = made(tmp_path, calls=short, candles=pa.concat_tables([CANDLES, lost]), hold_s=hold_s)[2]
        assert found.quality["undated"] == 1
        assert found.quality["undated_share"] == 1 / (len(CANDLES) + 1)
    assert made(tmp_path, calls=short)[2].quality["undated"] == 0
