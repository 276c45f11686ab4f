"""Indicators equal the slow reference to the last bit; what they cannot know yet is NaN."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.callers.kernels import indicators
from tests.builders.candles import candles, rows
from tests.reference import policies as reference


def same(got: np.ndarray, expected: list[float | None]) -> bool:
    return np.array_equal(got, [np.nan if x is None else x for x in expected], equal_nan=True)


@pytest.mark.parametrize("period", [1, 2, 14, 80])
@pytest.mark.parametrize("scale", [1.0, 1e-9])
def test_averages_equal_the_reference(period: int, scale: float) -> None:
    c = candles(70, seed=5, scale=scale)
    out = np.empty(70)
    indicators.ema(c.close, period, out)
    assert same(out, reference.ema(c.close.tolist(), period))
    indicators.rsi(c.close, period, out)
    assert same(out, reference.rsi(c.close.tolist(), period))
    indicators.atr(c.high, c.low, c.close, period, out)
    assert same(out, reference.atr(rows(c), period))


def test_a_flat_price_is_in_the_middle_and_moves_nothing() -> None:
    flat, out = np.ones(30), np.empty(30)
    indicators.rsi(flat, 14, out)
    assert np.isnan(out[:14]).all()
    assert (out[14:] == 50.0).all()
    indicators.atr(flat, flat, flat, 14, out)
    assert (out[13:] == 0.0).all()


def test_a_jump_of_volume_is_measured_on_the_candles_before_it() -> None:
    volume = np.array([1.0, 2.0, 3.0, 2.0, 2.0 + np.sqrt(0.5) * 3])
    before = volume[1:4]
    z = (volume[4] - before.mean()) / before.std(ddof=1)
    assert indicators.volume_jump(volume, 3, z - 1e-9, 4)
    assert not indicators.volume_jump(volume, 3, z + 1e-9, 4)
    assert not indicators.volume_jump(volume, 3, 0.0, 2)  # too few before it
    assert not indicators.volume_jump(np.ones(5), 3, 0.0, 4)  # nothing deviates
