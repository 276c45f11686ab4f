"""``summary.json`` of the per-caller optimiser: what a script or a dashboard asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from quantray.callers.data import describe
from quantray.callers.policies import spec_of, written
from quantray.callers.results import GROUP, CallerResults, Chosen, Part, Surviving, UnitResult
from quantray.callers.stages.checkpoints import described
from quantray.durations import iso
from quantray.stats.across import Standing, standing
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
        "across": _across(r),
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
        "settings": described(plan),
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
    """What became of the eligible calls under the policies shown, the pick or else the best.

    Of every caller, or of the group where it is alone; ``rest`` were held across the split, or belong to a caller
    without a policy.
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
    rows = [part.metrics for u in units if u.shown for part in (u.shown.train, u.shown.held_out) if part is not None]
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
    return {str(word): words.count(word) for word in Word if word is not Word.UNJUDGED}


def _unit(u: UnitResult, objective: str) -> dict[str, Any]:
    return {
        "state": u.state,
        "n_calls": u.n_calls, "n_eligible": u.n_eligible, "n_train": u.n_train, "n_held_out": u.n_held_out,
        "n_dropped": u.n_dropped,
        "collapsed": u.collapsed,
        "collapsed_held_out": u.collapsed_held_out,
        "policies": dict(u.counts),
        "best": _chosen(u.peak, objective),
        "pick": _chosen(u.pick, objective),
        "n_survivors": u.n_survivors,
        "survivors": _surviving(u.surviving),
        "verdict": u.verdict.to_dict() if u.verdict else None,
    }  # fmt: skip


def _chosen(c: Chosen | None, objective: str) -> dict[str, Any] | None:
    """Peak or pick with its metrics in training and held out; of a pick also why this one of the survivors."""
    if c is None:
        return None
    found = {
        "number": c.number,
        "policy": written(c.policy),
        "spec": spec_of(c.policy),
        "value": c.value,
        "held_out": c.held_out_value,
        "train_metrics": _metrics(c.train),
        "held_out_metrics": _metrics(c.held_out),
        "neighbours": [asdict(n) for n in c.neighbours],
        "lanes": {lane: {"train": a.get(objective), "held_out": (b or {}).get(objective)}
                  for lane, (a, b) in c.lanes.items()},
        "statistic": c.statistic,
    }  # fmt: skip
    return {**found, "reason": c.reason} if c.name == "pick" else found


def _surviving(t: Surviving | None) -> dict[str, Any] | None:
    """What was tested, and the levels that survivors have."""
    if t is None:
        return None
    s = t.tested
    return {
        "n_policies": s.n_candidates,
        "n_distinct": s.n_distinct,
        "n_blocks": s.n_units,
        "block_days": t.days,
        "n_held_out_blocks": t.n_held_out,
        "n_rejected": int(s.mask.sum()),  # before bounds on outcomes
        "level": s.level,
        "critical": s.critical,
        "p_family": s.p_family,
        "smallest_p": s.smallest_p,
        "untested": s.untested,
        "more_blocks": t.more_units,
        "best_statistic": t.best_statistic,
        "peak_statistic": t.peak_statistic,
        "levels": {axis: [asdict(level) for level in levels] for axis, levels in t.levels.items()},
    }


def _across(r: CallerResults) -> dict[str, Any] | None:
    """What judging all callers together leaves: who is believed, and their means drawn towards all."""
    a = r.across
    if a is None:
        return None
    return {
        "n_callers": a.n_callers,
        "n_tested": a.n_tested,
        "bar": a.bar,
        "level": a.level,
        "expected_false_share": a.expected_false_share,
        "standings": standings(r),
        "mean_of": a.part,
        "common_mean": a.common,
        "means": {name: asdict(found) for name, found in a.shrunk.items()},
    }


def standings(r: CallerResults) -> dict[str, list[str]]:
    """``believed``, ``not yet``, ``no`` -> callers."""
    found: dict[str, list[str]] = {str(s): [] for s in Standing}
    for unit in r.units:
        if unit.name != GROUP and unit.verdict is not None:
            found[str(standing(unit.verdict.word))].append(unit.name)
    return found


def _metrics(part: Part | None) -> dict[str, Any] | None:
    return None if part is None else dict(part.metrics)
