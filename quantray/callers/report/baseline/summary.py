"""``summary.json`` of the alert baseline: what a script, a dashboard or a terminal asks for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from quantray.callers.baseline.columns import STATUSES
from quantray.callers.baseline.pipeline import described
from quantray.callers.baseline.results import BaselineResults
from quantray.callers.data import describe
from quantray.durations import iso


def summary(results: BaselineResults) -> dict[str, Any]:
    """Everything a reader of the run may want as plain JSON values; null for what does not exist."""
    r, plan, calls = results, results.plan, results.coverage.plan.calls
    return {
        "study": r.study,
        "kind": "alert_baseline",
        "horizon_s": plan.horizon_s,
        "baseline": asdict(plan.baseline),
        "costs": asdict(plan.costs),
        "calls": {**r.counts, **{f"status_{k}": v for k, v in statuses(r).items()}},
        "everybody": {name: value for name, value in r.everybody.items() if name != "place"},
        "leaderboard": [row["caller"] for row in r.leaderboard if row["place"] is not None],
        "coverage": describe(r.coverage),
        "period": {"first_call": iso(int(calls.ts[0])), "last_call": iso(int(calls.ts[-1]))},
        "quality": dict(r.quality),
        "sources": {"calls": r.calls_source, "candles": r.candles_source},
        "slice": str(r.slice.folder),
        "near_names": [list(pair) for pair in calls.near_names],
        "absent_callers": list(calls.absent),
        "settings": described(plan),
        "digests": dict(r.digests),
        "versions": dict(r.versions),
        "notes": list(r.notes),
        "seconds": round(r.seconds, 3),
    }


def statuses(r: BaselineResults) -> dict[str, int]:
    """Calls by status, every status named."""
    status = r.alerts.status
    return {name: int((status == k).sum()) for k, name in enumerate(STATUSES)}
