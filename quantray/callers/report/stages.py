"""Stages of a plan of callers on a terminal: which calls, their candles, and what is wrong with either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from quantray.callers.data import CallPlan, CandleSlice, Coverage, Exclusion, describe, listed_calls
from quantray.callers.data.hygiene import GATES
from quantray.plain import one_line
from quantray.report import words
from quantray.settings import Gates

if TYPE_CHECKING:
    from rich.console import RenderableType

    from quantray.callers.plan import CallerPlan

MOST = 20  # rows of a list; the files hold all of them


def render_plan(plan: CallerPlan, windows: CallPlan) -> RenderableType:
    """Calls by filter and by caller, and the windows that the policies ask for."""
    calls = windows.calls
    facts, about = describe(calls), describe(windows)
    grid = str(plan.grid.get("grid", "v1"))
    return _page(
        calls.source,
        ("calls", _pairs({**_counts(calls.counts), "callers": f"{len(calls.callers):,}"})),
        ("callers", _callers(windows)),
        *_names(facts),
        (
            "windows",
            _pairs(
                {
                    "policies": f"{len(plan.policies):,} ({grid})",
                    "candles of": about["interval"],
                    "indicators need before the call": about["warmup"],
                    "entry": f"{about['delay']} after the call, {about['max_entry_lag']} later at most",
                    "wait for a dip": about["max_dip_wait"],
                    "horizon (calls.horizon)": about["max_hold"],
                    "assets": f"{about['assets']:,}",
                    "candles at most": f"{about['candles_at_most']:,}",
                    "from": about["first"] or "",
                    "to": about["last"] or "",
                }
            ),
        ),
    )


def render_coverage(coverage: Coverage) -> RenderableType:
    """Calls by reason and by caller, and those left out or thin."""
    facts = describe(coverage)
    listed = listed_calls(coverage)
    shown = [[str(row[name]) for name in ("call_id", "caller", "asset", "ts", "reason")] for row in listed[:MOST]]
    shown = [[*row, words.percent(float(item["share"]), 1)] for row, item in zip(shown, listed, strict=False)]
    more = [] if len(listed) <= MOST else [("", _pairs({f"and {len(listed) - MOST:,} more": "--listed FILE"}))]
    return _page(
        coverage.plan.calls.source,
        (f"calls, coverage={facts['mode']}", _pairs(_counts({"calls": len(coverage), **facts["counts"]}))),
        *([("", _pairs({facts["note"]: ""}))] if facts["note"] else []),
        (
            "of the eligible",
            _pairs(
                {
                    "thin": f"{facts['thin']:,}",
                    "silent to the end": f"{facts['silent_to_the_end']:,}",
                    "in a gap of the vendor": f"{facts['vendor_gap']:,}",
                    "short warm-up": f"{facts['short_warmup']:,}",
                }
            ),
        ),
        (
            "candles in the windows",
            _pairs(
                {
                    "present, median": _share(facts["share_median"]),
                    "present, lowest": _share(facts["share_lowest"]),
                    "longest gap": words.duration(float(facts["longest_gap_s"])),
                }
            ),
        ),
        ("callers", _covered_callers(coverage)),
        *_names(describe(coverage.plan.calls)),
        *(
            [("left out or thin", _table(("call", "caller", "asset", "time", "reason", "candles"), shown))]
            if shown
            else []
        ),
        *more,
    )


def render_slice(made: CandleSlice, gates: Gates) -> RenderableType:
    """The folder, its buckets, and the quality of its candles beside the gates."""
    facts = describe(made)
    rows = [[b.file, f"{len(b.assets):,}", f"{b.rows:,}"] for b in made.buckets[:MOST]]
    if len(made.buckets) > MOST:
        rows.append([f"and {len(made.buckets) - MOST:,} more", "", ""])
    return _page(
        str(made.folder),
        (
            "slice",
            _pairs(
                {
                    "candles of": facts["interval"],
                    "from": made.source,
                    "candles": f"{facts['candles']:,}",
                    "assets": f"{facts['assets']:,}",
                    "stretches": f"{facts['stretches']:,}",
                }
            ),
        ),
        ("buckets", _table(("file", "assets", "candles"), rows, right=2)),
        ("quality", _table(("", "", "share", "at most"), _quality(made.quality, gates), right=3)),
    )


def _quality(quality: Mapping[str, float], gates: Gates) -> list[list[str]]:
    """Counts with their share, and the share that a gate allows."""
    limits = {share.removesuffix("_share"): getattr(gates, gate) for gate, (share, _) in GATES.items()}
    rows = []
    for name in dict.fromkeys(key.removesuffix("_share") for key in quality):
        value, share, limit = quality.get(name), quality.get(f"{name}_share"), limits.get(name)
        rows.append([
            words.label(name),
            "" if value is None else words.number(value, 2) if isinstance(value, float) else f"{value:,}",
            "" if share is None else words.percent(share, 2),
            "" if limit is None else words.percent(limit, 0),
        ])  # fmt: skip
    return rows


def _callers(windows: CallPlan) -> RenderableType:
    calls = windows.calls
    rows = []
    for i in np.argsort(-calls.per_caller, kind="stable").tolist():
        mine = calls.of(calls.callers[i])
        first, last = (str(np.datetime64(int(calls.ts[k]), "ns").astype("datetime64[D]")) for k in (mine[0], mine[-1]))
        rows.append([calls.callers[i], f"{len(mine):,}", f"{len(np.unique(calls.asset[mine])):,}", first, last])
    return _table(("caller", "calls", "assets", "first", "last"), rows, right=2)


def _covered_callers(coverage: Coverage) -> RenderableType:
    """One row a caller: how many calls are eligible, and how many each reason leaves out."""
    calls = coverage.plan.calls
    reasons = [r for r in Exclusion if r is not Exclusion.NONE and (coverage.reason == r).any()]
    rows = []
    for i in np.argsort(-calls.per_caller, kind="stable").tolist():
        mine = coverage.reason[calls.caller == i]
        counts = [len(mine), int((mine == Exclusion.NONE).sum()), *(int((mine == r).sum()) for r in reasons)]
        rows.append([calls.callers[i], *(f"{n:,}" for n in counts)])
    titles = ("caller", "calls", "eligible", *(words.label(r.name.lower()) for r in reasons))
    return _table(titles, rows, right=2 + len(reasons))


def _names(facts: Mapping[str, Any]) -> list[tuple[str, RenderableType]]:
    """Callers who may be one, and members of groups without a call."""
    near = {f"{a} | {b}": "" for a, b in facts["near_names"]}
    absent = dict.fromkeys(facts["absent_callers"], "")
    found = [("spelt alike: one caller? (calls.aliases)", near), ("in a group, without a call", absent)]
    return [(title, _pairs(rows)) for title, rows in found if rows]


def _counts(counts: Mapping[str, int]) -> dict[str, str]:
    return {words.label(name): f"{n:,}" for name, n in counts.items()}


def _share(value: float | None) -> str:
    return words.DASH if value is None else words.percent(value, 1)


def _pairs(rows: Mapping[str, str]) -> RenderableType:
    return _table(("", ""), [[name, value] for name, value in rows.items()], right=1)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], right: int = 0) -> RenderableType:
    """Columns under their titles, ``right`` of them after the first aligned to the right."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=any(titles), header_style="dim")
    for i, title in enumerate(titles):
        table.add_column(title, justify="right" if 0 < i <= right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    return table


def _page(head: str, *sections: tuple[str, RenderableType]) -> RenderableType:
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    parts: list[RenderableType] = [Text(head, style="bold")]
    for title, content in sections:
        parts += [*([Text(f"\n{title}", style="bold")] if title else []), Padding(content, (0, 0, 0, 2), expand=False)]
    return Group(*parts)
