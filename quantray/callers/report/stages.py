"""Stages of a plan of callers on a terminal: which calls, their candles, and what is wrong with either."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from quantray.callers.data import CallPlan, Calls, CandleSlice, Coverage, Exclusion, describe, listed_calls, no_calls
from quantray.callers.data.hygiene import GATES
from quantray.callers.data.settings import Gates
from quantray.durations import iso
from quantray.plain import one_line
from quantray.report import words

if TYPE_CHECKING:
    from rich.console import RenderableType

    from quantray.callers.plan import CallerPlan

Section = tuple[str, "RenderableType"]  # its title and what it holds
Facts = Mapping[str, Any]

LETTERS = 80  # of a message
MOST = 20  # rows of a list; the files hold all of them
#: What is said of the windows that a plan asks for, and how it is written.
_WINDOWS: Mapping[str, Callable[[Facts], str]] = {
    "candles of": lambda f: str(f["interval"]),
    "indicators need before the call": lambda f: str(f["warmup"]),
    "entry": lambda f: f"{f['delay']} after the call, {f['max_entry_lag']} later at most",
    "wait for a dip": lambda f: str(f["max_dip_wait"]),
    "horizon (calls.horizon)": lambda f: str(f["max_hold"]),
    "assets": lambda f: f"{f['assets']:,}",
    "candles at most": lambda f: f"{f['candles_at_most']:,}",
    "from": lambda f: f["first"] or "",
    "to": lambda f: f["last"] or "",
}
#: How much of the windows has candles.
_PRESENT: Mapping[str, Callable[[Facts], str]] = {
    "present, median": lambda f: _share(f["share_median"]),
    "present, lowest": lambda f: _share(f["share_lowest"]),
    "longest gap": lambda f: words.duration(float(f["longest_gap_s"])),
}
#: Counts of eligible calls with something worth knowing.
_ELIGIBLE = {
    "thin": "thin", "silent to the end": "silent_to_the_end", "in a gap of the vendor": "vendor_gap",
    "short warm-up": "short_warmup",
}  # fmt: skip


def render_messages(calls: Calls) -> RenderableType:
    """How calls were read from chats: what is told of them, the first calls, and the first messages that are none."""
    rows = [
        [calls.callers[calls.caller[k]], calls.assets[calls.asset[k]], iso(int(calls.ts[k])),
         "edited" if calls.changed[k] else ""]
        for k in range(min(MOST, len(calls)))
    ]  # fmt: skip
    none = [
        [str(row["why"]), str(row["author"]), str(row["ts"]), one_line(str(row["text"]))[:LETTERS]]
        for row in islice(no_calls(calls), MOST)
    ]
    return _page(calls.source, [
        ("", _table(("",), [[sentence] for sentence in calls.told])),
        (f"calls, the first {len(rows):,} of {len(calls):,}", _table(("caller", "asset", "time", ""), rows)),
        ("no calls, the first", _table(("why", "author", "time", "text"), none)),
        ("filters", _pairs(_counts(calls.counts))),
    ])  # fmt: skip


def render_plan(plan: CallerPlan, windows: CallPlan) -> RenderableType:
    """Calls by filter and by caller, and the windows that the policies ask for."""
    calls = windows.calls
    about = describe(windows)
    grid = {"policies": f"{len(plan.policies):,} ({plan.grid.get('grid', 'v1')})"}
    return _page(calls.source, [
        ("calls", _pairs({**_counts(calls.counts), "callers": f"{len(calls.callers):,}"})),
        ("callers", _callers(windows)),
        *_names(describe(calls)),
        ("windows", _pairs(grid | {title: written(about) for title, written in _WINDOWS.items()})),
    ])  # fmt: skip


def render_coverage(coverage: Coverage) -> RenderableType:
    """Calls by reason and by caller, and those left out or thin."""
    calls, facts = coverage.plan.calls, describe(coverage)
    return _page(calls.source, [
        (f"calls, coverage={facts['mode']}", _pairs(_counts({"calls": len(coverage), **facts["counts"]}))),
        *([("", _pairs({facts["note"]: ""}))] if facts["note"] else []),
        ("of the eligible", _pairs({title: f"{facts[name]:,}" for title, name in _ELIGIBLE.items()})),
        ("candles in the windows", _pairs({title: written(facts) for title, written in _PRESENT.items()})),
        ("callers", _covered_callers(coverage)),
        *_names(describe(calls)),
        *_left_out(coverage),
    ])  # fmt: skip


def render_slice(made: CandleSlice, gates: Gates) -> RenderableType:
    """The folder, its buckets, and the quality of its candles beside the gates."""
    facts = describe(made)
    about = {"candles of": facts["interval"], "from": made.source}
    rows = [[b.file, f"{len(b.assets):,}", f"{b.rows:,}"] for b in made.buckets[:MOST]]
    if len(made.buckets) > MOST:
        rows.append([f"and {len(made.buckets) - MOST:,} more", "", ""])
    return _page(str(made.folder), [
        ("slice", _pairs(about | {name: f"{facts[name]:,}" for name in ("candles", "assets", "stretches")})),
        ("buckets", _table(("file", "assets", "candles"), rows, right=2)),
        ("quality", _table(("", "", "share", "at most"), _quality(made.quality, gates), right=3)),
    ])  # fmt: skip


def _left_out(coverage: Coverage) -> list[Section]:
    """The calls that are left out or thin, the first of them."""
    listed = listed_calls(coverage)
    if not listed:
        return []
    names = ("call_id", "caller", "asset", "ts", "reason")
    rows = [[*(str(row[name]) for name in names), words.percent(float(row["share"]), 1)] for row in listed[:MOST]]
    more = len(listed) - MOST
    return [
        ("left out or thin", _table(("call", "caller", "asset", "time", "reason", "candles"), rows)),
        *([("", _pairs({f"and {more:,} more": "--listed FILE"}))] if more > 0 else []),
    ]


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


def _names(facts: Facts) -> list[Section]:
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


def _page(head: str, sections: Sequence[Section]) -> RenderableType:
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    parts: list[RenderableType] = [Text(head, style="bold")]
    for title, content in sections:
        parts += [*([Text(f"\n{title}", style="bold")] if title else []), Padding(content, (0, 0, 0, 2), expand=False)]
    return Group(*parts)
