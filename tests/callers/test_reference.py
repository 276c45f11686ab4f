"""The whole table equals plain Python that walks candle by candle: metrics, skips, ranks, winners."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from quantray.callers.data import CallSettings
from quantray.callers.plan import CallerPlan
from quantray.callers.policies import read_policy
from quantray.callers.policies.account import Account, Costs
from quantray.callers.prepare import Prepared, prepare
from quantray.callers.results import GROUP
from quantray.callers.split import HELD_OUT, PARTS, TRAIN
from quantray.settings import Report
from tests.builders.call_plans import POLICIES, finished, market, plan_on
from tests.builders.candles import SPECS, rows
from tests.reference import policies as reference
from tests.reference import policy_account

MINUTE = 60_000_000_000
#: Policies without a time stop: each trade goes on until the source ends.
ENDLESS = tuple(read_policy(spec) for spec in SPECS if "hold" not in spec)


class Slow:
    """The reference on prepared calls."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared, self.plan = prepared, prepared.plan
        calls = prepared.calls
        self.candles: dict[int, list[Any]] = {}
        for block in prepared.slice.candles(prepared.windows):
            table = rows(block)
            for asset, where in block:
                self.candles[asset] = table[where]
        self.calls = calls

    def orders(self, who: np.ndarray, policy: Any) -> tuple[list[Any], int, list[int]]:
        """Orders of some calls, how many got no entry, and every close of their candles."""
        found, closes = [], set()
        coverage, split = self.prepared.coverage, self.prepared.split
        for i in who.tolist():
            # all that there is of the asset when the source ends: for a call that is trained on at the split
            ends = int(split.split_ns if split.part[i] == TRAIN else coverage.source_end_ns[i])
            table = [c for c in self.candles[int(self.calls.asset[i])] if c.ts + MINUTE <= ends]
            ts = [c.ts for c in table]
            entry, stop = int(np.searchsorted(ts, coverage.entry_ns[i])), len(ts)
            trade = reference.trade(table, 0, entry, stop, policy, MINUTE, self.plan.order, self.plan.entry,
                                    target_gap=self.plan.target_gap, ends=ends)  # fmt: skip
            if trade is not None:
                closes |= {trade.entry_ns, ends, *(t for t, _, _ in trade.fills)}
                first = ts.index(trade.entry_ns) if self.plan.entry == "open" else entry + 1
                closes |= {t + MINUTE for t in ts[first:stop] if t < trade.fills[-1][0]}
                found.append(policy_account.Order(trade, i, int(self.calls.asset[i]), int(self.calls.caller[i]),
                                                  policy.stop_distance, table[first:stop]))  # fmt: skip
        return found, len(who) - len(found), sorted(closes)

    def metrics(self, who: np.ndarray, part: int, policy: Any, drawdown: bool) -> dict[str, Any]:
        costs, account = self.plan.costs, self.plan.account
        orders, without, closes = self.orders(who, policy)
        on_entry = costs.basis == "entry"
        result = policy_account.run(orders, account, costs.side, on_entry, MINUTE, closes if drawdown else ())
        period = self.prepared.split.period(part)
        found = policy_account.metrics(result, account, costs.side, on_entry, period, without)
        if drawdown:
            found["max_drawdown"] = policy_account.max_drawdown(result.equity, account.initial)
        return found

    def unit(self, name: str, part: int) -> np.ndarray:
        mine = np.ones(len(self.calls), bool) if name == GROUP else self.calls.caller == self.calls.callers.index(name)
        return np.flatnonzero(mine & (self.prepared.split.part == part))


def ranked(slow: Slow, name: str, train: list[dict[str, Any]]) -> list[int]:
    """Policies in the order of the rules, drawdowns measured for all of them."""
    plan = slow.plan
    who = slow.unit(name, TRAIN)
    fit = [i for i, m in enumerate(train) if m["n_trades"] >= max(plan.bounds.min_trades, 1)]
    keys = {}
    for i in fit:
        value = train[i][plan.objective]
        same = [j for j in fit if train[j][plan.objective] == value]
        fall = slow.metrics(who, TRAIN, plan.policies[i], True)["max_drawdown"] if len(same) > 1 else 0.0
        keys[i] = (-value, fall, train[i]["stop_outs"], plan.policies[i].n_parts, i)
    return sorted(fit, key=keys.__getitem__)


def compare(plan: CallerPlan, results: Any) -> int:
    """Assert equality row by row; returns how many trades were compared."""
    slow = Slow(prepare(plan))
    table = pq.read_table(results.table).to_pylist()
    by_key = {(row["unit"], row["part"], row["policy"]): row for row in table}
    assert len(by_key) == len(table) == len(results.units) * len(plan.policies) * 2
    trades = 0
    for unit in results.units:
        found: dict[int, list[dict[str, Any]]] = {}
        for part in (TRAIN, HELD_OUT):
            who = slow.unit(unit.name, part)
            found[part] = [slow.metrics(who, part, policy, False) for policy in plan.policies]
            for i, want in enumerate(found[part]):
                row = by_key[unit.name, PARTS[part], i]
                got = {name: row[name] for name in (*want, "captured_return", "final_capital", "p95_adverse")}
                assert got == {name: want.get(name) for name in got}, (unit.name, PARTS[part], i)
                trades += want["n_trades"]
        order = ranked(slow, unit.name, found[TRAIN])
        ranks = [by_key[unit.name, "train", i]["rank"] for i in order]
        assert ranks == list(range(1, len(order) + 1))
        assert unit.best == (order[0] if order else None)
        if order:
            full = slow.metrics(slow.unit(unit.name, TRAIN), TRAIN, plan.policies[order[0]], True)
            assert unit.train.metrics["max_drawdown"] == full["max_drawdown"]
            assert unit.held_out_value == found[HELD_OUT][order[0]].get(plan.objective)
    return trades


@pytest.mark.slow
@pytest.mark.parametrize(
    "other",
    [
        {"mode": "both"},
        {"mode": "both", "account": Account(basis="equity", sizing="fraction", max_allocation_pct=0.3),
         "costs": Costs(50, 100, "entry"), "objective": "final_capital"},
        {"mode": "per_caller", "intrabar": "target_first", "entry": "close", "objective": "median_return",
         "target_gap": "open"},
        {"mode": "both", "policies": (*POLICIES, *ENDLESS), "calls": CallSettings(horizon="3h")},
    ],
    ids=["default", "equity", "close", "without a time stop"],
)  # fmt: skip
def test_every_row_of_the_table_is_the_references(tmp_path: Path, other: dict[str, Any]) -> None:
    data = market(tmp_path)
    other = {**other, "report": Report(held_out="all")}
    plan = plan_on(data, tmp_path / "run", **other)
    results = finished(data, tmp_path / "run", **other)
    assert compare(plan, results) > 300
