"""``report.html`` of the alert baseline: one self-contained page, what was offered first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from quantray.callers.baseline.results import BaselineResults
from quantray.callers.report import facts
from quantray.callers.report.baseline import figures, words
from quantray.callers.report.baseline.sections import details
from quantray.callers.report.command import command
from quantray.durations import written
from quantray.plain import amount
from quantray.report.page import render
from quantray.report.words import DASH, duration, label

#: Callers with a section of their own: the first ``report.top`` of the leaderboard and so many of its last.
LAST = 3


def page(results: BaselineResults) -> str:
    """The page as text: every caller in the leaderboard, the first and the last of them with their calls."""
    return render("quantray.callers.report.baseline", context(results), label)


def context(r: BaselineResults) -> dict[str, Any]:
    """What the template reads; every value is plain text or ready SVG."""
    shown = in_detail(r)
    anchors = {row["caller"]: f"caller-{i}" for i, row in enumerate(shown)}
    rows = list(r.leaderboard)
    return {
        "study": r.study,
        "subtitle": subtitle(r),
        "warnings": list(r.notes),
        "tiles": figures.tiles(r),
        "distributions": figures.distributions(r),
        "levels": figures.levels(r),
        "ended": figures.ended(r),
        "board": [column.title for column in words.BOARD],
        "rows": [
            {
                "caller": row["caller"],
                "place": DASH if row["place"] is None else str(row["place"]),
                "few": row["place"] is None,
                "cells": [(words.cell(row, column), _sorted_by(row, column)) for column in words.BOARD],
            }
            for row in rows
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
        "listed_total": facts.listed_total(r),
        "quality": facts.quality(r),
        "quality_counts": facts.quality_counts(r),
        "sources": facts.sources(r),
        "command": command(r.plan),
        "digests": dict(r.digests),
        "versions": dict(r.versions),
        "seconds": duration(r.seconds),
        "reused": r.reused,
    }


def _sorted_by(row: Mapping[str, Any], column: words.Shown) -> str:
    """What a cell is sorted by, in a page; a dash where nothing exists."""
    value = words.figure(column.told, row[column.name])
    return DASH if value is None else f"{value:.10g}"


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
