"""``report.html``: one self-contained page, verdict first. No network, light and dark, screen and paper."""

from __future__ import annotations

from typing import Any

from quantray.report import verdict, words
from quantray.report.page import render
from quantray.sweeps.report import (
    candidates,
    facts,
    planes,
    sections,
    standing,
    survival,
    tape,
    tape_chart,
    track,
    trade_list,
)  # fmt: skip
from quantray.sweeps.report.command import command
from quantray.sweeps.report.reasons import failures, nothing
from quantray.sweeps.results import Results


def report_html(results: Results) -> str:
    """The page as text. Sections that have nothing to say are left out; a run without a result says so loudly."""
    return render("quantray.sweeps.report", context(results), words.label)


def context(results: Results) -> dict[str, Any]:
    """What the template reads; every value is plain text or ready SVG."""
    r, plan = results, results.plan
    return {
        "study": r.study,
        "objective": plan.objective,
        "strategy": plan.strategy.target.rpartition(".")[2],
        "subtitle": sections.subtitle(r),
        "verdict": r.verdict,
        "tone": verdict.TONES[r.verdict.word],
        "tiles": sections.tiles(r),
        "best": r.best,
        "parameters": sections.parameters(r),
        "shown": r.shown,
        "held_out": r.shown is not None and r.shown.outside is not None,
        "columns": sections.columns(r),
        "own_columns": sections.own_columns(r),
        "comparison": sections.comparison(r),
        "interval": sections.interval_sentence(r),
        **_survival(r),
        **_track(r),
        **_candidates(r),
        "surface": r.surface,
        "refusals": sections.refusals(r),
        "search": facts.search_rows(r),
        "reasons": facts.reasons(r),
        "nothing": nothing(r.counts, r.reasons, plan),
        "failed": failures(r.counts, r.reasons) if r.best is not None else None,
        "quality": facts.quality_rows(r),
        "quality_counts": facts.quality_counts(r),
        "data": facts.data_rows(r),
        "costs": facts.cost_rows(r),
        "fixed": [(words.label(k), words.parameter(v)) for k, v in plan.strategy.params.items()],
        "table_sha256": r.table,
        "command": command(plan),
        "digests": dict(r.digests),
        "versions": dict(r.versions),
        "seeds": {"search": plan.seed, **({"data": r.data["seed"]} if "seed" in r.data else {})},
        "notes": list(r.notes),
        "seconds": words.duration(r.seconds),
        "stop_reason": r.stop_reason,
    }


def _track(r: Results) -> dict[str, Any]:
    """What the template reads of the trades of the candidate that is shown."""
    told = track.tracks(r)
    params = {**r.plan.strategy.params, **(r.shown.params if r.shown else {})}
    days = tape.days(told, params, trade_list.first_of(told, trade_list.MOST_DRAWN))
    return {
        "equity": track.equity_chart(r, told),
        "equity_said": track.equity_sentences(r, told),
        "sessions": sections.session_bars(r),
        "exits": track.exits(told),
        "money": [table for by in (track.months, track.by_side, track.hours, track.weekdays) if (table := by(told))],
        "trades": trade_list.sheet(told, r.shown.name) if r.shown else None,
        "not_listed": trade_list.left_out(told, trade_list.MOST_LISTED),
        "not_drawn": trade_list.left_out(told, trade_list.MOST_DRAWN),
        "days": [day.data for day in days],
        "first_day": tape_chart.chart(days[0]) if days else None,
        "underlying": r.in_sample.slice.underlying if r.in_sample else "",
        "vwap": any(day.vwap for day in days),
    }


def _survival(r: Results) -> dict[str, Any]:
    """What the template reads of survivors, pick and peak."""
    return {
        "unread": r.unread,
        "kept": sections.kept_best(r),
        "chosen": survival.both(r),
        "called_each": [survival.called(r, c) for c in survival.both(r)],
        "surviving": r.surviving,
        "survive": survival.counted(r),
        "missing": survival.missing(r),
        "apart": survival.apart(r),
        "levels": survival.level_charts(r),
        "level_rest": survival.level_rest(r),
        "planes": planes.planes(r),
        "plateau": planes.plateau(r),
        "tradeoff": survival.tradeoff(r),
        "lanes": standing.lanes(r),
        "limits": standing.limits(r),
    }


def _candidates(r: Results) -> dict[str, Any]:
    """What the template reads of the table of candidates and of what lies over all of them."""
    return {
        "progress": candidates.progress(r),
        "leading": candidates.sheet(r),
        "listed": candidates.listed(r),
        "computed_on": candidates.computed_on(r),
        "effects": candidates.effects(r),
        "histogram": candidates.histogram(r),
        "regret": candidates.regret_sentence(r),
    }
