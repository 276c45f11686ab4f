"""Policies scored on an account: by hand, and without limits."""

from __future__ import annotations

import math

import numpy as np

from quantray.callers.policies import read_policy
from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.evaluate import Pool
from quantray.callers.policies.tables import Windows
from tests.builders.candles import MINUTE, POLICIES, columns
from tests.builders.pools import Case, case


def test_worked_example():
    """400 at 2.0x earns 396.80, 400 at 0.85 loses 63.20, the size after it is 397.47 (entry basis, 40 bps)."""

    flat, win, lose = [1, 1, 1, 1], [1, 2.5, 1, 2], [1, 1, 0.5, 0.6]
    for first, pnl, size in ((win, 396.80, 415.872), (lose, -63.20, 397.47)):
        table = np.array([flat, first, flat, flat], float)
        windows = Windows(np.array([1, 2]), np.array([4, 4]), np.array([0, 0]))
        pool = Pool(np.arange(2), np.zeros(2, int), np.zeros(2, int), np.arange(2))
        c = Case(columns(np.arange(4) * MINUTE, *table.T), windows, pool)
        policy = read_policy({"sl": 0.85, "tp": 2, "hold": "48h"})
        got = c.block([policy], Account(), Costs(basis="entry")).trades(0, c.market)
        assert got.size[0] == 400
        assert math.isclose(got.pnl[0], pnl, abs_tol=1e-9)
        assert round(got.size[1], 2) == round(size, 2)


def test_no_capital_at_all_trades_every_call():
    c = case(n_calls=30, seed=3)
    rules = Account(limited=False, max_positions=1)
    metrics = c.block(POLICIES, rules, Costs()).metrics(c.market)
    assert (metrics["n_trades"] + metrics["no_entry"] == len(c.pool)).all()
    assert np.isnan(metrics["final_capital"]).all()
    np.testing.assert_allclose(metrics["expectancy"], metrics["captured_return"])
