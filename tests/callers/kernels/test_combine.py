"""The compiled first-touch tables and their combination equal the slow walk to the last bit."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.arrays import plain
from quantray.callers.policies import Policy, read_policy
from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.evaluate import Block, Market, Pool, returns
from quantray.callers.policies.program import compile_policies
from quantray.callers.policies.tables import INTRABAR, TARGET_GAP, build_tables
from tests.builders.candles import MINUTE, NS, POLICIES, candles
from tests.builders.policy_markets import compare, windows_of

LEVELS = [1.005, 1.01, 1.02, 1.03, 1.05, 1.1, 1.3]
WIDE = ("fill_ns", "part", "multiple")
STOPS = [0.999, 0.99, 0.98, 0.95, 0.9, 0.5]


@pytest.mark.slow
@pytest.mark.parametrize("target_gap", TARGET_GAP)
@pytest.mark.parametrize("intrabar", INTRABAR)
@pytest.mark.parametrize(("scale", "vol"), [(1.0, 0.02), (1e-9, 0.05), (1.0, 0.002)])
def test_every_kind_on_random_walks(intrabar, scale, vol, target_gap):
    c = candles(600, seed=3, scale=scale, vol=vol, grid=0.001 if vol < 0.01 else 0.01)
    count, doubtful = compare(c, windows_of(c, 60, seed=4), POLICIES, intrabar=intrabar, target_gap=target_gap)
    assert count > 900
    assert (doubtful > 0) == (vol > 0.01)


@pytest.mark.parametrize("fill", ["open", "close"])
@pytest.mark.parametrize("at_zero", [False, True])
def test_entry_at_the_close_and_dead_assets(fill, at_zero):
    c = candles(300, seed=8)
    costs = Costs(taker_bps=50, slippage_bps=100, basis="entry")
    policies = [p for p in POLICIES if p.entry is None]
    compare(c, windows_of(c, 50, seed=2, length=30), policies, fill=fill, at_zero=at_zero, costs=costs)


def values(spec):
    return tuple(sorted(spec.items()))


def parts():
    """Any parts whose levels lie close together, so that several fire in one candle."""
    multiple, stop = st.sampled_from(LEVELS), st.sampled_from(STOPS)
    trailing = st.fixed_dictionaries(
        {"activation": st.sampled_from([0, 0.01, 0.05]), "trail": st.sampled_from([0.005, 0.02, 0.1])}
    )
    phase = multiple.flatmap(
        lambda after: st.fixed_dictionaries(
            {"after": st.just(after), "stop": st.sampled_from([0.9995, 1.0, 1.004, 1.009, 1.02, 1.2])}
        )
    ).filter(lambda p: p["stop"] < p["after"])
    rungs = st.lists(multiple, min_size=1, max_size=4, unique=True).flatmap(
        lambda levels: st.sampled_from([0.1, 0.25, 1 / len(levels)]).map(lambda f: [[m, f] for m in sorted(levels)])
    )
    return {
        "sl": stop, "tp": multiple, "hold": st.sampled_from(["1m", "90s", "7m", "30m", "3h"]),
        "trailing": st.lists(trailing, min_size=1, max_size=2, unique_by=values), "break_even": multiple,
        "phased": st.lists(phase, min_size=1, max_size=2, unique_by=values), "ladder": rungs,
        "entry": st.fixed_dictionaries(
            {"dip": st.sampled_from([0.001, 0.01, 0.03]), "wait": st.sampled_from(["1m", "150s", "20m"])}
        ),
        "ema_cross": st.just({"fast": 2, "slow": 4}), "rsi_cross": st.just({"period": 3, "level": 55}),
        "atr_stop": st.sampled_from([{"period": 3, "multiple": 1}, {"period": 2, "multiple": 0.5, "anchor": "entry"}]),
        "volume_z": st.just({"period": 4, "z": 0.8}),
    }  # fmt: skip


@st.composite
def any_policy(draw) -> Policy:
    known = parts()
    chosen = draw(st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=6, unique=True))
    if chosen == ["entry"]:
        chosen.append("tp")
    spec = {name: draw(known[name]) for name in chosen}
    return read_policy(spec)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_mix_on_any_market(data):
    draw = data.draw
    c = candles(
        draw(st.integers(5, 60)), seed=draw(st.integers(0, 10_000)), scale=draw(st.sampled_from([1.0, 1e-9, 3e4])),
        vol=draw(st.sampled_from([0.003, 0.01, 0.05])), idle=draw(st.sampled_from([0, 0.5])),
        gap=draw(st.sampled_from([0, 1])), grid=draw(st.sampled_from([0.001, 0.005])),
    )  # fmt: skip
    policies = draw(st.lists(any_policy(), min_size=1, max_size=5))
    windows = windows_of(c, 5, draw(st.integers(0, 100)), length=60, warm=10)
    if draw(st.booleans()):  # the source goes on behind the window's last candle
        windows = replace(windows, ends=c.ts[windows.stop - 1] + MINUTE * draw(st.integers(1, 500)))
    entries_at_close = draw(st.booleans())
    compare(
        c, windows, policies, intrabar=draw(st.sampled_from(INTRABAR)), fill="close" if entries_at_close else "open",
        at_zero=draw(st.booleans()), target_gap=draw(st.sampled_from(TARGET_GAP)),
    )  # fmt: skip


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_policy_alone_and_beside_any_others(data):
    """The same trade to the last bit: fills, times, the lowest price, the highest; and what indicators saw."""
    draw = data.draw
    c = candles(
        draw(st.integers(40, 90)), seed=draw(st.integers(0, 10_000)), vol=0.03, idle=draw(st.sampled_from([0, 0.5]))
    )
    one, others = draw(any_policy()), draw(st.lists(any_policy(), min_size=1, max_size=4))
    policies = list(dict.fromkeys([*others, one]))
    wide = windows_of(c, 6, draw(st.integers(0, 100)), length=90, warm=10)
    wide = replace(wide, warm=np.zeros(6, np.int64), stop=np.full(6, len(c.ts)))
    # alone its windows are no longer than it asks: to the first candle behind the hold, from its own warm-up on
    held = np.full(6, len(c.ts))
    if one.hold_s is not None:
        wait = 0 if one.entry is None else one.entry.wait_s
        until = c.ts[wide.entry] + (wait + one.hold_s) * NS
        held = np.minimum(np.searchsorted(c.ts, until) + 1, len(c.ts))
    since = np.searchsorted(c.ts, c.ts[wide.entry] - one.warmup_candles * MINUTE)
    narrow = replace(wide, stop=held, warm=since)
    ends = np.full(6, c.ts[-1] + MINUTE)
    gap, order = draw(st.sampled_from(TARGET_GAP)), draw(st.sampled_from(INTRABAR))
    seen = []
    for some, windows in (([one], narrow), (policies, wide)):
        program = compile_policies(some)
        tables = build_tables(c, replace(windows, ends=ends), program.levels, 60, intrabar=order, target_gap=gap)
        pool = Pool(np.arange(6), np.arange(6), np.zeros(6, np.int64), np.arange(6))
        block = Block(tables, program, pool, Account(max_positions=3), Costs())
        market = Market(c, 60, 0, int(ends[0]), np.concatenate([tables.entry_ns, tables.time[:, -2]]))
        p = some.index(one)
        trades = block.trades(p, market)
        seen.append(
            [getattr(trades, f.name).tolist() for f in fields(trades) if f.name not in ("final_capital", *WIDE)]
        )
        seen[-1] += [getattr(trades, name)[:, : int(trades.n_fills.max(initial=1))].tolist() for name in WIDE]
        metrics = block.take(np.array([p])).metrics(market, closes=market.closes, daily=True)
        seen[-1].append({name: plain(v[0]) for name, v in metrics.items()})
        seen[-1].append(returns(tables, program, Costs())[0][:, p].tolist())
    assert repr(seen[0]) == repr(seen[1])
