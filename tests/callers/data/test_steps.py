import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.callers.data import CallsData, load_calls, open_candles
from quantray.callers.data.steps import enough, other_run
from quantray.errors import DataError
from tests.builders.call_tables import NS, call_rows, candle_rows, changed, data_of, minute


def inventory(folder, candles, **settings):
    with open_candles(data_of(folder, call_rows(("a", "X", 0)), candles, **settings)) as source:
        return source.inventory


@given(st.integers(0, 10_000), st.floats(0.02, 1), st.integers(50, 3000))
@settings(max_examples=60, deadline=None)
def test_idle_candles_at_random_are_no_other_interval(seed, share, n):
    present = np.random.default_rng(seed).random(n) < share
    assert other_run(np.flatnonzero(present)) is None


@given(st.integers(0, 10_000), st.floats(0.05, 1), st.integers(2, 60), st.integers(0, 40), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_run_of_longer_steps_is_found_wherever_it_stands(seed, share, times, more, after):
    sparse = np.flatnonzero(np.random.default_rng(seed).random(200) < share)
    run = np.arange(enough(times) + more + 1) * times
    k = np.concatenate([sparse, run + 200 + times + 1] if after else [run, sparse + run[-1] + 1])
    found = other_run(k)
    assert found is not None
    assert found.times == times
    assert found.last - found.first >= (enough(times) + more) * times


@pytest.mark.parametrize("shift", [0, 360, 719, 1000])
@pytest.mark.parametrize(
    ("first", "then"), [(range(0, 360, 5), range(360, 3960, 60)), (range(0, 3600, 60), range(3600, 3960, 5))]
)
def test_two_intervals_in_one_asset_are_refused_whatever_the_calendar(tmp_path, shift, first, then):
    """A cache that was filled twice: six hours of 5 minutes and sixty of an hour, from any minute of the day on."""
    start = shift * 5
    both = candle_rows({"A": [start + m for m in (*first, *then)], "B": range(start, start + 400, 5)})
    with pytest.raises(
        DataError, match=r"intervals are mixed: A has candles of 1h from .* to .*, and candles 5m apart at"
    ):
        inventory(tmp_path, both)


def test_one_candle_off_the_grid_is_named(tmp_path):
    with pytest.raises(DataError, match=r"A has candles of 5m from .*, and candles (2m|3m) apart at 2025-01-01T08:"):
        inventory(tmp_path, candle_rows({"A": sorted([*range(0, 1000, 5), 502])}))


@pytest.mark.slow
def test_another_interval_than_the_one_asked_for_is_refused(tmp_path):
    for asked, step in (("1m", 5), ("5m", 1), ("1h", 15), ("15m", 60), ("1d", 60), ("2d", 1440), ("7d", 1440)):
        with pytest.raises(DataError, match=f"candles of {asked} are expected"):
            inventory(tmp_path, candle_rows({"A": range(0, 40 * step, step)}), interval=asked)
    for asked, step in (("1m", 1), ("15m", 15), ("1h", 60), ("1d", 1440), ("2d", 2880)):
        found = inventory(tmp_path, candle_rows({"A": range(0, 40 * step, step)}, step=step), interval=asked)
        assert found.interval_s == step * 60


def stamped(minutes, late_ms, step=1):
    """Candles whose time is so many ms behind their start, as milliseconds."""
    table = candle_rows({"A": minutes}, step=step)
    return changed(table, ts=[minute(m) // 10**6 + late_ms for m in minutes])


@pytest.mark.slow
@pytest.mark.parametrize("late", [59_999, 59_000, 60_000])
def test_candles_stamped_at_their_end_are_the_same_candles(tmp_path, late):
    minutes, calls = range(500), changed(call_rows(("a", "A", 30)), ts=[minute(30) // 10**6])
    plain = data_of(tmp_path, calls, stamped(minutes, 0), ts_unit="ms")
    with open_candles(plain) as source:
        wanted = source.inventory
    ends = data_of(tmp_path, calls, stamped(minutes, late), ts_unit="ms")
    if late != 60_000:  # nothing in the stamps tells it
        for given in (None, "start"):
            with pytest.raises(DataError, match=r"stamped 59(\.999)? s after .* END of a candle.*data\.stamp=end"):
                inventory_of(ends, stamp=given)
    found = inventory_of(ends, stamp="end")
    assert (found.first_ns.tolist(), found.last_ns.tolist()) == (wanted.first_ns.tolist(), wanted.last_ns.tolist())
    assert (found.phase_ns, found.interval_s, found.end_ns) == (0, 60, wanted.end_ns)
    assert inventory_of(ends, stamp={"candles": "end"}).first_ns.tolist() == wanted.first_ns.tolist()


def inventory_of(data: CallsData, **values):
    with open_candles(
        CallsData(**{**{f: getattr(data, f) for f in ("kind", "duckdb", "cache", "ts_unit")}, **values})
    ) as s:
        return s.inventory


def test_a_phase_says_start_or_end(tmp_path):
    candles = candle_rows({"A": range(2, 3000, 15)}, step=15)
    with pytest.raises(
        DataError, match=r"candles of 15m are stamped 120 s after .*data\.stamp=start or data\.stamp=end"
    ):
        inventory(tmp_path, candles)
    assert inventory(tmp_path, candles, stamp="start").first_ns.tolist() == [minute(2)]
    ends = inventory(tmp_path, candles, stamp="end")
    assert (ends.first_ns.tolist(), ends.phase_ns) == ([minute(2) - 900 * NS], 120 * NS)


def test_stamps_at_the_end_enter_at_the_next_candle(tmp_path):
    """Binance's close_time taken for ts: the call of 12:30:20 must not buy the open of 12:30."""
    from quantray.callers.data import Needs, cover, plan_calls

    calls = changed(call_rows(("a", "A", 0)), ts=[minute(30) // 10**6 + 20_000])
    data = data_of(tmp_path, calls, stamped(range(200), 59_999), ts_unit="ms", stamp="end")
    with open_candles(data) as source:
        coverage = cover(plan_calls(load_calls(data), 60, Needs(3600)), source)
    assert coverage.entry_ns.tolist() == [minute(31)]


@pytest.mark.slow
def test_stamps_units_and_zones_are_in_the_digest(tmp_path):
    from quantray.config.plans import load_plan

    def reading(*lines):
        return load_plan(["+experiment=v1_baseline", f"run_dir={tmp_path}", *lines]).digests("", "", "")["reading"]

    given = ("data.stamp=end", "data.ts_unit=ms", "data.timezone=Europe/Rome", "data.ts_unit={calls: ms}",
             "data.timezone={candles: Europe/Rome}")  # fmt: skip
    assert len({reading(), *(reading(line) for line in given)}) == len(given) + 1
    assert reading("data.ts_unit={calls: ms, candles: ms}") == reading("data.ts_unit=ms")


def test_dates_of_daily_candles_are_their_midnights(tmp_path):
    days = [datetime.date(2025, 1, 1) + datetime.timedelta(days=i) for i in range(20)]
    found = inventory(tmp_path, changed(candle_rows({"A": range(20)}), ts=days))
    assert (found.interval_s, found.first_ns.tolist()) == (86_400, [minute(0)])
    with pytest.raises(DataError, match=r"has type DATE; a date alone says no time of a call"):
        load_calls(data_of(tmp_path, changed(call_rows(("a", "A", 0)), ts=days[:1])))
