"""What pick and peak did, trade by trade, as plainly as it can be written: the slow twins of the report's figures."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import numpy as np

from quantray.sweeps.plan import Plan
from quantray.sweeps.scores import Sample
from quantray.sweeps.trades import ExitReason, Trades


def trade_rows(plan: Plan, made: Sample) -> list[dict[str, Any]]:
    """Each trade of a strategy with signals, from the session that it was made in."""
    t, rows = made.trades, []
    for i in range(len(t)):
        session = made.slice.sessions[int(t.session[i])]
        c = int(t.contract[i])
        row: dict[str, Any] = {"session": session.date, "side": "call" if session.right[c] == 1 else "put"}
        row |= {"contract": session.symbol[c].strip(), "strike": float(session.strike[c])}
        row["expiry"] = (date(1970, 1, 1) + timedelta(days=int(session.expiry[c]))).isoformat()
        for name in ("signal", "entry", "exit"):
            bar = int(getattr(t, f"{name}_bar")[i])
            seconds = (session.open_s + bar * session.interval_s) % 86_400
            row[f"{name}_time"] = f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
            row[f"{name}_ns"] = session.open_ns + bar * session.interval_s * 10**9
        row["held_s"] = int(t.exit_bar[i] - t.entry_bar[i]) * session.interval_s
        size = float(session.multiplier[c]) * plan.capital.contracts
        slippage = plan.fees.slippage(session.has_quotes)
        row |= {name: float(getattr(t, name)[i]) for name in ("entry_price", "exit_price", "fees", "net", "risk")}
        row["paid"] = (row["entry_price"] + slippage) * size
        row["percent_of_paid"] = 100 * row["net"] / row["paid"] if row["paid"] > 0 else math.nan
        row["percent_of_risk"] = 100 * row["net"] / row["risk"] if row["risk"] > 0 else math.nan
        row["reason"] = ExitReason(int(t.reason[i])).name.lower()
        row |= {name: bool(getattr(t, name)[i]) for name in ("entry_carried", "exit_carried")}
        rows.append(row)
    return rows


def drawdown(t: Trades) -> float:
    """Largest fall of the realised net from its highest point so far, which is at first 0."""
    order = sorted(range(len(t)), key=lambda i: (t.session[i], t.exit_bar[i], i))
    total = peak = worst = 0.0
    for i in order:
        total += float(t.net[i])
        peak = max(peak, total)
        worst = max(worst, peak - total)
    return worst


def by_name(names: list[str], nets: np.ndarray) -> dict[str, tuple[int, float]]:
    """Count and sum of the nets under each name."""
    return {
        name: (names.count(name), math.fsum(float(x) for n, x in zip(names, nets, strict=True) if n == name))
        for name in set(names)
    }
