"""Every stage's result on one screen: plain values for a terminal, a report or JSON."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np

from quantray.callers.data.coverage import Coverage
from quantray.callers.data.manifest import CandleSlice
from quantray.callers.market import CallPlan, Calls, Inventory
from quantray.durations import NS, iso, written


@singledispatch
def describe(result: object) -> dict[str, Any]:
    """What a stage found, as plain values. Takes Calls, Inventory, CallPlan, Coverage or CandleSlice."""
    raise TypeError(f"describe takes a result of a stage of calls, got {type(result).__name__}")


@describe.register
def _(result: Calls) -> dict[str, Any]:
    made = result.per_caller
    return {
        "source": result.source,
        "digest": result.digest,
        "calls": len(result),
        "callers": {name: int(n) for name, n in zip(result.callers, made, strict=True)},
        "assets": len(result.assets),
        "first": iso(int(result.ts[0])) if len(result) else None,
        "last": iso(int(result.ts[-1])) if len(result) else None,
        "counts": dict(result.counts),
        "groups": {name: len(who) for name, who in result.groups.items()},
        "near_names": [list(pair) for pair in result.near_names],
        "absent_callers": list(result.absent),
        "edited": None if result.edited is None else int(result.changed.sum()),
        "told": list(result.told),
    }


@describe.register
def _(result: Inventory) -> dict[str, Any]:
    return {
        "source": result.source,
        "interval": written(result.interval_s),
        "assets": len(result.assets),
        "candles": int(result.rows.sum()),
        "first": iso(int(result.first_ns.min())) if len(result.rows) else None,
        "end": iso(result.end_ns) if len(result.rows) else None,
        "other_intervals": {written(i): n for i, n in result.other_intervals.items()},
    }


@describe.register
def _(result: CallPlan) -> dict[str, Any]:
    needs, spans = result.needs, result.spans
    lag_ns = result.entry_until_ns - result.entry_from_ns
    return {
        "calls": len(result),
        "interval": written(result.interval_s),
        "warmup": written(needs.warmup_s),
        "delay": written(needs.delay_s),
        "max_entry_lag": written(int(lag_ns[0]) // NS) if len(result) else None,
        "max_dip_wait": written(needs.max_dip_wait_s),
        "max_hold": written(needs.max_hold_s),
        "assets": len(np.unique(spans.asset)),
        "stretches": len(spans),
        "candles_at_most": int((-((spans.start_ns - spans.end_ns) // (result.interval_s * NS))).sum()),
        "first": iso(int(spans.start_ns.min())) if len(spans) else None,
        "last": iso(int(spans.end_ns.max())) if len(spans) else None,
        "digest": result.digest,
    }


@describe.register
def _(result: Coverage) -> dict[str, Any]:
    eligible, share = result.eligible, result.share
    per = result.plan.calls
    return {
        "calls": len(result),
        "mode": result.settings.mode,
        "note": result.note,
        "counts": result.counts,
        "thin": int((result.thin & eligible).sum()),
        "silent_to_the_end": int((result.silent & eligible).sum()),
        "vendor_gap": int((result.vendor_gap & eligible).sum()),
        "short_warmup": int((_missing_warmup(result) & eligible).sum()),
        "share_median": float(np.median(share)) if len(result) else None,
        "share_lowest": float(share.min()) if len(result) else None,
        "longest_gap_s": int(result.longest_gap_s.max(initial=0)),
        "eligible_per_caller": {
            name: int(n)
            for name, n in zip(per.callers, np.bincount(per.caller[eligible], minlength=len(per.callers)), strict=True)
        },
    }


def _missing_warmup(result: Coverage) -> np.ndarray:
    """Calls with less than ``coverage.min_share`` of their warm-up's candles."""
    whole = result.plan.needs.warmup_s // result.plan.interval_s
    return result.warmup_present < result.settings.min_share * whole


@describe.register
def _(result: CandleSlice) -> dict[str, Any]:
    return {
        "folder": str(result.folder),
        "source": result.source,
        "interval": written(result.interval_s),
        "candles": result.rows,
        "assets": sum(len(bucket.assets) for bucket in result.buckets),
        "stretches": len(result.spans),
        "buckets": len(result.buckets),
        "largest_bucket": max((bucket.rows for bucket in result.buckets), default=0),
        "quality": dict(result.quality),
    }
