from dataclasses import replace

import numpy as np
import pytest

from quantray.callers.data import (
    Needs,
    compare_prices,
    load_calls,
    open_candles,
    plan_calls,
)
from quantray.callers.data.call_prices import Quoted
from quantray.durations import NS
from quantray.errors import DataError
from tests.builders.call_tables import call_rows, candle_rows, changed, data_of
from tests.builders.synthetic_calls import small

MINUTES = 3000


def walk(name, seed, n=MINUTES):
    """Candles of a random walk of 1 % steps: every hour is elsewhere."""
    close = np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, n)))
    opened = np.append(1.0, close[:-1])
    table = candle_rows({name: range(n)})
    return changed(table, open=opened, close=close, high=np.maximum(opened, close), low=np.minimum(opened, close))


def compared(folder, hours=0.0, power=0, wrong=0, n=40):
    """Calls on a walk with the middle of their candle as price, the first ``wrong`` of them with another one."""
    candles = walk("X", 1)
    at = np.random.default_rng(2).choice(np.arange(900, 2000), n, replace=False)
    price = (candles["high"].to_numpy()[at] + candles["low"].to_numpy()[at]) / 2 * 10.0**power
    price[:wrong] *= 3.3
    calls = changed(call_rows(*[("a", "X", float(m) + 0.5 - 60 * hours) for m in at]), price_at_call=price)
    data = data_of(folder, calls, candles)
    with open_candles(data) as source:
        return compare_prices(load_calls(data), source)


@pytest.mark.parametrize("wrong", [0, 1, 19])
def test_single_misfits_are_counted(tmp_path, wrong):
    found = compared(tmp_path, wrong=wrong)
    assert found == Quoted(40, wrong)
    assert (found.note is None) == (wrong == 0)
    assert wrong == 0 or f"for {wrong} of 40 calls" in str(found.note)


@pytest.mark.slow
@pytest.mark.parametrize("hours", [-14, -5, -1, 1, 2, 9, 13])
def test_one_shift_of_whole_hours_is_refused_with_the_shift(tmp_path, hours):
    with pytest.raises(DataError, match=rf"lies in the candle \{hours:+d} h from the call.*data\.timezone="):
        compared(tmp_path, hours=hours)


@pytest.mark.parametrize("power", [-9, -3, -2, 1, 3, 6])
def test_one_power_of_ten_is_refused_with_the_power(tmp_path, power):
    with pytest.raises(DataError, match=rf"of 40 of 40 calls lies in its candle only times 1e{-power}"):
        compared(tmp_path, power=power)


@pytest.mark.slow
def test_what_no_shift_explains_is_counted_however_many(tmp_path):
    assert compared(tmp_path, wrong=40) == Quoted(40, 40)
    assert compared(tmp_path, hours=0.4).outside > 20
    assert compared(tmp_path, hours=5, n=4).compared == 4  # too few for a shift to be more than chance


@pytest.mark.slow
def test_calls_without_a_price_or_a_candle_are_not_compared(tmp_path):
    candles = walk("X", 1)
    calls = call_rows(("a", "X", 10), ("a", "Y", 10), ("a", "X", MINUTES + 9), ("a", "X", 11), ("a", "X", 12))
    calls = changed(calls, price_at_call=[None, 1.0, 1.0, 0.0, 1e9])
    data = data_of(tmp_path, calls, candles)
    with open_candles(data) as source:
        assert compare_prices(load_calls(data), source) == Quoted(1, 1)


@pytest.mark.slow
@pytest.mark.parametrize(("late", "outside"), [(0.0, 0), (0.5, 40)])
def test_a_call_at_the_start_of_a_candle_may_have_seen_the_one_before(tmp_path, late, outside):
    price = 1.0 + np.arange(200)
    candles = changed(candle_rows({"X": range(200)}), **dict.fromkeys(("open", "high", "low", "close"), price))
    at = np.arange(100, 140)
    calls = changed(call_rows(*[("a", "X", m + late) for m in at.tolist()]), price_at_call=price[at - 1])
    data = data_of(tmp_path, calls, candles)
    with open_candles(data) as source:
        assert compare_prices(load_calls(data), source).outside == outside


@pytest.mark.slow
def test_prices_of_the_minute_before_are_counted_and_told(tmp_path):
    """Callers who quote the last close and not the chart: most of these prices lie outside, and no run is refused."""
    data = small(tmp_path)
    calls = load_calls(data)
    with open_candles(data) as source:
        (block,) = source.candles(plan_calls(calls, 60, Needs(60, warmup_s=86_400)).spans, 10**6)
        before = np.full(len(calls), np.nan)
        for asset, rows in block:
            at = np.searchsorted(block.ts[rows], calls.ts[calls.by_asset[asset]] // (60 * NS) * (60 * NS)) - 1
            before[calls.by_asset[asset]] = block.close[rows][at]
        found = compare_prices(replace(calls, price_at_call=before), source)
    assert 0 < found.outside < found.compared <= len(calls)
    assert found.note is not None
    assert f"for {found.outside} of {found.compared} calls" in found.note
