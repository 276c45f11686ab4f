"""``summary.json`` of the per-caller optimiser: what a script or a dashboard asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from quantray.callers.data import describe
from quantray.callers.policies import spec_of, written
from quantray.callers.results import GROUP, CallerResults, Part, UnitResult
from quantray.durations import iso
from quantray.stats.checks import Word


def summary(results: CallerResults) -> dict[str, Any]:
    """Everything a reader of the run may want as plain JSON values; null for what does not exist."""
    r, plan, done = results, results.plan, traded(results)
    return {
        "study": r.study,
        "kind": "caller_policies",
        "objective": plan.objective,
        "mode": plan.mode,
        "n_policies": len(plan.policies),
        "trades": {"executed": done.executed, "skipped": dict(done.skipped), "neither": done.rest},
        "calls": {**r.counts, **{f"coverage_{name}": n for name, n in r.coverage.counts.items()}},
        "coverage": describe(r.coverage),
        "period": period(r),
        "verdicts": verdict_counts([unit for unit in r.units if unit.name != GROUP]),
        "states": dict(Counter(unit.state for unit in r.units)),
        "units": {unit.name: _unit(unit, plan.objective) for unit in r.units},
        "costs": asdict(plan.costs),
        "capital": asdict(plan.account),
        "constraints": asdict(plan.bounds),
        "ties": list(plan.ties),
        "quality": dict(r.quality),
        "horizon_s": plan.horizon_s,
        "slice": None if r.slice is None else str(r.slice),
        "sources": {"calls": r.calls_source, "candles": r.candles_source},
        "near_names": [list(pair) for pair in r.coverage.plan.calls.near_names],
        "absent_callers": list(r.coverage.plan.calls.absent),
        "seed": plan.seed,
        "digests": dict(r.digests),
        "versions": dict(r.versions),
        "notes": list(r.notes),
        "seconds": round(r.seconds, 3),
    }


def period(r: CallerResults) -> dict[str, str | None]:
    """First and last call, and from when on calls are held out; ISO, UTC."""
    ts = r.coverage.plan.calls.ts
    return {
        "first_call": iso(int(ts[0])) if len(ts) else None,
        "last_call": iso(int(ts[-1])) if len(ts) else None,
        "held_out_from": None if r.split_ns is None else iso(r.split_ns),
    }


@dataclass(frozen=True, slots=True)
class Traded:
    """What became of the eligible calls under the best policies: of every caller, or of the group where it is alone.

    ``rest`` were held across the split, or belong to a caller without a best policy.
    """

    eligible: int
    executed: int
    skipped: Mapping[str, int]  # reason -> calls, the commonest first
    rest: int

    @property
    def n_skipped(self) -> int:
        return sum(self.skipped.values())


def traded(r: CallerResults) -> Traded:
    """The eligible calls by what became of them; the figures add up."""
    units = [u for u in r.units if u.name != GROUP] or list(r.units)
    rows = [part.metrics for u in units for part in (u.train, u.held_out) if part is not None]
    reasons: Counter[str] = Counter()
    for row in rows:
        reasons.update({k: int(v or 0) for k, v in row.items() if k == "no_entry" or k.startswith("skipped_")})
    executed = sum(int(row.get("n_trades") or 0) for row in rows)
    skipped = {name: n for name, n in reasons.most_common() if n}
    eligible = r.coverage.counts["eligible"]
    return Traded(eligible, executed, skipped, eligible - executed - sum(skipped.values()))


def verdict_counts(units: Sequence[UnitResult]) -> dict[str, int]:
    """Verdict -> units, every word named; units without a best policy count as too little data."""
    words = [unit.verdict.word if unit.verdict else Word.TOO_LITTLE_DATA for unit in units]
    return {str(word): words.count(word) for word in Word}


def _unit(u: UnitResult, objective: str) -> dict[str, Any]:
    return {
        "state": u.state,
        "n_calls": u.n_calls, "n_eligible": u.n_eligible, "n_train": u.n_train, "n_held_out": u.n_held_out,
        "n_dropped": u.n_dropped,
        "collapsed": u.collapsed,
        "collapsed_held_out": u.collapsed_held_out,
        "policies": dict(u.counts),
        "best": None if u.policy is None else {
            "number": u.best,
            "policy": written(u.policy),
            "spec": spec_of(u.policy),
            "value": u.value,
            "held_out": u.held_out_value,
            "train_metrics": _metrics(u.train),
            "held_out_metrics": _metrics(u.held_out),
            "neighbours": [asdict(n) for n in u.neighbours],
            "lanes": {lane: {"train": a.get(objective), "held_out": (b or {}).get(objective)}
                      for lane, (a, b) in u.lanes.items()},
        },
        "verdict": u.verdict.to_dict() if u.verdict else None,
    }  # fmt: skip


def _metrics(part: Part | None) -> dict[str, Any] | None:
    return None if part is None else dict(part.metrics)
