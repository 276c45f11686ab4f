"""Drawdown and daily ratios of an equity curve equal the slow reference; what does not exist is NaN."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.callers.kernels.curve import daily_ratios, max_drawdown
from tests.reference import policy_account as reference


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("days", [2, 3, 200])
def test_a_random_curve(seed: int, days: int) -> None:
    equity = 1000.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.03, days)))
    assert max_drawdown(equity, 1000.0) == reference.max_drawdown(equity.tolist(), 1000.0)
    expected = [np.nan if x is None else x for x in reference.daily(equity.tolist(), 1000.0)]
    assert np.array_equal(daily_ratios(equity, 1000.0), expected, equal_nan=True)


def test_a_loss_of_the_first_day_is_measured_from_the_capital() -> None:
    assert max_drawdown(np.array([900.0, 950.0, 990.0]), 1000.0) == 0.1
    assert max_drawdown(np.array([1000.0, 1100.0]), 1000.0) == 0.0


@pytest.mark.parametrize("equity", [[1010.0], [1000.0, 1000.0]])
def test_a_single_day_and_idle_days_have_no_ratio(equity: list[float]) -> None:
    assert np.isnan(daily_ratios(np.array(equity), 1000.0)).all()


def test_an_account_that_has_lost_everything_moves_no_more() -> None:
    sharpe, sortino = daily_ratios(np.array([1000.0, 0.0, 0.0]), 1000.0)
    assert np.isfinite([sharpe, sortino]).all()
    assert sharpe < 0 > sortino
