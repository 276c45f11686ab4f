"""Plan: which stretch of the market each call needs, and what has to be read for all of them together."""

from __future__ import annotations

import numpy as np

from quantray.callers.data.settings import CallSettings
from quantray.callers.market import CallPlan, Calls, Needs, Spans
from quantray.durations import NS, duration_s


def needs_of(
    settings: CallSettings, max_hold_s: int, *, max_dip_wait_s: int = 0, warmup_s: int = 0, endless: bool = False
) -> Needs:
    """What the policies ask for (hold, dip wait, warm-up) together with ``calls.delay`` and ``calls.max_entry_lag``."""
    lag = settings.max_entry_lag
    return Needs(
        max_hold_s=max_hold_s,
        max_dip_wait_s=max_dip_wait_s,
        warmup_s=warmup_s,
        delay_s=duration_s(settings.delay, "calls.delay"),
        max_entry_lag_s=None if lag is None else duration_s(lag, "calls.max_entry_lag"),
        endless=endless,
    )


def plan_calls(calls: Calls, interval_s: int, needs: Needs, source_end_ns: int | None = None) -> CallPlan:
    """Window of each call: [ts - warmup, ts + delay + max_entry_lag + max_dip_wait + max_hold].

    The entry candle starts in [ts + delay, ts + delay + max_entry_lag], both ends included. Where some policy has no
    time stop, candles are read to ``source_end_ns``.
    """
    lag_s = 2 * interval_s if needs.max_entry_lag_s is None else needs.max_entry_lag_s
    start = calls.ts - needs.warmup_s * NS
    entry_from = calls.ts + needs.delay_s * NS
    entry_until = entry_from + lag_s * NS
    end = entry_until + (needs.max_dip_wait_s + needs.max_hold_s) * NS
    read = end if source_end_ns is None or not needs.endless else np.maximum(end, source_end_ns)
    spans = merged(calls.assets, calls.asset, start, read)
    return CallPlan(calls, needs, interval_s, start, entry_from, entry_until, end, spans)


def merged(assets: tuple[str, ...], asset: np.ndarray, start: np.ndarray, end: np.ndarray) -> Spans:
    """Stretches [s] in UTC ns that touch or overlap become one; each asset's are disjoint and in time order."""
    order = np.lexsort((end, start, asset))
    asset, start, end = asset[order], start[order], end[order]
    if not len(asset):
        return Spans(assets, asset.astype(np.int32), start, end)
    reach = _running_max(end, np.append(True, asset[1:] != asset[:-1]))
    new = np.append(True, (asset[1:] != asset[:-1]) | (start[1:] > reach[:-1]))
    at = np.flatnonzero(new)
    stop = np.append(at[1:], len(asset)) - 1
    return Spans(assets, asset[at].astype(np.int32), start[at], reach[stop])


def _running_max(values: np.ndarray, restart: np.ndarray) -> np.ndarray:
    """Running maximum that begins anew where ``restart``."""
    out = np.empty_like(values)
    for low, high in _pieces(restart):
        out[low:high] = np.maximum.accumulate(values[low:high])
    return out


def _pieces(restart: np.ndarray) -> list[tuple[int, int]]:
    at = np.flatnonzero(restart)
    return list(zip(at.tolist(), np.append(at[1:], len(restart)).tolist(), strict=True))
