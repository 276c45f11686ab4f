"""The tables of the alert baseline: one row a call, one row a caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from quantray.arrays import BoolArray1D
from quantray.callers.baseline.alerts import Alerts
from quantray.callers.baseline.columns import ALERTS, FLAGS, REASONS, STATUSES, TEXTS, TRUTHS, WHOLE
from quantray.callers.data import Exclusion
from quantray.callers.report.tables import texts, times

if TYPE_CHECKING:
    import pandas


def alerts_frame(alerts: Alerts) -> pandas.DataFrame:
    """Every call that the filters left, in (ts, asset, call_id) order; null is what does not exist."""
    import pandas

    found = {**_of_calls(alerts), **_of_coverage(alerts)}
    for name in ALERTS:
        if name not in found:
            found[name] = _measured(alerts, name)
    return pandas.DataFrame({name: found[name] for name in ALERTS})


def _of_calls(alerts: Alerts) -> dict[str, Any]:
    calls = alerts.coverage.plan.calls
    return {
        "call_id": texts(calls.call_id),
        "caller": texts(_named(calls.callers, calls.caller)),
        "asset": texts(_named(calls.assets, calls.asset)),
        "chain": texts(calls.chain),
        "ts_ns": _whole(calls.ts),
        "ts": times(calls.ts),
        "price_at_call": calls.price_at_call,
        "mcap": calls.mcap,
    }


def _of_coverage(alerts: Alerts) -> dict[str, Any]:
    c = alerts.coverage
    reasons = [None if e is Exclusion.NONE else e.name.lower() for e in Exclusion]
    none = c.entry_ns < 0
    entry = times(c.entry_ns)
    entry[none] = None
    return {
        "status": texts(_named(STATUSES, alerts.status)),
        "why_not": texts(_named(reasons, c.reason)),
        "candles": _whole(c.present),
        "candles_expected": _whole(c.expected),
        "coverage": c.share,
        "longest_gap_s": _whole(c.longest_gap_s),
        "thin": _truth(c.thin),
        "vendor_gap": _truth(c.vendor_gap),
        "entry_ns": _whole(c.entry_ns, none),
        "entry": entry,
        "entry_price": c.entry_open,
    }


def _measured(alerts: Alerts, name: str) -> Any:
    """A column of what was measured."""
    if name == "tp_sl_reason":
        reason = texts(_named(REASONS, np.maximum(alerts.records[name], 0)))
        reason[~alerts.done] = None
        return reason
    if name in FLAGS:
        return _truth(alerts.records[name], ~alerts.done)
    values = alerts.real(name)
    if name in TRUTHS:
        return _truth(values == 1, np.isnan(values))
    return _whole(values, np.isnan(values)) if name in WHOLE else values


def _named(names: Sequence[str | None], at: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.array(names, object)[at]
    return found


def _whole(values: np.ndarray, missing: BoolArray1D | None = None) -> Any:
    import pandas

    mask = np.zeros(len(values), bool) if missing is None else missing
    return pandas.arrays.IntegerArray(np.where(mask, 0, values).astype(np.int64), mask.copy())


def _truth(values: np.ndarray, missing: BoolArray1D | None = None) -> Any:
    import pandas

    mask = np.zeros(len(values), bool) if missing is None else missing
    return pandas.arrays.BooleanArray(np.where(mask, False, values).astype(bool), mask.copy())


def board_frame(rows: Sequence[Mapping[str, Any]]) -> pandas.DataFrame:
    """The leaderboard as it is ordered."""
    import pandas

    frame = pandas.DataFrame(list(rows))
    for name in frame.columns:
        if name == "place" or name.startswith("n_"):
            frame[name] = frame[name].astype("Int64")
        elif name == "caller":
            frame[name] = texts(frame[name])
        else:
            frame[name] = frame[name].astype("float64")
    return frame


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the alerts' table as it was read from a file, as plain values: None for what does not exist."""
    return {name: _value(name, row[name]) for name in ALERTS}


def _value(name: str, value: Any) -> Any:
    import pandas

    if value is None or pandas.isna(value):
        return None
    kind: Any = str if name in TEXTS else int if name in WHOLE else bool if name in TRUTHS else float
    return kind(value)
