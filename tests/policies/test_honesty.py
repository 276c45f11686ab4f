"""No policy may see the future or earn on a price without an edge; rounding and order may not matter."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.policies import read_policy
from quantray.policies.account import Account, Costs
from quantray.policies.program import Reason, compile_policies
from quantray.policies.scoring import Block, Market, Pool, returns
from quantray.policies.tables import Windows, build_tables
from tests.policies.markets import MINUTE, POLICIES, candles, columns
from tests.policies.test_trade_reference import windows_of

TICK = 1.001
UP = 1 / (1 + TICK)  # chance of a tick up that makes the walk fair
COSTS = Costs(basis="entry")
#: Each kind alone and mixed, with levels that a walk of some hundred ticks reaches.
KINDS = {
    "stop": {"sl": 0.98, "hold": "2h"},
    "target": {"tp": 1.03, "hold": "2h"},
    "stop and target": {"sl": 0.98, "tp": 1.03, "hold": "2h"},
    "time": {"hold": "30m"},
    "trailing": {"trailing": {"activation": 0, "trail": 0.02}, "hold": "2h"},
    "trailing, activated": {"trailing": {"activation": 0.01, "trail": 0.01}, "sl": 0.97, "hold": "2h"},
    "trailing and target": {"trailing": {"activation": 0, "trail": 0.015}, "tp": 1.02, "hold": "2h"},
    "ladder": {"ladder": [[1.01, 0.5], [1.02, 0.3], [1.04, 0.2]], "sl": 0.98, "hold": "2h"},
    "break-even": {"break_even": 1.01, "sl": 0.98, "tp": 1.03, "hold": "2h"},
    "phased": {"phased": {"after": 1.01, "stop": 1.004}, "sl": 0.98, "tp": 1.03, "hold": "2h"},
    "ema cross": {"ema_cross": {"fast": 3, "slow": 8}, "sl": 0.98, "hold": "2h"},
    "rsi cross": {"rsi_cross": {"period": 5, "level": 60}, "sl": 0.98, "hold": "2h"},
    "chandelier": {"atr_stop": {"period": 5, "multiple": 3}, "tp": 1.03, "hold": "2h"},
    "volume": {"volume_z": {"period": 10, "z": 2}, "tp": 1.02, "hold": "2h"},
    "dip": {"entry": {"dip": 0.01, "wait": "1h"}, "sl": 0.98, "tp": 1.03, "hold": "2h"},
}
WARM, HELD = 30, 150  # minutes before and after the entry


def martingale(n_walks: int, minutes: int, seed: int = 0, ticks: int = 20) -> tuple:
    """Clean candles of fair walks on the powers of TICK, ``ticks`` steps a minute.

    Returns the candles of ``minutes`` minutes and the calls; an open is the price before its minute's first tick.
    """
    rng = np.random.default_rng(seed)
    length = WARM + HELD
    step = np.where(rng.random((n_walks, length * ticks)) < UP, 1, -1)
    path = TICK ** np.cumsum(np.concatenate([np.zeros((n_walks, 1)), step], axis=1), axis=1)
    per = minutes * ticks
    n = length // minutes
    inside = np.stack([path[:, k * per : (k + 1) * per + 1] for k in range(n)], axis=1)  # ends of candles are shared
    ts = np.tile(np.arange(n) * minutes * MINUTE, n_walks)
    prices = [inside[..., 0], inside.max(-1), inside.min(-1), inside[..., -1]]
    c = columns(ts, *(x.ravel() for x in prices), rng.lognormal(0, 1, n_walks * n))
    base = np.arange(n_walks) * n
    return c, Windows(base + WARM // minutes, base + n, base)


def trades_of(c, windows, policy, minutes, intrabar="stop_first"):
    """The trades of one policy without an account."""
    program = compile_policies([policy])
    tables = build_tables(c, windows, program.levels, minutes * 60, intrabar=intrabar)
    n = len(windows.entry)
    pool = Pool(np.arange(n), np.arange(n), np.zeros(n, int), np.arange(n))
    block = Block(tables, program, pool, Account(limited=False), COSTS)
    return block.trades(0, Market(c, minutes * 60, 0, int(c.ts.max()) + 1))


def without_overshoot(t, dip):
    """Net returns if each fill at a level had been at the tick that crossed it: what a fair walk makes fair."""

    def crossed(price, up):
        steps = np.log(price) / np.log(TICK)
        near = np.round(steps)
        beyond = np.ceil(steps) if up else np.floor(steps)
        return TICK ** np.where(np.abs(steps - near) < 1e-6, near, beyond)

    entry = crossed(t.entry_price, up=False) if dip else t.entry_price
    fills = t.multiple * t.entry_price[:, None]
    rung = np.arange(fills.shape[1]) < t.n_fills[:, None] - 1
    target = rung | (t.reason == Reason.TARGET)[:, None]
    there = np.arange(fills.shape[1]) < t.n_fills[:, None]
    fills = np.where(there, fills, 1.0)
    paid = np.where(target, crossed(fills, up=True), crossed(fills, up=False))
    return (np.where(there, t.part * paid, 0).sum(axis=1) / entry) - 1 - 2 * COSTS.side


def error_of(net):
    return net.std(ddof=1) / np.sqrt(len(net))


@pytest.mark.slow
@pytest.mark.parametrize("minutes", [1, 5, 15])
def test_nothing_is_earned_on_a_fair_walk(minutes):
    """stop_first <= -costs <= target_first within 3 standard errors, and equality where the order decided nothing.

    A fill at a level is off by what the walk jumps over it, less than a tick: :func:`without_overshoot` takes it out.
    """
    costs = 2 * COSTS.side
    c, windows = martingale(6000, minutes, seed=minutes)
    for name, spec in KINDS.items():
        policy = read_policy(spec)
        for intrabar, side in (("stop_first", 1), ("target_first", -1)):
            t = trades_of(c, windows, policy, minutes, intrabar)
            fair = without_overshoot(t, policy.entry is not None)
            assert np.abs(fair - t.net).max() < 2.1 * (TICK - 1) * 1.1
            assert side * (fair.mean() + costs) <= 3 * error_of(fair), (name, intrabar, fair.mean())
            if not t.ambiguous.any():
                assert abs(fair.mean() + costs) <= 3 * error_of(fair), (name, intrabar, fair.mean())


@pytest.mark.slow
def test_lone_prints_pay_no_trailing_stop():
    """A high far above its neighbours raises the stop above the market: the next open fills, and earns nothing."""
    c, windows = martingale(6000, 1, seed=9)
    rng = np.random.default_rng(1)
    hit = rng.random(len(c.ts)) < 0.005
    printed = columns(
        c.ts, c.open, np.where(hit, c.high * rng.uniform(1.5, 4, len(hit)), c.high), c.low, c.close, c.volume
    )
    for name in ("trailing", "trailing, activated"):
        t = trades_of(printed, windows, read_policy(KINDS[name]), 1)
        assert t.net.mean() + 2 * COSTS.side <= 3 * error_of(t.net) + (TICK - 1)
    fooled, clean = (trades_of(x, windows, read_policy(KINDS["target"]), 1).net for x in (printed, c))
    assert fooled.mean() > clean.mean() + 0.005  # what the print filter is there to say


def test_orders_enclose_the_path_underneath():
    """stop_first <= the path <= target_first for every trade with fixed levels, closer where candles are finer."""
    policy = read_policy({"sl": 0.9975, "tp": 1.0025})  # a few ticks: one candle often reaches both
    path = trades_of(*martingale(1500, 1, seed=4, ticks=1), policy, 1)  # one tick a candle leaves nothing to decide
    assert not path.ambiguous.any()
    widths = []
    for minutes in (10, 30):
        c, windows = martingale(1500, minutes, seed=4, ticks=1)
        low = trades_of(c, windows, policy, minutes, "stop_first").net
        high = trades_of(c, windows, policy, minutes, "target_first").net
        assert (low <= path.net + 1e-12).all()
        assert (path.net <= high + 1e-12).all()
        widths.append(float((high - low).mean()))
    assert 0 < widths[0] < widths[1]


@pytest.mark.parametrize("intrabar", ["stop_first", "target_first", "raise_first"])
def test_the_last_candle_changes_nothing_decided_before_it(intrabar):
    c = candles(300, seed=12)
    windows = windows_of(c, 80, seed=3, length=300)
    program = compile_policies(POLICIES)
    before = build_tables(c, windows, program.levels, 60, intrabar=intrabar)
    for field in ("open", "high", "low", "close", "volume"):
        getattr(c, field)[-1] *= 1.7
    after = build_tables(c, windows, program.levels, 60, intrabar=intrabar)
    starts = np.repeat(windows.entry, before.ways)
    bars = np.where(before.keys == 2**31 - 1, 10**9, before.keys >> 3)
    decided = (before.start[:, None] + bars < len(c.ts) - 1) & (starts[:, None] < len(c.ts) - 1)
    assert decided.sum() > 1000
    for name in ("keys", "fill", "worst", "time"):
        np.testing.assert_array_equal(getattr(before, name)[decided], getattr(after, name)[decided])


@pytest.mark.parametrize("k", [-30, -1, 1, 20])
def test_a_power_of_two_leaves_every_bit_of_the_returns(k):
    c = candles(400, seed=5)
    scaled = columns(c.ts, *(getattr(c, f) * 2.0**k for f in ("open", "high", "low", "close")), c.volume)
    windows = windows_of(c, 60, seed=6)
    program = compile_policies(POLICIES)
    one, two = (returns(build_tables(x, windows, program.levels, 60), program, Costs()) for x in (c, scaled))
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])


def test_raising_first_is_another_result():
    """With raise_first a trailing stop supposes that the high came before the low of its own candle."""
    c, windows = martingale(800, 15, seed=2)
    late, early = (trades_of(c, windows, read_policy(KINDS["trailing"]), 15, order).net
                   for order in ("stop_first", "raise_first"))  # fmt: skip
    assert (late != early).mean() > 0.1
