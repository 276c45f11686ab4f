"""The trades of each unit's pick, or of its best policy where nothing survives: ``trades.parquet``, ``trades.csv``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from quantray.callers.codes import SKIPS, Reason
from quantray.callers.policies.account import Costs
from quantray.callers.policies.evaluate import PolicyTrades
from quantray.callers.report.tables import parts_of, texts, times
from quantray.callers.results import CallerResults

if TYPE_CHECKING:
    import pandas

#: Columns of PolicyTrades that the table is made of.
_READ = (
    "call", "entry_ns", "exit_ns", "entry_price", "gross", "net", "size", "pnl", "adverse", "skip", "reason",
    "ambiguous", "n_fills",
)  # fmt: skip
_REAL = ("entry_price", "gross", "net", "size", "pnl", "adverse")


def trades_frame(results: CallerResults) -> pandas.DataFrame:
    """One row a call that got an entry, by unit and part in the order in which they queued, executed or skipped.

    Times are UTC, in ns and in ISO. ``exit_price`` is the mean over the fills; ``gross`` is the return before costs,
    ``net`` the one after them; ``fees`` and ``slippage`` are money, the two shares of what lies between them.
    They are of the policy that the verdict judges, ``chosen`` says whether that is the pick or the peak (``best``).
    ``skipped`` is empty for what was executed, and what a skipped call would have earned is null. Without an account
    ``size``, ``fees``, ``slippage`` and ``pnl`` are null.
    """
    import pandas

    queues = [(unit.name, part, found.trades) for unit in results.units for part, found in parts_of(unit.shown)]
    named = {unit.name: unit.shown.name for unit in results.units if unit.shown is not None}
    t = {name: _joined([trades for *_, trades in queues], name) for name in _READ}
    long = [len(trades) for *_, trades in queues]
    spent = costs_of(t["gross"], t["net"], t["size"])
    fee = fee_share(results.plan.costs)
    calls, done, limited = results.coverage.plan.calls, t["skip"] == 0, results.plan.account.limited
    columns: dict[str, Any] = {
        "unit": texts(np.repeat([unit for unit, *_ in queues], long)),
        "part": texts(np.repeat([part for _, part, _ in queues], long)),
        "chosen": texts(np.repeat([named[unit] for unit, *_ in queues], long)),
        "caller": texts(_named(calls.callers, calls.caller[t["call"]])),
        "call_id": texts(_named(calls.call_id, t["call"])),
        "asset": texts(_named(calls.assets, calls.asset[t["call"]])),
        "entry_ns": t["entry_ns"],
        "entry": times(t["entry_ns"]),
        "exit_ns": pandas.array(t["exit_ns"], dtype="Int64"),
        "exit": times(t["exit_ns"]),
        "entry_price": t["entry_price"],
        "exit_price": t["entry_price"] * t["gross"],
        "size": t["size"] if limited else np.full(len(done), np.nan),
        "gross": t["gross"] - 1.0,
        "net": t["net"],
        "fees": fee * spent if limited else np.full(len(done), np.nan),
        "slippage": (1.0 - fee) * spent if limited else np.full(len(done), np.nan),
        "pnl": t["pnl"] if limited else np.full(len(done), np.nan),
        "adverse": t["adverse"],
        "fills": pandas.array(t["n_fills"], dtype="Int64"),
        "reason": texts(_named([reason.name.lower() for reason in Reason], t["reason"])),
        "skipped": texts(_named(SKIPS, t["skip"])),
        "ambiguous": pandas.array(t["ambiguous"], dtype="boolean"),
    }
    frame = pandas.DataFrame(columns)
    hidden = ["exit_ns", "exit", "exit_price", "size", "gross", "net", "fees", "slippage", "pnl", "adverse", "fills",
              "reason", "ambiguous"]  # fmt: skip
    for name in hidden:
        frame[name] = frame[name].where(pandas.Series(done))
    return frame


def costs_of(gross: np.ndarray, net: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Money that fees and slippage took of each trade [n]: what lies between its return before costs and after them."""
    spent: np.ndarray = size * (gross - 1.0 - net)
    return spent


def fee_share(costs: Costs) -> float:
    """The part of the costs that is fees; the rest is slippage."""
    whole = costs.taker_bps + costs.slippage_bps
    return costs.taker_bps / whole if whole else 0.0


def _joined(queues: list[PolicyTrades], name: str) -> np.ndarray:
    kind: Any = np.float64 if name in _REAL else bool if name == "ambiguous" else np.int64
    return np.concatenate([np.zeros(0, kind), *(np.asarray(getattr(t, name), kind) for t in queues)])


def _named(names: object, at: np.ndarray) -> np.ndarray:
    named: np.ndarray = np.array(names, object)[at]
    return named
