"""The market that is shipped: idle minutes, tokens that stop for ever, gaps of a tick, prices down to 1e-9."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.callers.codes import Reason
from quantray.callers.data.synthetic import MadeCalls, make_token
from quantray.callers.data.synthetic_settings import SyntheticCalls
from quantray.callers.policies import read_policy
from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.evaluate import Block, Market, Pool
from quantray.callers.policies.program import compile_policies
from quantray.callers.policies.tables import Windows, build_tables
from quantray.durations import NS
from tests.builders.candles import columns

COSTS = Costs(basis="entry")
SETTINGS = SyntheticCalls(seed=5, assets=240, illiquid_share=0.4, dead_share=0.4)
DAYS, EVERY_S, HELD_S, WARM_S = 4, 4 * 3600, 3 * 3600, 3600
KINDS = {
    "stop": {"sl": 0.9},
    "target": {"tp": 1.15},
    "stop and target": {"sl": 0.9, "tp": 1.15},
    "time": {"hold": "45m"},
    "trailing": {"trailing": {"activation": 0, "trail": 0.1}},
    "trailing, activated, hard stop": {"trailing": {"activation": 0.08, "trail": 0.06}, "sl": 0.85},
    "ladder": {"ladder": [[1.05, 0.5], [1.1, 0.3], [1.2, 0.2]], "sl": 0.9},
    "break-even": {"break_even": 1.08, "sl": 0.9, "tp": 1.2},
    "phased": {"phased": {"after": 1.08, "stop": 1.03}, "sl": 0.9, "tp": 1.2},
    "ema cross": {"ema_cross": {"fast": 3, "slow": 8}, "sl": 0.9},
    "rsi cross": {"rsi_cross": {"period": 5, "level": 60}, "sl": 0.9},
    "atr": {"atr_stop": {"period": 5, "multiple": 3}, "tp": 1.15},
    "volume": {"volume_z": {"period": 10, "z": 2}, "tp": 1.15},
    "dip": {"entry": {"dip": 0.05, "wait": "1h"}, "sl": 0.9, "tp": 1.15},
    "mix": {"trailing": {"activation": 0.05, "trail": 0.06}, "ladder": [[1.08, 0.5]], "sl": 0.88, "ema_cross": {}},
}


def market(minutes):
    """Candles of all tokens, and calls so far apart that no two of a token share a candle."""
    none = MadeCalls(*(np.zeros(0, np.int64) for _ in range(3)))
    tokens = [make_token(SETTINGS, k, 0, DAYS * 1440, minutes * 60, none) for k in range(SETTINGS.assets)]
    names = ("ts", "open", "high", "low", "close", "volume")
    joined = columns(*(np.concatenate([getattr(t, k) for t in tokens]) for k in names))
    moments = np.arange(WARM_S, DAYS * 86_400 - HELD_S, EVERY_S) * NS
    rows, at = [], 0
    for token in tokens:
        for moment in moments:
            entry, stop, warm = np.searchsorted(token.ts, [moment, moment + HELD_S * NS, moment - WARM_S * NS])
            if entry < stop:
                rows.append((at + entry, at + stop, at + warm))
        at += len(token.ts)
    return joined, Windows(*np.array(rows).T)


def trades_of(c, windows, policy, minutes, intrabar, target_gap="open"):
    program = compile_policies([policy])
    tables = build_tables(c, windows, program.levels, minutes * 60, intrabar=intrabar, target_gap=target_gap)
    n = len(windows.entry)
    pool = Pool(np.arange(n), np.arange(n), np.zeros(n, int), np.arange(n))
    block = Block(tables, program, pool, Account(limited=False), COSTS)
    return block.trades(0, Market(c, minutes * 60, 0, int(c.ts.max()) + 1))


@pytest.mark.slow
@pytest.mark.parametrize("minutes", [1, 5, 15])
def test_nothing_is_earned_without_an_edge(minutes):
    """Within 3 standard errors and what one tick is worth at the fills that stand on a level, gaps at the open.

    By default a target that an open jumps pays its own price: each trade makes as much or less, and so does the mean.
    """
    c, windows = market(minutes)
    assert len(windows.entry) > 4000
    jumped = 0
    for name, spec in KINDS.items():
        policy = read_policy({"hold": "2h", **spec})
        for intrabar, side in (("stop_first", 1), ("target_first", -1)):
            t = trades_of(c, windows, policy, minutes, intrabar)
            error = t.net.std(ddof=1) / np.sqrt(len(t))
            at_stop = np.isin(t.reason, [Reason.STOP, Reason.TRAILING_STOP, Reason.RAISED_STOP]).mean()
            at_target = (t.reason == Reason.TARGET).mean() + (t.n_fills > 1).mean() + (policy.entry is not None)
            highest = float(t.multiple.max())
            above, below = at_stop * SETTINGS.tick * highest, at_target * SETTINGS.tick * highest
            slack = 3 * error + (above if side > 0 else below)
            assert side * (t.net.mean() + 2 * COSTS.side) <= slack, (name, intrabar)
            if not t.ambiguous.any():
                assert -3 * error - below <= t.net.mean() + 2 * COSTS.side <= 3 * error + above, (name, intrabar)
            rested = trades_of(c, windows, policy, minutes, intrabar, target_gap="limit")
            assert (rested.net <= t.net).all(), (name, intrabar)
            if side > 0:
                assert rested.net.mean() + 2 * COSTS.side <= slack, name
            jumped += int((rested.net < t.net).sum())
    assert jumped > 50


@pytest.mark.slow
def test_the_market_is_what_it_says():
    """Some tokens stop for ever in a window, some minutes are idle, and prices span nine powers of ten and more."""
    c, windows = market(1)
    assert c.open.min() < 1e-8
    assert c.open.max() > 10
    t = trades_of(c, windows, read_policy({"hold": "2h"}), 1, "stop_first")
    ended = t.reason == Reason.END_OF_DATA
    assert 0.005 < ended.mean() < 0.2
    steps = [np.diff(c.ts[a:z]) for a, z in zip(windows.entry, windows.stop, strict=True)]
    assert 0.2 < np.mean([(step > 60 * NS).any() for step in steps]) < 0.8
