"""Sentences that the reader of a baseline should see beside its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from quantray.arrays import FloatArray1D
from quantray.callers.baseline.alerts import Alerts
from quantray.callers.baseline.plan import BaselinePlan
from quantray.callers.data import CandleSlice
from quantray.callers.notes import about_calls, cut_off, listed, market_notes
from quantray.durations import written
from quantray.plain import amount
from quantray.stats.reasons import MAX_EDITED


def baseline_notes(plan: BaselinePlan, alerts: Alerts, made: CandleSlice, told: Sequence[str]) -> list[str]:
    """What selects on the future, what a figure may owe to a mistake in the data, who died."""
    coverage = alerts.coverage
    notes = market_notes(plan.data, coverage, made, told, _rescaled(plan, alerts))
    notes.append(
        f"A call is followed for {written(plan.horizon_s)} from its entry, and is measured when the data reach as far "
        "behind its latest entry."
    )
    dead = int(alerts.records["dead"][alerts.done].sum())
    if dead:
        notes.append(
            f"Of {amount(int(alerts.done.sum()), 'measured call')}, {dead:,} on assets that fell silent before the end "
            "and never printed again: these end at their last close, and in the figures “dead at zero” at nothing."
        )
    prints = int(made.quality.get("lone_highs", 0))
    if prints and plan.data.print_filter != "clip":
        notes.append(
            f"{amount(prints, 'candle has', 'candles have')} a lone high, {plan.data.print_filter_k:g}x their "
            f"neighbours and more: an "
            "all-time high may be one of them. The highest close beside it is not."
        )
    return [*notes, *_edited(alerts), *cut_off(coverage), *about_calls(coverage.plan.calls)]


def _edited(alerts: Alerts) -> list[str]:
    """What is left of the figures without the calls that were edited, and whose calls more than a few were."""
    calls = alerts.coverage.plan.calls
    changed = calls.changed & alerts.done
    n, rest = int(changed.sum()), alerts.done & ~changed
    if not n:
        return []
    figures = []
    for title, name in (("highest multiple", "ath_multiple"), ("return at the end", "end_return")):
        values = alerts.real(name)
        both = [_median(values[rows]) for rows in (alerts.done, rest)]
        figures.append(f"the median {title} is {both[0]} with them and {both[1]} without them")
    edited = np.bincount(calls.caller[calls.changed], minlength=len(calls.callers))
    shares = edited / np.maximum(calls.per_caller, 1)
    many = [f"{name} ({share:.1%})" for name, share in zip(calls.callers, shares.tolist(), strict=True)
            if share > MAX_EDITED]  # fmt: skip
    notes = [f"{amount(n, 'measured call was', 'measured calls were')} edited after being made: {'; '.join(figures)}."]
    if many:
        notes.append(
            f"More than {MAX_EDITED:.0%} of the calls of {listed(many)} were edited: what these show may have been "
            "written when the outcome was known, and is doubtful at most."
        )
    return notes


def _median(values: FloatArray1D) -> str:
    known = values[~np.isnan(values)]
    return f"{np.median(known):.4g}" if len(known) else "unknown"


def _rescaled(plan: BaselinePlan, alerts: Alerts) -> list[str]:
    """Prices that change scale, and whose calls lie across such a change."""
    calls = alerts.coverage.plan.calls
    across = (alerts.done & alerts.records["rescaled"]).nonzero()[0]
    if not len(across):
        return []
    assets = sorted({calls.assets[i] for i in calls.asset[across].tolist()})
    touched = Counter(calls.callers[i] for i in calls.caller[across].tolist())
    counted = [f"{name} ({touched[name]:,})" for name in sorted(touched)]
    return [
        f"Prices of {listed(assets)} change scale ({plan.data.scale_jump:g}x and more from one candle to the next: "
        "another token, another unit, or a mistake). Calls across it are in the figures of "
        f"{listed(counted)}; no market paid them."
    ]
