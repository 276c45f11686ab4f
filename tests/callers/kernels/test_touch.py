"""First-touch tables: silences, gaps, the end of the data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quantray.callers.codes import Reason
from quantray.callers.policies import read_policy
from quantray.callers.policies.account import Costs
from quantray.callers.policies.evaluate import Block, Market, Pool, returns
from quantray.callers.policies.program import compile_policies
from quantray.callers.policies.tables import TARGET_GAP, build_tables
from tests.builders.candles import MINUTE, columns, whole
from tests.builders.policy_markets import UNLIMITED, compare


def test_a_silence_beyond_the_hold_and_a_target_under_the_open_behind_it():
    """Behind a silence a candle begins when the time is up: its open is paid, and no more than a target asks."""
    kinds = [
        {"hold": "5m"}, {"hold": "5m", "tp": 1.5}, {"hold": "5m", "sl": 0.9}, {"hold": "5m", "tp": 1.5, "sl": 0.9},
        {"hold": "5m", "ladder": [[1.2, 0.5], [1.5, 0.25]]}, {"hold": "10m", "ladder": [[1.2, 0.5], [1.5, 0.5]]},
        {"hold": "5m", "ladder": [[1.01, 0.5], [1.5, 0.25]]},
        {"hold": "5m", "trailing": {"activation": 0, "trail": 0.1}},
        {"hold": "31m", "tp": 1.5}, {"hold": "30m", "tp": 1.5}, {"hold": "3h"}, {"tp": 1.5}, {"sl": 0.9},
    ]  # fmt: skip
    policies = [read_policy(spec) for spec in kinds]
    paid = {}
    for opened in (0.5, 1.3, 3.0):
        ts = np.array([0, 1, 30, 31, 32]) * MINUTE
        prices = np.array([[1, 1, 1, 1], [1, 1.01, 1, 1.01], *[[opened] * 4] * 3])
        c = columns(ts, *prices.T)
        for gap in TARGET_GAP:
            compare(c, whole(c), policies, target_gap=gap)
            tables = build_tables(c, whole(c), compile_policies(policies).levels, 60, target_gap=gap)
            net, last = returns(tables, compile_policies(policies), Costs(0, 0))
            paid[opened, gap] = (net[0] + 1).round(9).tolist()
            reasons = compile_policies(policies).reason[last[0, :10]]
            assert (reasons == Reason.TIME)[[0, 1, 2, 3, 4, 5, 6, 7, 9]].all()
    assert paid[3.0, "limit"][:8] == [3, 1.5, 3, 1.5, 1.2, 1.2, 0.505 + 0.75, 3]
    assert paid[3.0, "open"][:8] == [3, 3, 3, 3, 3, 3, 0.505 + 1.5, 3]
    assert paid[1.3, "limit"][:8] == [1.3, 1.3, 1.3, 1.3, 1.2, 1.2, 0.505 + 0.65, 1.3]
    assert paid[0.5, "limit"] == paid[0.5, "open"]
    assert paid[0.5, "limit"][:6] == [0.5] * 6


def test_the_end_of_the_data_is_held_until_the_source_ends():
    c = columns(np.arange(3) * MINUTE, *np.ones((4, 3)))
    windows = replace(whole(c), ends=np.array([500 * MINUTE]))
    program = compile_policies([read_policy({"sl": 0.9}), read_policy({"hold": "2m"})])
    tables = build_tables(c, windows, program.levels, 60)
    pool = Pool(*np.zeros((4, 1), np.int64))
    block = Block(tables, program, pool, UNLIMITED, Costs())
    market = Market(c, 60, 0, 3 * MINUTE, tables.time[:, -2])
    assert [block.trades(p, market).exit_ns.tolist() for p in (0, 1)] == [[500 * MINUTE], [2 * MINUTE]]
    assert market.closes.tolist() == [0, MINUTE, 2 * MINUTE, 3 * MINUTE, 500 * MINUTE]
    assert block.metrics(market)["exposure"].tolist() == [1, 2 / 3]
