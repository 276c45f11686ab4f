"""Where an order can fill."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.sweeps.kernels.fills import print_fills


@pytest.mark.parametrize("wait", [True, False])
def test_prints_are_known_and_dealt_on_while_the_exchange_and_the_contract_are_open(wait: bool):
    rng = np.random.default_rng(4)
    for age in (0, 2, 40):
        closed = np.zeros(40, bool)
        closed[12:20] = True
        ends = np.array([40, 33, 15, 0, 21])
        last = np.where(rng.random((5, 40)) < 0.3, rng.random((5, 40)), np.nan)
        last[:, closed] = np.nan
        last[np.arange(40)[None, :] >= ends[:, None]] = np.nan
        known, price, bar = print_fills(last, age, wait, closed, ends)
        for c in range(5):
            for s in range(40):
                shown = not closed[s] and s < ends[c]
                since = max(s - age, 0, 20 if s >= 20 else 0)  # a print from before the break is forgotten
                before = [g for g in range(since, s + 1) if last[c, g] == last[c, g]] if shown else []
                after = [g for g in range(s, min(s + age, 39) + 1) if last[c, g] == last[c, g]]
                assert np.array_equal(known[c, s], last[c, before[-1]] if before else np.nan, equal_nan=True)
                deal = (after[:1] if wait else [s] if before else []) or [-1]
                worth = np.nan if deal[0] < 0 else last[c, deal[0]] if wait else known[c, s]
                assert bar[c, s] == deal[0]
                assert np.array_equal(price[c, s], worth, equal_nan=True)
