"""Markets of many kinds, as windows for policies, compared with the reference."""

from __future__ import annotations

import numpy as np

from quantray.callers.codes import Reason
from quantray.callers.policies import written
from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.evaluate import Block, Market, Pool, returns
from quantray.callers.policies.program import compile_policies
from quantray.callers.policies.tables import Windows, build_tables
from tests.builders.candles import MINUTE, rows
from tests.reference import policies as reference

UNLIMITED = Account(limited=False)


def compare(c, windows, policies, *, intrabar="stop_first", fill="open", costs=None, at_zero=False, target_gap="limit"):
    """Assert equality of every trade of every policy; returns how many trades, how many of them ambiguous."""
    costs = costs or Costs()
    program = compile_policies(policies)
    tables = build_tables(c, windows, program.levels, 60, intrabar=intrabar, entry=fill, target_gap=target_gap)
    n = len(windows.entry)
    if at_zero:
        tables = tables.at_zero(np.ones(n, bool))
    net, last = returns(tables, program, costs)
    pool = Pool(np.arange(n), np.zeros(n, np.int64), np.zeros(n, np.int64), np.arange(n))
    block = Block(tables, program, pool, UNLIMITED, costs)
    market = Market(c, 60, int(c.ts[0]), int(c.ts[-1]) + MINUTE)
    table, count, doubtful = rows(c), 0, 0
    for p, policy in enumerate(policies):
        got = block.trades(p, market)
        place = {int(call): i for i, call in enumerate(got.call)}
        for i in range(n):
            expected = reference.trade(
                table, int(windows.warm[i]), int(windows.entry[i]), int(windows.stop[i]), policy, MINUTE, intrabar,
                fill, at_zero, target_gap, None if windows.ends is None else int(windows.ends[i]),
            )  # fmt: skip
            if expected is None:
                assert i not in place
                assert np.isnan(net[i, p])
                assert last[i, p] == -1
                continue
            q, m = place[i], len(expected.fills)
            fills = list(zip(got.fill_ns[q, :m].tolist(), got.part[q, :m].tolist(), got.multiple[q, :m].tolist(),
                             strict=True))  # fmt: skip
            assert (got.n_fills[q], fills) == (m, expected.fills), written(policy)
            assert Reason(int(got.reason[q])).name == expected.reason, written(policy)
            assert Reason(int(program.reason[last[i, p]])).name == expected.reason
            assert net[i, p] == got.net[q] == expected.net(costs.side, costs.basis == "entry")
            assert bool(got.ambiguous[q]) == expected.ambiguous, written(policy)
            assert got.adverse[q] == expected.adverse, written(policy)
            assert (got.entry_ns[q], got.entry_price[q]) == (expected.entry_ns, expected.price)
            e = i * tables.ways + program.variant[p]
            assert tables.peaks[e, program.hold[p]] - 1.0 == expected.peak
            count += 1
            doubtful += expected.ambiguous
    return count, doubtful


def windows_of(c, n_calls, seed, length=120, warm=40):
    """Calls on random candles; windows end early for some of them."""
    rng = np.random.default_rng(seed)
    entry = np.sort(rng.integers(0, len(c.ts), n_calls))
    stop = np.minimum(entry + 1 + rng.integers(0, length, n_calls), len(c.ts))
    return Windows(entry, stop, np.maximum(entry - rng.integers(0, warm, n_calls), 0))
