"""Prices of the model with jumps."""

import numpy as np

from quantray.sweeps.data import SyntheticSettings
from quantray.sweeps.data.merton import black_calls, merton_calls


def test_merton_without_jumps_is_black():
    spot, strike = np.array([99.0, 100.0, 101.0]), np.array([95.0, 100.0, 105.0])
    variance = np.array([1e-4, 2e-4, 0.0])
    got = merton_calls(spot, strike, variance, np.zeros(3), -0.01, 0.02)
    np.testing.assert_allclose(got, black_calls(spot, strike[:, None], variance), atol=1e-12)
    np.testing.assert_allclose(got[:, 2], np.maximum(101 - strike, 0), atol=1e-9)


def test_merton_agrees_with_simulated_terminal_prices():
    s = SyntheticSettings(jumps_per_day=2.0, jump_mean=-0.004, jump_vol=0.01, vol_of_day=0.0)
    rng, n, paths = np.random.default_rng(1), 60, 40_000
    full = s.daily_vol**2 * n / 23_400 * 400  # as lively in a minute as a whole day would be in 400 of them
    lam = s.jumps_per_day
    count = rng.poisson(lam, paths)
    log = rng.normal(-full / 2, np.sqrt(full), paths) + count * s.jump_mean
    log += np.sqrt(count) * s.jump_vol * rng.standard_normal(paths) - lam * np.expm1(s.jump_mean + s.jump_vol**2 / 2)
    last, strike = 400 * np.exp(log), np.array([392.0, 400.0, 408.0])
    pay = np.maximum(last - strike[:, None], 0)
    priced = merton_calls(np.array([400.0]), strike, np.array([full]), np.array([lam]), s.jump_mean, s.jump_vol)
    error = pay.std(axis=1) / np.sqrt(paths)
    assert (np.abs(pay.mean(axis=1) - priced[:, 0]) < 3 * error).all()
