"""The kernel against its slow twin, and what must change no bit of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.callers.baseline.columns import BEFORE, BEHIND, CODES, MULTIPLES, REAL, REASONS, SECONDS
from quantray.callers.kernels import offers as kernel
from quantray.callers.kernels.columns import Candles
from quantray.callers.policies import read_policy
from quantray.callers.policies.program import compile_policies
from quantray.callers.policies.tables import Windows, build_tables
from tests.builders.candles import MINUTE, columns, rows, written
from tests.builders.candles import candles as walk
from tests.reference.offers import LEVELS, NS, offers

PARTS = ("open", "high", "low", "close")


def measured(c: Any, horizon_s: int, tp: float = 2.0, sl: float = 0.5, entry: int = 0, interval: int = MINUTE) -> dict:
    """The kernel's measures of one call under their names, None for what does not exist."""
    given_ = Candles(c.ts, c.open, c.high, c.low, c.close, c.volume, interval)
    at, until = np.array([entry]), np.array([c.ts[entry] + horizon_s * NS])
    real, when, code, _ = kernel.offers(given_, at, np.array([len(c.ts)]), until, tp, sl)
    found: dict = {name: None if np.isnan(v) else v for name, v in zip(REAL, real[0].tolist(), strict=True)}
    found |= {name: None if v < 0 else v // NS for name, v in zip(SECONDS, when[0].tolist(), strict=True)}
    codes = dict(zip(CODES, code[0].tolist(), strict=True))
    found["tp_sl_reason"] = REASONS[codes["tp_sl_reason"]]
    found["tp_sl_ambiguous"] = bool(codes["tp_sl_ambiguous"])
    found["headfake"] = None if codes["headfake"] < 0 else bool(codes["headfake"])
    return found


def test_names_stand_in_the_order_of_the_kernels_columns() -> None:
    assert (len(REAL), len(SECONDS), len(CODES)) == (kernel.N_REAL, kernel.N_WHEN, kernel.N_CODE)
    assert tuple(MULTIPLES.values()) == kernel.MULTIPLES
    assert tuple(MULTIPLES) == tuple(LEVELS)
    assert (len(BEFORE), tuple(MULTIPLES)[kernel.FIRST_AFTER :]) == (kernel.N_BEFORE, BEHIND)


def agrees(c: Any, horizon_s: int, tp: float, sl: float, interval: int = MINUTE) -> None:
    found, expected = (
        measured(c, horizon_s, tp, sl, interval=interval),
        offers(rows(c), horizon_s * NS, tp, sl, interval),
    )
    assert set(found) == set(expected)
    assert found == expected


@pytest.mark.parametrize("seed", range(60))
def test_rough_walks_equal_the_reference(seed: int) -> None:
    """Wild ones, so that all levels come; gaps, idle stretches, prices on a coarse grid."""
    c = walk(240, seed, vol=(0.02, 0.08, 0.2)[seed % 3], idle=(0.0, 0.2, 0.6)[seed // 3 % 3])
    agrees(c, (3600, 7200, 14400, 90)[seed % 4], (2.0, 1.2, 1.05)[seed % 3], (0.5, 0.9)[seed % 2])


#: Few prices, so that levels are met exactly, candles repeat and every order of events comes.
PRICES = st.sampled_from([0.4, 0.5, 0.9, 1.0, 1.1, 1.2, 1.5, 2.0, 3.0, 4.5, 5.0, 10.0, 12.0])
CANDLE = st.tuples(PRICES, PRICES, PRICES, PRICES, st.integers(1, 4))


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(st.lists(CANDLE, min_size=1, max_size=14), st.integers(1, 20), st.sampled_from([1.2, 2.0]),
       st.sampled_from([0.5, 0.95]), st.booleans())  # fmt: skip
def test_any_candles_equal_the_reference(drawn: list[Any], minutes: int, tp: float, sl: float, tidy: bool) -> None:
    """Also ones whose open lies outside low and high, of which gates let a share pass."""
    prices = np.array([row[:4] for row in drawn])
    high, low = np.maximum(prices[:, 1], prices[:, 2]), np.minimum(prices[:, 1], prices[:, 2])
    if tidy:
        high, low = np.max(prices, axis=1), np.min(prices, axis=1)
    ts = np.cumsum([0, *(row[4] for row in drawn[1:])]) * MINUTE
    agrees(columns(ts, prices[:, 0], high, low, prices[:, 3]), minutes * 60, tp, sl)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000), st.integers(-60, 60))
def test_prices_times_a_power_of_two_change_no_bit(seed: int, power: int) -> None:
    c = walk(120, seed, vol=0.1)
    scaled = columns(c.ts, *(np.ldexp(getattr(c, name), power) for name in PARTS))
    one, two = measured(c, 5400), measured(scaled, 5400)
    assert two.pop("entry_price") == np.ldexp(one.pop("entry_price"), power)
    assert one == two


def test_a_price_of_a_billionth_is_measured_like_any_other() -> None:
    c = written((1, 1.3, 0.9, 1.2), (1.2, 2.4, 1.1, 2.2), (2.2, 2.3, 0.4, 0.5))
    tiny = columns(c.ts, *(1e-9 * getattr(c, name) for name in PARTS))
    one, two = measured(c, 600), measured(tiny, 600)
    assert all(two[name] == one[name] for name in (*SECONDS, "tp_sl_reason", "headfake"))
    assert all(two[n] == pytest.approx(one[n], rel=1e-12) for n in REAL[1:] if one[n] is not None)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 200))
def test_what_comes_behind_the_horizon_changes_nothing(seed: int, minutes: int) -> None:
    c = walk(200, seed, vol=0.1)
    behind = c.ts >= c.ts[0] + minutes * MINUTE
    other = walk(200, seed + 1, vol=0.5, scale=7.0)
    mixed = columns(c.ts, *(np.where(behind, getattr(other, n), getattr(c, n)) for n in PARTS))
    gone = columns(*(getattr(c, n)[~behind] for n in ("ts", *PARTS)))
    assert measured(c, minutes * 60) == measured(mixed, minutes * 60) == measured(gone, minutes * 60)


@pytest.mark.parametrize("seed", range(12))
def test_touches_and_the_simple_trade_are_those_of_the_policies_tables(seed: int) -> None:
    c = walk(300, seed, vol=0.1, idle=0.1)
    horizon = 4 * 3600
    policies = [read_policy({"tp": m, "hold": "4h"}) for m in MULTIPLES.values()]
    policies.append(read_policy({"tp": 2, "sl": 0.5, "hold": "4h"}))
    program = compile_policies(policies)
    tables = build_tables(c, Windows(np.array([0]), np.array([len(c.ts)]), np.array([0])), program.levels, 60)
    found = measured(c, horizon)
    until = int(c.ts[0]) + horizon * NS
    targets = program.levels.target.tolist()
    for name, level in MULTIPLES.items():
        column = targets.index(level)
        time = int(tables.time[0, column])
        touched = tables.keys[0, column] != np.iinfo(np.int32).max and c.ts[tables.keys[0, column] >> 3] < until
        assert found[f"time_to_{name}_s"] == ((time - int(c.ts[0])) // NS if touched else None)
    assert tables.peaks[0, 0] == found["ath_multiple"] or c.ts[-1] < until or has_late(c, until)
    trade = offers(rows(c), horizon * NS, 2.0, 0.5, MINUTE)
    assert found["tp_sl_return"] == trade["tp_sl_return"]


def has_late(c: Any, until: int) -> bool:
    """Whether the candle that ends the hold begins only behind it, so that policies see its open."""
    return not ((c.ts < until) & (c.ts + MINUTE >= until)).any()


def test_zero_seconds_are_zero_and_nothing_is_nothing() -> None:
    """Never above the entry: the highest price is the entry's own, at once."""
    found = measured(written((1, 1, 0.9, 0.95), (0.95, 0.97, 0.8, 0.9)), 3600)
    assert (found["ath_multiple"], found["time_to_ath_s"]) == (1.0, 0)
    assert found["drawdown_after_ath"] == found["drawdown"] == found["drawdown_before_above"] == pytest.approx(0.2)
    assert [found[f"time_to_{name}_s"] for name in MULTIPLES] == [None] * len(MULTIPLES)
    assert found["headfake"] is found["retention_after_1_2x"] is found["drawdown_before_2x"] is None


def test_a_gap_is_known_at_the_start_of_its_candle_and_pays_the_level() -> None:
    found = measured(written((1, 1.1, 0.9, 1.05), (2.5, 2.6, 2.4, 2.5)), 3600)
    assert (found["time_to_2x_s"], found["tp_sl_time_s"], found["tp_sl_return"]) == (60, 60, 1.0)
    assert found["time_to_ath_s"] == 120


def test_the_worse_order_inside_a_candle() -> None:
    found = measured(written((1, 2.5, 0.4, 1.0)), 3600)
    assert (found["tp_sl_reason"], found["tp_sl_return"], found["tp_sl_ambiguous"]) == ("stop", -0.5, True)
    assert found["drawdown_before_2x"] == pytest.approx(0.6)
    assert found["drawdown_from_peak"] == pytest.approx(1 - 0.4 / 2.5)
    assert found["drawdown_after_2x"] is found["drawdown_after_ath"] is found["giveback_after_2x"] is None


def test_filling_silence_forward_changes_no_share_of_the_time() -> None:
    """Flat candles of the last close, as vendors write them, stand for nothing."""
    sparse = columns(np.array([0, 1, 5, 30]) * MINUTE, [1, 1.3, 0.9, 1.2], [1.3, 1.3, 1, 1.2], [1, 0.9, 0.9, 1.1],
                     [1.3, 0.9, 1, 1.15])  # fmt: skip
    at = np.arange(31)
    last = np.searchsorted(sparse.ts // MINUTE, at, side="right") - 1
    real = np.isin(at, sparse.ts // MINUTE)
    parts = (np.where(real, getattr(sparse, n)[last], sparse.close[last]) for n in PARTS)
    filled = columns(at * MINUTE, *parts)
    one, two = measured(sparse, 3600), measured(filled, 3600)
    for name in ("under_water_share", "in_profit_share", "retention_after_1_2x", "end_return", "drawdown"):
        assert one[name] == two[name]


def test_a_call_without_an_entry_has_no_measure() -> None:
    c = walk(20)
    given_ = Candles(c.ts, c.open, c.high, c.low, c.close, c.volume, MINUTE)
    real, when, code, behind = kernel.offers(given_, np.array([-1, 0]), np.array([0, 20]), np.array([0, 0]), 2.0, 0.5)
    assert np.isnan(real).all()
    assert (when == -1).all()
    assert (code == -1).all()
    assert behind.tolist() == [0, 0]


@pytest.mark.parametrize("seed", range(12))
def test_one_candle_late_is_the_same_from_there_to_the_same_end(seed: int) -> None:
    c = walk(150, seed, vol=0.1)
    given_, last = Candles(c.ts, c.open, c.high, c.low, c.close, c.volume, MINUTE), len(c.ts) - 20
    late = kernel.late_offers(given_, np.array([1, -1, last]), np.array([last, last, last]), 1.3, 0.8)
    assert np.isnan(late[1:]).all()
    cut = columns(*(getattr(c, name)[1:last] for name in ("ts", *PARTS)))
    found = measured(cut, 10**6, 1.3, 0.8)
    assert late[0].tolist() == [found["ath_multiple"], found["end_return"], found["tp_sl_return"]]
