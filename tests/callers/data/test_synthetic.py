import numpy as np
import pytest

from quantray.callers.data import (
    CallsData,
    SyntheticCalls,
    load_calls,
    open_candles,
)
from quantray.callers.data.call_prices import Quoted, compare_prices
from quantray.callers.data.synthetic import MINUTE, MadeCalls, MadeToken, make_calls, make_token
from tests.builders.synthetic_calls import small

NO_CALLS = MadeCalls(*(np.zeros(0, np.int64) for _ in range(3)))


def token(number=0, minutes=5000, interval_s=60, calls=NO_CALLS, **settings):
    plain = {"illiquid_share": 0.0, "dead_share": 0.0}
    return make_token(SyntheticCalls(**{**plain, **settings}), number, 0, minutes, interval_s, calls)


@pytest.mark.slow
def test_same_seed_same_market_and_another_seed_another(tmp_path):
    digests = set()
    for seed, folder in ((0, "a"), (0, "b"), (1, "a")):
        data = CallsData(cache=str(tmp_path / folder), synthetic=SyntheticCalls(seed=seed, assets=3, calls=20, days=1))
        with open_candles(data) as source:
            digests.add((load_calls(data).digest, source.inventory.fingerprint))
    assert len(digests) == 2


def test_dates_choose_the_days_of_the_calls(tmp_path):
    data = small(tmp_path, from_="2025-03-01", to="2025-03-03")
    calls = load_calls(data)
    days = {str(np.datetime64(int(t), "ns").astype("datetime64[D]")) for t in calls.ts}
    assert days == {"2025-03-01", "2025-03-02", "2025-03-03"}


def test_candles_of_every_interval_come_from_the_same_ticks():
    fine, coarse = token(), token(interval_s=900)
    which = fine.ts // (15 * MINUTE)
    for i in range(len(coarse.ts)):
        inside = which == coarse.ts[i] // (15 * MINUTE)
        assert coarse.open[i] == fine.open[inside][0]
        assert coarse.close[i] == fine.close[inside][-1]
        assert coarse.high[i] == fine.high[inside].max()
        assert coarse.low[i] == fine.low[inside].min()


def test_candles_are_consistent_and_steps_between_them_are_one_tick():
    made = token(tick=0.01)
    assert (made.low <= np.minimum(made.open, made.close)).all()
    assert (made.high >= np.maximum(made.open, made.close)).all()
    step = made.open[1:] / made.close[:-1]
    assert np.isclose(step, 1.01, rtol=1e-12).sum() + np.isclose(step, 0.99, rtol=1e-12).sum() == len(step)


def test_prices_span_the_scales_asked_for():
    first = [token(number, 10, price_low=1e-9, price_high=1e2).open[0] for number in range(200)]
    assert min(first) < 1e-8
    assert max(first) > 10
    assert min(first) > 9e-10


def test_illiquid_tokens_have_idle_minutes_dead_ones_stop():
    idle = token(illiquid_share=1.0, illiquid_ticks=0.9)
    assert len(idle.ts) / 5000 == pytest.approx(1 - np.exp(-0.9), abs=0.03)
    assert len(token().ts) > 4990
    dead = token(dead_share=1.0)
    assert 1250 * MINUTE <= dead.ts[-1] < 4999 * MINUTE


def test_lone_prints_only_on_request_and_only_highs():
    clean, fooled = token(), token(lone_print_share=0.1)
    assert clean.close.tobytes() == fooled.close.tobytes()
    assert clean.low.tobytes() == fooled.low.tobytes()
    ratio = fooled.high / clean.high
    lone = ratio > 1
    assert lone.mean() == pytest.approx(0.1, abs=0.015)
    assert ratio[lone].min() >= 1.5
    assert ratio[lone].max() <= 4


@pytest.mark.parametrize("interval", ["1m", "15m", "1h"])
def test_the_price_of_a_call_lies_in_its_candle_and_is_no_later_than_the_call(tmp_path, interval):
    data = small(tmp_path, interval=interval)
    calls = load_calls(data)
    known = np.isfinite(calls.price_at_call)
    assert 0.5 < known.mean() < 1
    assert np.isfinite(calls.mcap).mean() > 0.95
    assert (calls.mcap[known] > calls.price_at_call[known]).all()
    with open_candles(data) as source:
        assert compare_prices(calls, source) == Quoted(int(known.sum()), 0)


def test_a_caller_sees_the_ticks_before_the_call_alone():
    """Four ticks a minute stand 15 s apart; the second minute has none."""
    second, prices = 10**9, np.array([1.0, 2, 3, 4, 5, 6, 7, 8])
    none = np.zeros(0)
    made = MadeToken(none.astype(np.int64), none, none, none, none, none, prices, np.array([0, 4, 4, 8]))
    at = np.array([0, 14, 15, 59, 60, 100, 120, 135]) * second
    chart, known = made.quoted(at, 60)
    np.testing.assert_array_equal(known, [np.nan, np.nan, 1, 3, 4, 4, 4, 5])
    np.testing.assert_array_equal(chart, [np.nan, np.nan, 1, 3, np.nan, np.nan, np.nan, 5])
    np.testing.assert_array_equal(made.quoted(at, 180)[0], known)
    silent = MadeToken(none.astype(np.int64), none, none, none, none, none, none, np.zeros(4, np.int64))
    assert np.isnan(silent.quoted(at, 60)).all()


@pytest.mark.slow
def test_calls_know_nothing_of_the_price():
    """Mean return of a day after random calls: 0 within 3.5 standard errors, over 400 tokens."""
    returns = np.array([(t := token(n, 1440)).close[-1] / t.open[0] - 1 for n in range(400)])
    assert abs(returns.mean()) < 3.5 * returns.std(ddof=1) / np.sqrt(len(returns))


def test_a_planted_edge_is_where_it_was_planted():
    """Edge 2 over 6 hours: after the call the log return is 2 standard deviations, before it nothing."""
    calls = MadeCalls(np.array([1000 * MINUTE + 30 * 10**9]), np.array([0]), np.array([1]))
    settings = {"callers": 2, "edge": {"caller_2": 2.0}, "ticks_per_minute": 20.0}
    scale = 0.004 * np.sqrt(20 * 360)
    before, after, later = [], [], []
    for seed in range(60):
        plain, made = token(seed=seed, minutes=2000), token(seed=seed, minutes=2000, calls=calls, **settings)
        price = np.log(made.path[made.ticked[1:] - 1])
        before.append(price[1000] - price[640])
        after.append(price[1360] - price[1000])
        later.append(price[1720] - price[1360])
        if seed == 0:
            assert len(plain.ts) > 0
    error = 4 / np.sqrt(60)
    assert np.mean(after) / scale == pytest.approx(2.0, abs=error)
    assert np.mean(before) / scale == pytest.approx(0, abs=error)
    assert np.mean(later) / scale == pytest.approx(0, abs=error)


def test_calls_are_uniform_over_days_callers_and_tokens():
    made = make_calls(SyntheticCalls(calls=8000, callers=4, assets=10), 0, 7)
    assert (np.diff(made.ts) >= 0).all()
    assert made.ts.min() >= 0
    assert made.ts.max() < 7 * 1440 * MINUTE
    assert np.bincount(made.caller, minlength=4).min() > 1800
    assert np.bincount(made.asset, minlength=10).min() > 650
