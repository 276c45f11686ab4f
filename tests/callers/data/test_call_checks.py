"""Which candle has the price of a call."""

import numpy as np
import pytest

from quantray.callers.data.call_checks import LAGS, _judged
from quantray.files.findings import Severity


def fits(own: float, best: float, lag: int, n: int = 400) -> list[np.ndarray]:
    """Shares of calls that fit the own candle and that of a lag, by calls in order; others fit a third."""
    rng = np.random.default_rng(0)
    made = [rng.random(n) < 0.33 for _ in LAGS]
    made[LAGS.index(0)] = np.arange(n) < own * n
    made[LAGS.index(lag)] = np.arange(n) < best * n
    return [m.astype(float) for m in made]


@pytest.mark.parametrize("lag", [-2, -1, 1, 2])
def test_the_candle_that_most_prices_fit_is_the_call_s(lag):
    found = _judged(fits(0.5, 1.0, lag), 60, "why")
    assert found.severity == Severity.ERROR
    assert ("EARLY" if lag < 0 else "LATE") in found.means
    assert f"{abs(lag)}m" in found.means


@pytest.mark.parametrize(("own", "best"), [(1.0, 1.0), (0.9, 0.92), (0.5, 0.53)])
def test_neighbours_that_fit_as_well_shift_nothing(own, best):
    assert _judged(fits(own, best, 1), 60, "why").severity == Severity.OK


def test_few_calls_shift_nothing():
    assert _judged(fits(0.5, 1.0, 1, n=20), 60, "why").severity == Severity.OK
