"""``report.html`` of the alert baseline: one self-contained page, what was offered first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quantray.arrays import IntArray1D
from quantray.callers.baseline.columns import MULTIPLES
from quantray.callers.baseline.results import BaselineResults
from quantray.callers.baseline.trace import candles_of, milestones_of
from quantray.callers.report import facts
from quantray.callers.report.baseline import words
from quantray.callers.report.baseline.charts import call_chart, distribution
from quantray.callers.report.baseline.summary import statuses
from quantray.durations import written
from quantray.plain import amount
from quantray.report.page import render
from quantray.report.words import DASH, duration, label, number, percent

#: Callers with a section of their own: the first ``report.top`` of the leaderboard and so many of its last.
LAST = 3
#: Calls of a caller that are listed, the highest first.
LISTED = 50


def page(results: BaselineResults) -> str:
    """The page as text: every caller in the leaderboard, the first and the last of them with their calls."""
    return render("quantray.callers.report.baseline", context(results), label)


def context(r: BaselineResults) -> dict[str, Any]:
    """What the template reads; every value is plain text or ready SVG."""
    shown = in_detail(r)
    anchors = {row["caller"]: f"caller-{i}" for i, row in enumerate(shown)}
    rows = list(r.leaderboard)
    places = [words.ranks(rows, column) for column in words.BOARD]
    return {
        "study": r.study,
        "subtitle": subtitle(r),
        "warnings": list(r.notes),
        "tiles": tiles(r),
        "distributions": distributions(r),
        "levels": levels(r),
        "ended": ended(r),
        "board": [(column.title, "high" if column.high_first else "low") for column in words.BOARD],
        "chosen": next((k for k, c in enumerate(words.BOARD) if c.name == r.plan.baseline.order_by), None),
        "rows": [
            {
                "caller": row["caller"],
                "place": DASH if row["place"] is None else str(row["place"]),
                "few": row["place"] is None,
                "cells": [words.cell(row, column) for column in words.BOARD],
                "ranks": [place[i] for place in places],
            }
            for i, row in enumerate(rows)
        ],
        "anchors": anchors,
        "min_calls": r.plan.baseline.min_calls,
        "order_by": label(r.plan.baseline.order_by),
        "details": details(r, [row["caller"] for row in shown], anchors),
        "everyone_shown": len(shown) == len(rows),
        "asked": asked(r),
        "funnel": facts.funnel(r),
        "coverage": facts.coverage_rows(r),
        "listed": facts.listed(r),
        "quality": facts.quality(r),
        "quality_counts": facts.quality_counts(r),
        "sources": facts.sources(r),
        "digests": dict(r.digests),
        "versions": dict(r.versions),
        "seconds": duration(r.seconds),
        "reused": r.reused,
    }


def in_detail(r: BaselineResults) -> list[dict[str, Any]]:
    """Rows of the leaderboard whose callers have a section: those with a measured call, the first and the last."""
    found = [row for row in r.leaderboard if row["n_ok"]]
    n = r.plan.report.top
    return found if len(found) <= n + LAST else [*found[:n], *found[-LAST:]]


def subtitle(r: BaselineResults) -> str:
    """One line: calls, callers, assets, period, horizon."""
    calls, follow = r.coverage.plan.calls, written(r.plan.horizon_s)
    first, last = (str(np.datetime64(int(ts), "ns").astype("datetime64[D]")) for ts in (calls.ts[0], calls.ts[-1]))
    counted = " ".join((amount(len(calls), "call"), "of", amount(len(calls.callers), "caller"), "on"))
    counted += f" {amount(len(calls.assets), 'asset')}"
    return f"{counted} · {first} to {last} · each followed for {follow}"


def tiles(r: BaselineResults) -> list[tuple[str, str, str]]:
    """The figures on top: title, figure, small print with n."""
    every, status, simple = r.everybody, statuses(r), r.plan.baseline
    left = [f"{number(n)} {name.replace('_', ' ')}" for name, n in status.items() if name != "ok" and n]
    n = f"of {amount(int(every['n_ok']), 'call')}"
    end = words.share(every["mean_end_return_dead_at_zero"])
    return [
        ("calls measured", number(status["ok"]), ", ".join([f"of {number(len(r.alerts))}", *left])),
        ("highest price, median", words.multiple(every["median_ath_multiple"]),
         f"after {words.seconds(every['median_time_to_ath_s'])}, {n}"),
        ("reach 2x", words.share(every["hit_rate_2x"]),
         f"{number(every['n_2x'])} {n}, after {words.seconds(every['median_time_to_2x_s'])}"),
        ("deepest below the entry", words.share(every["median_drawdown"]), f"median {n}"),
        ("at the end, median", words.share(every["median_end_return"]),
         f"mean {words.share(every['mean_end_return'])}, dead at zero {end}"),
        (f"sold at {simple.tp:g}x or {simple.sl:g}x", words.share(every["expectancy"]),
         f"mean net of costs, {words.share(every['win_rate'])} won, {n}"),
        ("the same one candle late", words.share(every["late_expectancy"]), f"mean net, of {number(every['n_late'])}"),
        ("never printed again", number(every["n_dead"]), f"{n}, silent at the end"),
    ]  # fmt: skip


def distributions(r: BaselineResults) -> list[tuple[str, str]]:
    """Title and picture of the spread of what matters."""
    alerts = r.alerts
    wanted = (
        ("Highest price above the entry, %", 100 * (alerts.real("ath_multiple") - 1)),
        ("Hours to the highest price", alerts.real("time_to_ath_s") / 3600),
        ("Deepest below the entry, %", 100 * alerts.real("drawdown")),
        ("Return at the end, %", 100 * alerts.real("end_return")),
        (f"Sold at {r.plan.baseline.tp:g}x or {r.plan.baseline.sl:g}x, net, %", 100 * alerts.real("tp_sl_net")),
        ("Share of the time below the entry, %", 100 * alerts.real("under_water_share")),
    )
    pictures = [(title, distribution(values, title)) for title, values in wanted]
    return [(title, picture) for title, picture in pictures if picture is not None]


def levels(r: BaselineResults) -> list[list[str]]:
    """A row a level: calls that touched it, their share, when, and how it had gone down before and went down after."""
    every, rows = r.everybody, []
    for name, level in MULTIPLES.items():
        fall = [
            _median(r, f"drawdown_{side}_{name}") if f"drawdown_{side}_{name}" in _measured(r) else DASH
            for side in ("before", "after")
        ]
        rows.append([f"{level:g}x", number(every[f"n_{name}"]), words.share(every[f"hit_rate_{name}"]),
                     words.seconds(every[f"median_time_to_{name}_s"]), *fall])  # fmt: skip
    return rows


def _measured(r: BaselineResults) -> tuple[str, ...]:
    return r.alerts.records.dtype.names or ()


def _median(r: BaselineResults, name: str) -> str:
    values = r.alerts.real(name)
    there = ~np.isnan(values)
    return f"{percent(float(np.median(values[there])))} ({number(int(there.sum()))})" if there.any() else DASH


def ended(r: BaselineResults) -> list[tuple[str, str]]:
    """How the simple trades ended, and what the path was like, each with its number of calls."""
    every = r.everybody
    return [
        (f"sold at {r.plan.baseline.tp:g}x", number(every["n_target"])),
        (f"stopped at {r.plan.baseline.sl:g}x", number(every["n_stop"])),
        ("held to the end", number(every["n_horizon"])),
        ("both in one candle, taken as stopped", number(every["n_ambiguous"])),
        ("profit factor", number(every["profit_factor"])),
        ("mean net with nothing for what is dead", words.share(every["expectancy_dead_at_zero"])),
        ("share of the time below the entry, median", words.share(every["median_under_water_share"])),
        ("headfakes: below the entry between 1.2x and 1.5x",
         f"{number(every['n_headfake'])} of {number(every['n_1_2x'])}"),
        ("time kept at 1.1x after 1.2x, median", _median(r, "retention_after_1_2x")),
        ("gain given back after 1.5x, median", _median(r, "giveback_after_1_5x")),
        ("gain given back after 2x, median", _median(r, "giveback_after_2x")),
        ("fall behind the highest price, median", _median(r, "drawdown_after_ath")),
    ]  # fmt: skip


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
            "calls": [_call_cells(row) for row in r.alerts.rows(calls[:LISTED])],
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
    rows, simple = r.alerts.rows(np.array(calls, np.int64)), r.plan.baseline
    found: dict[int, dict[str, Any]] = {}
    for call, row, candles in zip(calls, rows, candles_of(r.slice, rows, r.plan.horizon_s), strict=True):
        marks = milestones_of(row, r.plan.horizon_s, simple.tp, simple.sl)
        chart = None if candles is None else call_chart(candles, marks, f"{row['asset']}, called {row['ts']}")
        if chart is not None:
            found[call] = {"chart": chart, "asset": row["asset"], "ts": row["ts"], "call_id": row["call_id"]}
    return found


def _call_cells(row: dict[str, Any]) -> list[str]:
    """A call in the table of its caller."""
    if row["status"] != "ok":
        return [row["ts"], row["asset"], words.STATUS_WORDS[row["status"]], *[DASH] * 6]
    sold = f"{row['tp_sl_reason']} {words.share(row['tp_sl_net'])}"
    return [
        row["ts"], row["asset"], words.multiple(row["ath_multiple"]), words.seconds(row["time_to_ath_s"]),
        words.seconds(row["time_to_2x_s"]), words.share(row["drawdown"]),
        words.share(row["end_return"]) + (" dead" if row["dead"] else ""), sold,
        words.share(row["under_water_share"]) + (" rescaled" if row["rescaled"] else ""),
    ]  # fmt: skip


CALL_HEAD = ("call at", "asset", "highest", "after", "2x after", "drawdown", "end", "sold, net", "below entry")


def asked(r: BaselineResults) -> list[tuple[str, str]]:
    """The request in force."""
    plan, c = r.plan, r.plan.costs
    return [
        ("followed for", written(plan.horizon_s)),
        ("entry", "at the open of the first candle after the call"),
        ("simple trade", f"sold at {plan.baseline.tp:g}x, stopped at {plan.baseline.sl:g}x, else at the last close"),
        ("inside a candle", "the stop comes before the target, a touch's low before its high"),
        ("fees and slippage a side", f"{c.taker_bps:g} + {c.slippage_bps:g} bp, of the simple trade alone"),
        ("calls for a place", f"{plan.baseline.min_calls:,} measured"),
        ("places by", label(plan.baseline.order_by)),
    ]
