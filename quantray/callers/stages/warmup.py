"""Compile the kernels, or read them from their cache, before workers start and clocks run."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np

from quantray.callers.policies import FixedStop, Policy, TakeProfit
from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.evaluate import Block, Market, Pool
from quantray.callers.policies.program import NS, compile_policies
from quantray.callers.policies.tables import Windows, build_tables


@cache
def warm() -> None:
    """One call on three candles through tables, account, equity and nets; once a process."""
    ts, price = np.arange(3) * 60 * NS, np.ones(3)
    candles = SimpleNamespace(ts=ts, open=price, high=price, low=price, close=price, volume=price)
    program = compile_policies([Policy((FixedStop(0.9), TakeProfit(2)))])
    one = np.zeros(1, np.int64)
    tables = build_tables(candles, Windows(one, one + 3, one), program.levels, 60)
    block = Block(tables, program, Pool(one, one, one, one), Account(), Costs())
    market = Market(candles, 60, 0, 180 * NS)
    block.metrics(market, closes=market.closes, daily=True)
    block.equity(0, market, market.closes)
    block.unit_nets(market, 0, 60 * NS, 1)
