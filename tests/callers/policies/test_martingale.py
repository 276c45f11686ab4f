"""No policy may see the future or earn on a price without an edge; rounding and order may not matter."""

from __future__ import annotations

from copy import copy

import numpy as np
import pytest

from quantray.callers.codes import Reason
from quantray.callers.data.prints import lone_prints
from quantray.callers.market import Candles
from quantray.callers.policies import read_policy
from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.evaluate import Block, Market, Pool, returns
from quantray.callers.policies.intrabar import order_interval
from quantray.callers.policies.martingale import (
    as_markdown,
    drawn_back,
    fair_walks,
    martingale_table,
    with_lone_prints,
)
from quantray.callers.policies.program import compile_policies
from quantray.callers.policies.tables import Windows, build_tables
from tests.builders.candles import MINUTE, POLICIES, candles, columns
from tests.builders.policy_markets import windows_of
from tests.builders.pools import Case, case

TICK = 0.001
COSTS = Costs(basis="entry")
#: Each kind alone and mixed, with levels anywhere between the ticks that a walk of some hundred ticks reaches.
KINDS = {
    "stop": {"sl": 0.98},
    "target": {"tp": 1.03},
    "stop and target": {"sl": 0.98, "tp": 1.03},
    "time": {"hold": "30m"},
    "trailing": {"trailing": {"activation": 0, "trail": 0.02}},
    "trailing, activated, hard stop": {"trailing": {"activation": 0.01, "trail": 0.01}, "sl": 0.97},
    "trailing and target": {"trailing": {"activation": 0, "trail": 0.015}, "tp": 1.02},
    "two trailing stops": {"trailing": [{"activation": 0, "trail": 0.03}, {"activation": 0.015, "trail": 0.01}]},
    "ladder": {"ladder": [[1.01, 0.5], [1.02, 0.3], [1.04, 0.2]], "sl": 0.98},
    "ladder and trailing": {"ladder": [[1.01, 0.33], [1.03, 0.33]], "trailing": {"activation": 0, "trail": 0.02}},
    "break-even": {"break_even": 1.01, "sl": 0.98, "tp": 1.03},
    "phased": {"phased": {"after": 1.01, "stop": 1.004}, "sl": 0.98, "tp": 1.03},
    "ema cross": {"ema_cross": {"fast": 3, "slow": 8}, "sl": 0.98},
    "rsi cross": {"rsi_cross": {"period": 5, "level": 60}, "sl": 0.98},
    "chandelier": {"atr_stop": {"period": 5, "multiple": 3}, "tp": 1.03},
    "atr below the entry": {"atr_stop": {"period": 5, "multiple": 2, "anchor": "entry"}, "tp": 1.03},
    "volume": {"volume_z": {"period": 10, "z": 2}, "tp": 1.02},
    "dip": {"entry": {"dip": 0.01, "wait": "1h"}, "sl": 0.98, "tp": 1.03},
    "dip and trailing": {"entry": {"dip": 0.005, "wait": "30m"}, "trailing": {"activation": 0.005, "trail": 0.01}},
    "mix": {
        "ladder": [[1.01, 0.5], [1.02, 0.3]], "break_even": 1.015, "trailing": {"activation": 0.01, "trail": 0.012},
        "ema_cross": {}, "sl": 0.97, "tp": 1.05,
    },
}  # fmt: skip
KINDS = {name: {"hold": "2h", **spec} for name, spec in KINDS.items()}
#: None of these has a target: a print above the market may not bring them anything.
WITHOUT_TARGET = [name for name, spec in KINDS.items() if not {"tp", "ladder"} & set(spec)]


def walks_of(n, minutes, seed):
    """Walks long enough to warm up indicators on candles of 15 minutes."""
    return fair_walks(n, minutes * 60, seed=seed, tick=TICK, before_s=3 * 3600, held_s=4 * 3600)


def trades_of(c, policy, intrabar="stop_first", interval_s=None, windows=None, target_gap="open"):
    """The trades of one policy without an account; a target that an open has jumped is fair at that open."""
    windows, interval_s = windows or c.windows, interval_s or c.interval_s
    program = compile_policies([policy])
    tables = build_tables(c, windows, program.levels, interval_s, intrabar=intrabar, target_gap=target_gap)
    n = len(windows.entry)
    pool = Pool(np.arange(n), np.arange(n), np.zeros(n, int), np.arange(n))
    block = Block(tables, program, pool, Account(limited=False), COSTS)
    return block.trades(0, Market(c, interval_s, 0, int(c.ts.max()) + 1))


def without_overshoot(t, dip):
    """Net returns if each fill at a level had been at the tick that crossed it: what a fair walk makes fair."""

    def crossed(price, up):
        steps = np.log(price) / np.log1p(TICK)
        near = np.round(steps)
        beyond = np.ceil(steps) if up else np.floor(steps)
        return (1 + TICK) ** np.where(np.abs(steps - near) < 1e-6, near, beyond)

    entry = crossed(t.entry_price, up=False) if dip else t.entry_price
    fills = t.multiple * t.entry_price[:, None]
    rung = np.arange(fills.shape[1]) < t.n_fills[:, None] - 1
    target = rung | (t.reason == Reason.TARGET)[:, None]
    there = np.arange(fills.shape[1]) < t.n_fills[:, None]
    fills = np.where(there, fills, 1.0)
    paid = np.where(target, crossed(fills, up=True), crossed(fills, up=False))
    return (np.where(there, t.part * paid, 0).sum(axis=1) / entry) - 1 - 2 * COSTS.side


def beyond_chance(net, side, both_ways=False):
    """By how many standard errors the mean lies on the wrong side of the costs; ``side`` 1: above is wrong."""
    distance = side * (net.mean() + 2 * COSTS.side)
    return float((abs(distance) if both_ways else distance) / (net.std(ddof=1) / np.sqrt(len(net))))


@pytest.mark.slow
@pytest.mark.parametrize("minutes", [1, 5, 15])
def test_nothing_is_earned_on_a_fair_walk(minutes):
    """stop_first <= -costs <= target_first within 3 standard errors, and equality where the order decided nothing.

    A fill at a level is off by what the walk jumps over it, less than a tick: :func:`without_overshoot` takes it out.
    """
    walks = walks_of(6000, minutes, seed=minutes)
    for name, spec in KINDS.items():
        policy = read_policy(spec)
        for intrabar, side in (("stop_first", 1), ("target_first", -1)):
            t = trades_of(walks, policy, intrabar)
            fair = without_overshoot(t, policy.entry is not None)
            assert np.abs(fair - t.net).max() < 2.1 * TICK * 1.1
            assert beyond_chance(fair, side, both_ways=not t.ambiguous.any()) <= 3, (name, intrabar, fair.mean())


@pytest.mark.slow
@pytest.mark.parametrize("minutes", [1, 5, 15])
def test_the_martingale_table(minutes):
    """The same without any correction: all levels lie on ticks."""
    rows = martingale_table(walks_of(6000, minutes, seed=40 + minutes), COSTS)
    assert len(rows) == 15
    for row in rows:
        (low, low_error), (high, high_error) = row.stop_first, row.target_first
        assert low + row.costs <= 3 * low_error, row
        assert high + row.costs >= -3 * high_error, row
        if row.ambiguous_share == 0:
            assert low == high
            assert abs(low + row.costs) <= 3 * low_error, row
        raised = {"trailing", "trailing, activated, hard stop", "break-even", "phased stop", "mix"}
        if row.kind not in raised:  # where no stop is ever raised the third order is the second
            assert row.raise_first == row.target_first, row
        elif minutes == 15:
            assert row.raise_first[0] != row.stop_first[0], row
    assert as_markdown(rows).count("\n| ") == len(rows)


@pytest.mark.parametrize("intrabar", ["stop_first", "target_first", "raise_first"])
def test_a_resting_target_never_pays_more_than_the_open_would(intrabar):
    """Trade by trade on rough candles, and less only where an open lies above a target."""
    c = candles(600, seed=21, gap=0.6, vol=0.03)
    windows = windows_of(c, 80, seed=22)
    lower = 0
    for policy in POLICIES:
        rested, opened = (trades_of(c, policy, intrabar, 60, windows, gap) for gap in ("limit", "open"))
        assert rested.exit_ns.tolist() == opened.exit_ns.tolist()
        assert rested.reason.tolist() == opened.reason.tolist()
        assert (rested.net <= opened.net).all()
        lower += int((rested.net < opened.net).sum())
    assert lower > 50


def test_an_edge_would_be_seen():
    """The measure itself: calls that know the next half hour pass none of these tests."""
    walks = fair_walks(400, seed=3)
    entry = walks.windows.entry
    knowing = walks.close[entry + 30] > walks.open[entry]
    few = Windows(np.where(knowing, entry, -1), walks.windows.stop, walks.windows.warm)
    for name in ("stop and target", "time", "trailing", "ladder", "mix"):
        policy = read_policy(KINDS[name])
        assert beyond_chance(trades_of(walks, policy, windows=few).net, 1) > 5, name
        assert beyond_chance(trades_of(walks, policy).net, 1) <= 3, name


@pytest.mark.slow
def test_lone_prints_pay_no_trailing_stop():
    """A high far above its neighbours raises the stop above the market: the next open fills, and earns nothing.

    A target sells at prices that nobody paid; what that is worth shows when the print filter draws them back.
    """
    walks = fair_walks(6000, seed=9, tick=TICK)
    printed = with_lone_prints(walks)
    raw = (printed.ts, printed.open, printed.high, printed.low, printed.close, printed.volume)
    n, length = 6000, int(walks.windows.stop[0])
    report = lone_prints(Candles(("",) * n, np.arange(n), np.arange(n + 1) * length, *raw), 1.4)
    assert 0.0045 < report.high.mean() < 0.0055
    assert 3.5 < report.worst < 4.5
    back = drawn_back(printed, 1.4)
    # prints side by side, and at an end of a walk where there is one neighbour, stay
    assert (back.high > 1.3 * walks.high).mean() < 0.0002
    for name, spec in KINDS.items():
        policy = read_policy(spec)
        dip = policy.entry is not None
        clean, fooled, drawn = (trades_of(c, policy) for c in (walks, printed, back))
        if name in WITHOUT_TARGET:
            assert beyond_chance(without_overshoot(fooled, dip), 1) <= 3, name
        else:
            worth = fooled.net.mean() - drawn.net.mean()
            assert worth > 0.0005, name
            assert abs(drawn.net.mean() - clean.net.mean()) < worth / 10, name


@pytest.mark.parametrize(("finer", "coarser"), [(10, 30), (15, 30), (10, 15)])
def test_orders_enclose_the_path_underneath(finer, coarser):
    """stop_first <= the path <= target_first for every trade with fixed levels, closer where candles are finer."""
    # one tick a candle leaves nothing to decide; a few ticks to each level, so that one candle often reaches both
    stops, targets = (0.9985, 0.9975), (1.0015, 1.0025)
    specs = [{"sl": sl, "tp": tp} for sl in stops for tp in targets]
    specs += [{"sl": sl, "ladder": [[1.0015, 0.5], [1.0025, 0.3]]} for sl in stops]
    program = compile_policies([read_policy(spec) for spec in specs])
    widths = []
    for m in (1, finer, coarser):
        walks = fair_walks(1500, m * 60, seed=4, ticks_per_minute=1)
        low, high = (build_tables(walks, walks.windows, program.levels, m * 60, intrabar=order)
                     for order in ("stop_first", "target_first"))  # fmt: skip
        found = order_interval(low, high, program, COSTS)
        if m == 1:
            path = found.low
            np.testing.assert_array_equal(path, found.high)
        assert (found.low <= path + 1e-12).all()
        assert (path <= found.high + 1e-12).all()
        widths.append(found.mean_high - found.mean_low)
    assert (widths[0] == 0).all()
    assert (widths[1] > 0).all()
    assert (widths[1] < widths[2]).all()


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


@pytest.mark.parametrize("intrabar", ["stop_first", "target_first", "raise_first"])
def test_the_account_knows_no_later_candle(intrabar):
    """Equity, cash and every trade that ended before the last candle, whatever that candle is."""
    c = case(n_calls=60, seed=11, n_assets=1, length=250, hold=249)
    rules = Account(max_positions=None, max_positions_per_asset=None, max_allocation_pct=0.1)
    before = at = c.candles.ts[-1]  # its start: the candle before it has closed
    seen = []
    for factor in (1.0, 1.7, 0.4):
        bumped = copy(c.candles)
        for name in ("open", "high", "low", "close", "volume"):
            column = getattr(c.candles, name).copy()
            column[-1] *= factor
            setattr(bumped, name, column)
        block = Case(bumped, c.windows, c.pool).block(POLICIES, rules, Costs(), intrabar=intrabar)
        market = Market(bumped, 60, int(c.candles.ts[0]), int(at) + MINUTE)
        times = market.closes[market.closes < at]
        curves = [block.equity(p, market, times) for p in range(len(POLICIES))]
        ended = [(t.call, t.net, t.size, t.pnl, t.adverse, t.exit_ns < before)
                 for t in (block.trades(p, market) for p in range(len(POLICIES)))]  # fmt: skip
        seen.append((curves, [tuple(x[done].tolist() for x in columns) for *columns, done in ended]))
    assert sum(len(calls) for calls, *_ in seen[0][1]) > 500
    assert seen[1][1] == seen[0][1] == seen[2][1]
    for curves, _ in seen[1:]:
        for got, expected in zip(curves, seen[0][0], strict=True):
            np.testing.assert_array_equal(got, expected)
