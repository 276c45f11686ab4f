"""Domains of the long-option rules, times of day, windows and the choice of a contract."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quantray.errors import ConfigError
from quantray.sweeps.long_option import LongOption, bar_at, window_bars
from quantray.sweeps.market import Session
from strategy.opening_range_breakout import OpeningRangeBreakout
from strategy.vwap_reclaim import VwapReclaim
from tests.builders.sessions import tiny_slice


@pytest.fixture(scope="module")
def session() -> Session:
    return tiny_slice(1).sessions[0]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("latency_seconds", 0, "inside the signal's own bar"),
        ("latency_seconds", -1, "must be > 0"),
        ("take_profit_percent", 0, "must be > 0 and finite, got 0"),
        ("stop_loss_percent", 50, r"must be in \[-100, 0\), got 50"),
        ("stop_loss_percent", -101, "got -101"),
        ("max_trade_duration_seconds", 0, "must be > 0"),
        ("strikes_depth", 0, "whole number >= 1"),
        ("strikes_depth", 1.5, "whole number >= 1"),
        ("option_selection_mode", "itn", "did you mean 'itm'"),
        ("stale_fill", "cary", "did you mean 'carry'"),
        ("max_price_age_seconds", -1, ">= 0 or null"),
        ("end_of_day_exit", "noon", "close-6m, close-90s or 15:54"),
        ("entry_window", "10:30-9:30", "ends before it starts"),
        ("entry_window", "9:30", "start-end"),
        ("entry_window", "9:30-25:00", "not a time of day"),
        ("stretch_threshold", 0, "fraction"),
        ("reclaim_percentage", 1.0, "fraction"),
        ("cooldown_period_seconds", 0, "must be > 0"),
    ],
)
def test_a_value_outside_its_domain_is_refused_by_name_and_value(name, value, said):
    with pytest.raises(ConfigError, match=said):
        VwapReclaim(**{name: value})


def test_windows_include_both_ends(session):
    assert window_bars(session, "9:30-9:30") == (0, 0)
    assert window_bars(session, "9:30-10:30") == (0, 3600)
    assert window_bars(session, "0:00-23:59") == (0, session.n_bars - 1)
    minutes = tiny_slice(1, interval_s=60).sessions[0]
    assert window_bars(minutes, "9:30:30-9:31:30") == (1, 1)


def test_moments_round_up_to_whole_bars(session):
    assert bar_at(session, "close-6m") == session.n_bars - 360
    assert bar_at(session, "15:54") == session.n_bars - 360
    minutes = tiny_slice(1, interval_s=60).sessions[0]
    assert bar_at(minutes, "close-90s") == minutes.n_bars - 1
    assert minutes.bars(1) == 1
    assert minutes.bars(61) == 2


def test_opening_range_breakout_equals_its_plain_reading():
    found = 0
    for seed in range(6):
        session = tiny_slice(1, seed=seed, n_bars=6000).sessions[0]
        rules = OpeningRangeBreakout(range_minutes=10, buffer=0.1)
        signals = rules.signals(session)
        high = max(h for h in session.high[:600].tolist() if h == h)
        low = min(x for x in session.low[:600].tolist() if x == x)
        expected = []
        for side, level in ((-1, high + 0.1 * (high - low)), (1, low - 0.1 * (high - low))):
            for i in range(600, 6000):
                if (session.close[i] > level) if side < 0 else (session.close[i] < level):
                    expected.append((i, side))
                    break
        assert list(zip(signals.bar.tolist(), signals.side.tolist(), strict=True)) == sorted(expected)
        found += len(expected)
    assert found > 3


def test_defaults_are_valid():
    assert LongOption() == replace(LongOption(), latency_seconds=1)
