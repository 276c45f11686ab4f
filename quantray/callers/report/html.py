"""``report.html`` of the per-caller optimiser: one self-contained page, what counts first."""

from __future__ import annotations

from typing import Any

from quantray.callers.baseline.results import BaselineResults
from quantray.callers.report import beside, facts, sections, sheets, survival
from quantray.callers.report.command import command
from quantray.callers.report.detail import Room, columns, detail, looked, state_words
from quantray.callers.report.grid import grid_values
from quantray.callers.report.plane import MOST_CELLS, Axes
from quantray.callers.report.words import SHARES, label
from quantray.callers.results import GROUP, CallerResults, UnitResult
from quantray.report.page import render
from quantray.report.verdict import TONES
from quantray.report.words import duration


def report_html(results: CallerResults, offered: BaselineResults | None = None, link: str | None = None) -> str:
    """The page as text: every caller in the table, the first and the last of them in detail.

    ``offered`` is what the calls did without a policy, ``link`` where the page about that lies.
    """
    return render("quantray.callers.report", context(results, offered, link), label)


def context(results: CallerResults, offered: BaselineResults | None = None, link: str | None = None) -> dict[str, Any]:
    """What the template reads; every value is plain text or ready SVG."""
    r = results
    tone, word, headline = sections.verdict(r)
    group, people = sections.group(r), sections.callers(r)
    shown = [*sections.in_detail(r), *([group] if group is not None and group.shown is not None else [])]
    values = grid_values(r, [u.name for u in shown])
    room = Room(Axes.of(r.plan.policies), MOST_CELLS // max(len(shown), 1), sheets.rooms(r, shown))
    details = [detail(r, u, values[u.name], _anchor(r, u), room) for u in shown]
    anchors = {d["unit"].name: d["anchor"] for d in details}
    return {
        "study": r.study,
        "subtitle": sections.subtitle(r),
        "objective": r.plan.objective,
        "objective_unit": ", %" if r.plan.objective in SHARES else "",
        "tone": tone,
        "word": word,
        "headline": headline,
        **_across(r),
        "warnings": [(w, w.startswith(sections.LOUD)) for w in sections.warnings(r)],
        "ranked": bool(r.ranked),
        "tiles": sections.tiles(r),
        "held_out": r.split_ns is not None,
        "columns": columns(r),
        "head": sections.table_head(r),
        "rows": [sections.table_row(r, u) for u in ([group] if group is not None else []) + people],
        "group_name": GROUP,
        "tones": TONES,
        "anchors": anchors,
        "details": [d for d in details if d["unit"].name != GROUP],
        "group": next((d for d in details if d["unit"].name == GROUP), None),
        "group_state": state_words(group) if group is not None and group.shown is None else None,
        "members": sections.members(r) if group is not None else "",
        "offered": None if offered is None else beside.sheet(r, offered),
        "offered_link": link,
        **_facts(r),
        "seeds": {"run": r.plan.seed},
        "command": command(r.plan),
        "digests": dict(r.digests),
        "versions": dict(r.versions),
        "seconds": duration(r.seconds),
        "reused": r.reused,
    }


def _facts(r: CallerResults) -> dict[str, Any]:
    """What was asked, and the calls and candles that it rests on."""
    return {
        "asked": facts.asked(r),
        "money": facts.money(r),
        "funnel": facts.funnel(r),
        "coverage": facts.coverage_rows(r),
        "listed": facts.listed(r),
        "listed_total": facts.listed_total(r),
        "quality": facts.quality(r),
        "quality_counts": facts.quality_counts(r),
        "sources": facts.sources(r),
        "near_names": facts.near_names(r),
    }


def _across(r: CallerResults) -> dict[str, Any]:
    """What judging all callers together left, and whether held-out values of more than pick and peak are shown."""
    a = r.across
    drawn = a is not None and bool(a.shrunk)
    return {
        "across": survival.across(r),
        "drawn": drawn,
        "mean_of": a.part.replace("_", "-") if a else "",
        "looked": looked(r),
    }


def _anchor(r: CallerResults, unit: UnitResult) -> str:
    return f"unit-{next(i for i, u in enumerate(r.units) if u is unit)}"
