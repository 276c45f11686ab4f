"""Signals on bars."""

from __future__ import annotations

import numpy as np


def test_count_filled_repeats_the_last_bars_own_vwap():
    """A bar without a trade counts as the last bar did: as if its row had been repeated before averaging."""
    from quantray.sweeps.kernels.signals import running_vwap

    rng = np.random.default_rng(3)
    for _ in range(50):
        n = 40
        filled = rng.random(n) < 0.4
        price, volume = rng.uniform(90, 110, n), rng.integers(1, 9, n) * 100.0
        own = price + rng.normal(0, 1, n)  # the bars' own vwap, not their close
        at = np.maximum.accumulate(np.where(filled, -1, np.arange(n)))
        carried = np.where(filled, np.where(at < 0, np.nan, price[at]), own)  # what a filled row shows
        repeated = np.where(at < 0, np.nan, own[at])
        traded = np.where(at < 0, 0.0, volume[at])
        got = running_vwap(carried, np.where(filled, 0.0, volume), filled, True)
        expected = running_vwap(repeated, traded, at < 0, False)
        assert np.array_equal(got, expected, equal_nan=True)
