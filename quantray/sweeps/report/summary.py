"""``summary.json``: the sweep as data, for scripts and dashboards."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from quantray.report.ended import Ended
from quantray.report.json_text import dumped
from quantray.search import searched_by
from quantray.stats.surface import SurfaceSummary
from quantray.sweeps.description import describe
from quantray.sweeps.report import survival
from quantray.sweeps.report.candidates import computed_on
from quantray.sweeps.report.reasons import failures, meaning
from quantray.sweeps.results import Results


def summary(results: Results) -> dict[str, Any]:
    """Everything a reader of the run may want as plain JSON values; null for what does not exist."""
    r, plan = results, results.plan
    return {
        "study": r.study,
        "objective": plan.objective,
        "n_completed": r.counts.complete,
        "n_pruned": r.counts.pruned,
        "n_failed": r.counts.failed,
        "n_attempts": r.counts.attempts,
        "duplicates": dict(r.duplicates),
        "repeated": dict(r.repeated),
        "table_sha256": r.table or None,
        "best": _best(r),
        "pick": _pick(r),
        "n_survivors": r.surviving.n if r.surviving else 0,
        "survivors": _surviving(r),
        "trades": _traded(r),
        "stress": asdict(r.stress) if r.stress else None,
        "verdict": r.verdict.to_dict(),
        "regret": asdict(r.regret) if r.regret else None,
        "surface": _surface(r.surface),
        **({"top_oos": {str(number): dict(row) for number, row in r.top_oos.items()}} if r.top_oos else {}),
        "data": dict(r.data),
        "quality": dict(r.quality),
        "sessions": {
            "in_sample": list(r.in_sample.slice.dates) if r.in_sample else [],
            "out_of_sample": list(r.out_of_sample.slice.dates) if r.out_of_sample else [],
        },
        "seeds": {"search": plan.seed, "data": r.data.get("seed")},
        "search": {
            "kind": plan.search.kind,
            "chosen_by": searched_by(plan.search),
            "n_trials": plan.search.n_trials,
            "max_attempts": plan.search.attempts,
        },
        "settings": describe(plan),
        "digests": dict(r.digests),
        "versions": dict(r.versions),
        "stop_reason": r.stop_reason,
        "reasons": [{**asdict(reason), "reason": meaning(reason, plan)} for reason in r.reasons],
        "first_failure": failures(r.counts, r.reasons),
        "notes": list(r.notes),
        "seconds": round(r.seconds, 3),
    }


def ended(r: Results) -> Ended:
    """What the study keeps of its report."""
    shown = r.shown
    return Ended(
        trials=len(r.trials), table=r.table, objective=r.plan.objective, best=r.best.value if r.best else None,
        pick=r.pick.value if r.pick else None,
        held_out=shown.outside.value if shown is not None and shown.outside is not None else None,
        verdict=str(r.verdict.word), headline=r.verdict.headline, reason=r.stop_reason, seconds=round(r.seconds, 3),
        importance=dict(r.surface.importance) if r.surface else {}, computed_on=computed_on(r),
    )  # fmt: skip


def _best(r: Results) -> dict[str, Any] | None:
    """The best trial with its metrics on the sessions searched and, as ``oos``, on those held out.

    ``point`` is its place in the whole table, null where there is none; ``number`` that of the trial.
    """
    if r.best is None:
        return None
    held, plan = r.out_of_sample, r.plan
    return {
        "number": r.best.number,
        "point": plan.space.number(r.best.params) if r.surviving is not None and r.surviving.whole else None,
        "value": r.best.value,
        "params": dict(r.best.params),
        "metrics": dict(r.best.metrics),
        "oos": None if held is None else {"value": held.value, "metrics": dict(held.metrics)},
    }


def _pick(r: Results) -> dict[str, Any] | None:
    """The pick; its number is one of survivors.parquet: the point of the whole table, else the trial."""
    if r.pick is None:
        return None
    held = r.pick.outside
    return {
        "number": r.pick.number,
        "point": r.pick.number if r.surviving is not None and r.surviving.whole else None,
        "value": r.pick.value,
        "params": dict(r.pick.params),
        "metrics": dict(r.pick.metrics),
        "oos": None if held is None else {"value": held.value, "metrics": dict(held.metrics)},
        "statistic": r.pick.statistic,
        "reason": r.pick.reason,
    }


def _traded(r: Results) -> dict[str, Any]:
    """How many trades of whom ``trades.csv`` holds; ``held_out`` is null where nothing was held out."""
    return {
        "file": "trades.csv",
        "candidates": {
            c.name: {"searched": len(c.inside.trades), "held_out": None if c.outside is None else len(c.outside.trades)}
            for c in survival.both(r)
        },
    }


def _surviving(r: Results) -> dict[str, Any] | None:
    """What was tested, and how many of those that have a level survive; null where nothing completed."""
    s = r.surviving
    if s is None:
        return None
    t = s.tested
    return {
        "whole_table": s.whole,
        "n_candidates": t.n_candidates,
        "n_distinct": t.n_distinct,
        "n_sessions": t.n_units,
        "n_rejected": int(t.mask.sum()),  # before bounds on outcomes
        "level": t.level,
        "critical": t.critical,
        "p_family": t.p_family,
        "smallest_p": t.smallest_p,
        "untested": t.untested,
        "more_sessions": r.more_sessions,
        "peak_statistic": s.peak_statistic,
        "levels": {name: [asdict(level) for level in levels] for name, levels in s.levels.items()},
    }


def summary_json(results: Results) -> str:
    """:func:`summary` as text; numbers that JSON does not know (NaN, inf) are null."""
    return dumped(summary(results))


def _surface(s: SurfaceSummary | None) -> dict[str, Any] | None:
    if s is None:
        return None
    return {
        "exact": s.exact,
        "n_points": s.n_points,
        "n_valued": s.n_valued,
        "best": {"number": s.best_number, "value": s.best_value, "params": s.best_params},
        "quantiles": {f"{q:g}": value for q, value in s.quantiles.items()},
        "importance": dict(s.importance),
        "effects": {name: [asdict(e) for e in effects] for name, effects in s.effects.items()},
    }
