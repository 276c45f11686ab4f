"""What the report says of survivors: how many, which levels they have, the pick beside the peak, and all callers."""

from __future__ import annotations

import math

from quantray.callers.policies import written
from quantray.callers.report.summary import standings
from quantray.callers.report.words import axis_words, label, level_words, metric
from quantray.callers.results import CallerResults, Chosen, Surviving, UnitResult
from quantray.plain import amount
from quantray.report.words import DASH, number
from quantray.stats.across import Standing
from quantray.stats.wording import peak_beside_pick, percent

#: Levels of an axis that a line names.
MOST_IN_LINE = 4


def counted(unit: UnitResult) -> str:
    """How many of a unit's policies survive, or why that was not tested."""
    t = unit.surviving
    if t is None:
        return ""
    s, n = t.tested, unit.n_survivors
    if s.untested:
        return s.untested
    rejected, of = int(s.mask.sum()), amount(s.n_candidates, "policy", "policies")
    if not rejected:
        return f"Of {of} nothing survives."
    said = f"{n:,} of {of} {'survives' if n == 1 else 'survive'}"
    return f"{said} (of {rejected:,} that pass the test, those that meet every bound)." if n < rejected else f"{said}."


def sentences(r: CallerResults, unit: UnitResult) -> list[str]:
    """How many survive, what is missing where none does, why pick and peak differ, and what the pick is."""
    t = unit.surviving
    if t is None:
        return []
    said = [counted(unit)]
    if unit.pick is None:
        return said + ([] if t.tested.untested else _missing(t))
    return [*said, f"Why this survivor: {unit.pick.reason}", *_apart(r, unit)]


def _missing(t: Surviving) -> list[str]:
    if t.best_statistic is None or not math.isfinite(t.tested.critical) or t.tested.mask.any():
        return []
    said = [
        f"The best of them has a statistic (Student's t of its mean net per {_block(t)}) of "
        f"{number(t.best_statistic)}; among {amount(t.tested.n_candidates, 'policy', 'policies')} it takes more than "
        f"{t.tested.critical:.2f}."
    ]
    if not t.more_units:  # else the verdict says how many more it takes
        said.append("More calls like these would not help: what is best earns too little for its spread.")
    return said


def _block(t: Surviving) -> str:
    return "day of entry" if t.days == 1 else f"block of {t.days} days of entry"


def _apart(r: CallerResults, unit: UnitResult) -> list[str]:
    """Why pick and peak differ."""
    pick, peak, t = unit.pick, unit.peak, unit.surviving
    if pick is None or peak is None or t is None or pick.statistic is None:
        return []
    if pick.policy == peak.policy:
        return ["Pick and peak are the same policy."]
    name = r.plan.objective
    high = f"The peak, {written(peak.policy)}, has {metric(name, peak.value)} on {_trades(peak)}"
    own = f"The pick has {metric(name, pick.value)} on {_trades(pick)} and {pick.statistic:.2f}"
    return [peak_beside_pick(high, peak.statistic, t.tested.critical, own)]


def _trades(c: Chosen) -> str:
    return amount(int((c.train.metrics.get("n_trades") if c.train else 0) or 0), "trade")


def levels(unit: UnitResult) -> list[list[str]]:
    """Axis, and its levels with how many of those that have them survive, the largest share first."""
    found = []
    for axis, shares in (unit.surviving.levels if unit.surviving else {}).items():
        if len({share.n_survivors / share.n for share in shares if share.n}) < 2:
            continue  # surviving does not depend on it
        first = sorted(shares, key=lambda share: -share.n_survivors / max(share.n, 1))
        named = [f"{level_words(axis, s.level)} ({s.n_survivors:,} of {s.n:,})" for s in first[:MOST_IN_LINE]]
        more = f" and {len(first) - MOST_IN_LINE:,} more levels" if len(first) > MOST_IN_LINE else ""
        found.append([axis_words(axis), ", ".join(named) + more])
    return found


def both(r: CallerResults, unit: UnitResult) -> dict[str, list[list[str]]] | None:
    """Pick and peak side by side where they are two policies: a head and rows."""
    pick, peak = unit.pick, unit.peak
    if pick is None or peak is None or pick.policy == peak.policy:
        return None
    name, held = r.plan.objective, r.split_ns is not None
    two = (pick, peak)
    rows = [["policy", *(written(c.policy) for c in two)]]
    rows.append([f"{label(name)}, training", *(metric(name, c.value) for c in two)])
    if held:
        rows.append([f"{label(name)}, held out", *(metric(name, c.held_out_value) for c in two)])
    rows.append(["trades, training", *(number(c.train.metrics.get("n_trades") if c.train else None) for c in two)])
    if held:
        rows.append(["trades, held out", *(_held(c) for c in two)])
    rows.append(["statistic", *(DASH if c.statistic is None else f"{c.statistic:.2f}" for c in two)])
    return {"head": [["", "pick", "peak"]], "rows": rows}


def _held(c: Chosen) -> str:
    return number(c.held_out.metrics.get("n_trades") if c.held_out else None)


def across(r: CallerResults) -> str:
    """How many callers are believed, not yet, not; and the share of false ones to be expected among the believed."""
    a = r.across
    if a is None:
        return ""
    counts = {name: len(names) for name, names in standings(r).items()}
    said = f"Of {amount(a.n_callers, 'caller')} {counts[Standing.BELIEVED]:,} believed, {counts[Standing.NOT_YET]:,} "
    said += f"not yet, {counts[Standing.NO]:,} no."
    if not a.n_tested:
        return f"{said} Nobody could be tested on held-out calls."
    tested = f"{amount(a.n_tested, 'caller')} could be tested on held-out calls"
    if a.expected_false_share is not None:
        return f"{said} Of the believed {percent(a.expected_false_share)} are expected to be false; {tested}."
    return f"{said} {tested[:1].upper()}{tested[1:]}; none of them passes every check."


def shrunk(r: CallerResults, unit: UnitResult) -> str:
    """A caller's mean net return a trade, drawn towards that of all callers, and on how many trades it rests."""
    found = None if r.across is None else r.across.shrunk.get(unit.name)
    return DASH if found is None else f"{metric('captured_return', found.mean)} ({number(found.n_trades)})"
