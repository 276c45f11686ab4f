"""The callers of the baseline's page one by one: their calls, and three of them as charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quantray.arrays import IntArray1D
from quantray.callers.baseline.results import BaselineResults
from quantray.callers.baseline.trace import candles_of, milestones_of
from quantray.callers.report.baseline import words
from quantray.callers.report.baseline.charts import call_chart
from quantray.plain import amount
from quantray.report.sheet import Sheet
from quantray.report.words import DASH, number

#: Calls of a caller that a page has, the highest first.
LISTED = 500
HEAD = ("call at", "asset", "highest", "after", "2x after", "drawdown", "end", "sold at", "net", "below entry")


def details(r: BaselineResults, callers: Sequence[str], anchors: dict[str, str]) -> list[dict[str, Any]]:
    """A section a caller: its calls, the highest first, and three of them as charts."""
    by_name = {row["caller"]: row for row in r.leaderboard}
    drawn = {caller: _three(r, caller) for caller in callers}
    charts = _charts(r, sorted({call for calls in drawn.values() for call, _ in calls}))
    found = []
    for caller in callers:
        row, calls = by_name[caller], _highest_first(r, caller)
        found.append({
            "caller": caller,
            "anchor": anchors[caller],
            "told": f"{number(row['n_ok'])} of {amount(row['n_calls'], 'call')} measured, median highest price "
                    f"{words.multiple(row['median_ath_multiple'])} after {words.seconds(row['median_time_to_ath_s'])}",
            "calls": _calls(r.alerts.rows(calls[:LISTED])),
            "more": max(len(calls) - LISTED, 0),
            "charts": [{"which": which, **charts[call]} for call, which in drawn[caller] if call in charts],
        })  # fmt: skip
    return found


def _highest_first(r: BaselineResults, caller: str) -> IntArray1D:
    calls = r.alerts.of(caller)
    ath = r.alerts.real("ath_multiple")[calls]
    return calls[np.argsort(np.where(np.isnan(ath), np.inf, -ath), kind="stable")]


def _three(r: BaselineResults, caller: str) -> list[tuple[int, str]]:
    """The caller's highest, middle and lowest measured call."""
    calls = [call for call in _highest_first(r, caller).tolist() if r.alerts.done[call]]
    chosen = {calls[0]: "highest", calls[len(calls) // 2]: "middle", calls[-1]: "lowest"}
    return [(call, "only" if len(calls) == 1 else which) for call, which in chosen.items()]


def _charts(r: BaselineResults, calls: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Call -> its chart and what it is called, read asset by asset."""
    calls = sorted(calls, key=lambda call: (int(r.coverage.plan.calls.asset[call]), call))
    rows = r.alerts.rows(np.array(calls, np.int64))
    found: dict[int, dict[str, Any]] = {}
    for call, row, candles in zip(calls, rows, candles_of(r.slice, rows, r.plan.horizon_s), strict=True):
        marks = milestones_of(row, r.plan.horizon_s)
        chart = None if candles is None else call_chart(candles, marks, f"{row['asset']}, called {row['ts']}")
        if chart is not None:
            found[call] = {"chart": chart, "asset": row["asset"], "ts": row["ts"], "call_id": row["call_id"]}
    return found


def _calls(rows: Sequence[dict[str, Any]]) -> Sheet:
    """The calls of a caller, the highest first; what was left out says why."""
    told = {"ath_multiple": words.multiple, "time_to_ath_s": words.seconds, "time_to_2x_s": words.seconds,
            "drawdown": words.share, "end_return": words.share, "": words.count, "tp_sl_net": words.share,
            "under_water_share": words.share}  # fmt: skip
    values = {
        k: [words.figure(word, row[name]) for row in rows] for k, (name, word) in enumerate(told.items(), 2) if name
    }
    return Sheet("Calls", HEAD, [_call_cells(row) for row in rows], values=values, signed=(6, 8), first=10)


def _call_cells(row: dict[str, Any]) -> list[str]:
    """A call in the table of its caller."""
    if row["status"] != "ok":
        return [row["ts"], row["asset"], words.STATUS_WORDS[row["status"]], *[DASH] * (len(HEAD) - 3)]
    return [
        row["ts"], row["asset"], words.multiple(row["ath_multiple"]), words.seconds(row["time_to_ath_s"]),
        words.seconds(row["time_to_2x_s"]), words.share(row["drawdown"]),
        words.share(row["end_return"]) + (" dead" if row["dead"] else ""), row["tp_sl_reason"],
        words.share(row["tp_sl_net"]), words.share(row["under_water_share"]) + (" rescaled" if row["rescaled"] else ""),
    ]  # fmt: skip
