"""Several assets, calls on them, and both ways to run them through one account."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.evaluate import Block, Market, Pool
from quantray.callers.policies.program import compile_policies
from quantray.callers.policies.tables import Windows, build_tables
from tests.builders.candles import MINUTE, candles, columns, rows
from tests.reference import policies as reference
from tests.reference import policy_account


@dataclass
class Case:
    """Calls [n] on the joined candles of a few assets."""

    candles: object
    windows: Windows
    pool: Pool

    @property
    def market(self) -> Market:
        ts = self.candles.ts
        return Market(self.candles, 60, int(ts.min()), int(ts.max()) + MINUTE)

    def block(self, policies, account: Account, costs: Costs, *, permute=None, intrabar="stop_first") -> Block:
        program = compile_policies(policies)
        tables = build_tables(self.candles, self.windows, program.levels, 60, intrabar=intrabar)
        p = self.pool
        pool = p if permute is None else Pool(p.call[permute], p.asset[permute], p.caller[permute], p.rank[permute])
        return Block(tables, program, pool, account, costs)


def case(n_calls=40, n_assets=4, length=200, seed=0, hold=60, together=3, **market) -> Case:
    """Calls in bunches of ``together`` at one minute, over candles that share a clock."""
    parts = [candles(length, seed=seed * 100 + a, **market) for a in range(n_assets)]
    offsets = np.cumsum([0, *(len(p.ts) for p in parts)])
    joined = columns(*(np.concatenate([getattr(p, k) for p in parts])
                       for k in ("ts", "open", "high", "low", "close", "volume")))  # fmt: skip
    rng = np.random.default_rng(seed)
    moments = np.repeat(rng.integers(0, parts[0].ts[-1] // MINUTE, n_calls // together + 1) * MINUTE, together)[
        :n_calls
    ]
    asset = rng.integers(0, n_assets, n_calls)
    entry, stop, keep = [], [], []
    for i in range(n_calls):
        ts = parts[asset[i]].ts
        at = int(np.searchsorted(ts, moments[i]))
        if at < len(ts):
            keep.append(i)
            entry.append(offsets[asset[i]] + at)
            stop.append(offsets[asset[i]] + min(at + 1 + int(rng.integers(1, hold)), len(ts)))
    asset, moments = asset[keep], moments[keep]
    order = np.lexsort((np.arange(len(keep)), asset, moments))
    rank = np.empty(len(keep), np.int64)
    rank[order] = np.arange(len(keep))
    entry, warm = np.array(entry), offsets[asset]
    windows = Windows(entry, np.array(stop), warm)
    return Case(joined, windows, Pool(np.arange(len(keep)), asset, rng.integers(0, 3, len(keep)), rank))


def slow(case: Case, policy, account: Account, costs: Costs, times=()):
    """The reference's account of one policy, and how many calls got no entry."""
    table, w, p = rows(case.candles), case.windows, case.pool
    orders = []
    for q in range(len(p.call)):
        i = int(p.call[q])
        trade = reference.trade(table, int(w.warm[i]), int(w.entry[i]), int(w.stop[i]), policy, MINUTE)
        if trade is not None:
            first = int(np.searchsorted(case.candles.ts[w.entry[i] : w.stop[i]], trade.entry_ns)) + int(w.entry[i])
            held = table[first : int(w.stop[i])]
            orders.append(policy_account.Order(trade, int(p.rank[q]), int(p.asset[q]), int(p.caller[q]),
                                               policy.stop_distance, held))  # fmt: skip
    on_entry = costs.basis == "entry"
    result = policy_account.run(orders, account, costs.side, on_entry, MINUTE, list(times))
    return result, len(p.call) - len(orders)
