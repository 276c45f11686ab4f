"""The callers by what their calls did, with the number of calls beside every figure."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantray.callers.baseline.alerts import Alerts, net_of
from quantray.callers.baseline.columns import MULTIPLES, REASONS, STATUSES
from quantray.callers.baseline.groups import Groups, plain_list

#: Columns by which callers may be placed, the highest first.
ORDERS = (
    "median_ath_multiple", "expectancy", "profit_factor", "win_rate", "median_end_return", "mean_end_return",
    *(f"hit_rate_{name}" for name in MULTIPLES),
)  # fmt: skip
#: Name of the row over all calls.
EVERYBODY = "(all calls)"
_QUANTILES = {"p05": 0.05, "p25": 0.25, "p75": 0.75, "p95": 0.95}
#: Medians that exist for some of the calls alone, each with its own n beside it.
_SOME = ("retention_after_1_2x", "giveback_after_1_5x", "giveback_after_2x", "drawdown_before_2x",
         "drawdown_after_2x", "drawdown_after_ath")  # fmt: skip


def leaderboard(alerts: Alerts, min_calls: int, order_by: str) -> list[dict[str, Any]]:
    """One row a caller: those with ``min_calls`` measured calls placed by ``order_by``, the others behind, by name.

    Figures that do not exist are None.
    """
    calls = alerts.coverage.plan.calls
    rows = _rows(alerts, Groups(calls.caller, len(calls.callers)), calls.callers)

    def key(row: dict[str, Any]) -> tuple[Any, ...]:
        value = row[order_by]
        return (row["n_ok"] < min_calls, value is None, -(value or 0.0), row["caller"])

    rows.sort(key=key)
    for place, row in enumerate(rows, 1):
        row["place"] = place if row["n_ok"] >= min_calls and row[order_by] is not None else None
    behind = [row for row in rows if row["place"] is None]
    behind.sort(key=lambda row: row["caller"])
    return [*(row for row in rows if row["place"] is not None), *behind]


def everybody(alerts: Alerts) -> dict[str, Any]:
    """The same figures over the calls of all callers."""
    return _rows(alerts, Groups(np.zeros(len(alerts), np.int64), 1), (EVERYBODY,))[0]


def _rows(alerts: Alerts, groups: Groups, names: tuple[str, ...]) -> list[dict[str, Any]]:
    columns: dict[str, Any] = {
        **_counts(alerts, groups), **_reached(alerts, groups), **_end(alerts, groups), **_simple(alerts, groups),
        **_path(alerts, groups), **_late(alerts, groups),
    }  # fmt: skip
    lists = {name: plain_list(values) for name, values in columns.items()}
    return [
        {"place": None, "caller": caller, **{name: values[i] for name, values in lists.items()}}
        for i, caller in enumerate(names)
    ]


def _counts(alerts: Alerts, groups: Groups) -> dict[str, Any]:
    status = alerts.status
    found = {"n_calls": groups.count(np.ones(len(alerts), bool))}
    # ok counts what is measured: while a run goes on that is less than what will be
    found["n_ok"] = groups.count(alerts.done)
    for k, name in enumerate(STATUSES[1:], 1):
        found[f"n_{name}"] = groups.count(status == k)
    found["n_thin"] = groups.count(alerts.done & alerts.coverage.thin)
    found["n_dead"] = groups.count(alerts.done & alerts.records["dead"])
    found["n_rescaled"] = groups.count(alerts.done & alerts.records["rescaled"])
    return found


def _reached(alerts: Alerts, groups: Groups) -> dict[str, Any]:
    ath, when = alerts.real("ath_multiple"), alerts.real("time_to_ath_s")
    found: dict[str, Any] = {"median_ath_multiple": groups.median(ath)}
    for name, values in groups.quantiles(ath, _QUANTILES).items():
        found[f"{name}_ath_multiple"] = values
    found["median_time_to_ath_s"] = groups.median(when)
    found["median_highest_close_multiple"] = groups.median(alerts.real("highest_close_multiple"))
    measured = groups.count(alerts.done)
    for name in MULTIPLES:
        touched = alerts.real(f"time_to_{name}_s")
        hits = groups.count(~np.isnan(touched))
        found[f"n_{name}"] = hits
        with np.errstate(invalid="ignore"):
            found[f"hit_rate_{name}"] = hits / measured
        found[f"median_time_to_{name}_s"] = groups.median(touched)
    return found


def _end(alerts: Alerts, groups: Groups) -> dict[str, Any]:
    fall, end = alerts.real("drawdown"), alerts.real("end_return")
    worthless = np.where(alerts.done & alerts.records["dead"], -1.0, end)
    found = {"median_drawdown": groups.median(fall), "p95_drawdown": groups.quantiles(fall, {"p": 0.95})["p"]}
    found["median_drawdown_before_above"] = groups.median(alerts.real("drawdown_before_above"))
    found |= {"median_end_return": groups.median(end), "mean_end_return": groups.mean(end)}
    for name, values in groups.quantiles(end, _QUANTILES).items():
        found[f"{name}_end_return"] = values
    return found | {"mean_end_return_dead_at_zero": groups.mean(worthless)}


def _simple(alerts: Alerts, groups: Groups) -> dict[str, Any]:
    """The simple trade, net of costs; of what is dead and unsold the last close, and nothing."""
    net, reason = alerts.real("tp_sl_net"), alerts.real("tp_sl_reason")
    unsold = alerts.done & alerts.records["dead"] & (reason == REASONS.index("horizon"))
    worthless = np.where(unsold, net_of(np.full(len(net), -1.0), alerts.costs), net)
    won = np.bincount(groups.group, np.where(net > 0, net, 0.0), groups.n)
    lost = -np.bincount(groups.group, np.where(net < 0, net, 0.0), groups.n)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = {
            "win_rate": groups.count(net > 0) / groups.count(alerts.done),
            "expectancy": groups.mean(net),
            "expectancy_dead_at_zero": groups.mean(worthless),
            "median_tp_sl_net": groups.median(net),
            "profit_factor": np.where(lost > 0, won / lost, np.nan),
        }
    counts = {f"n_{name}": groups.count(reason == k) for k, name in enumerate(REASONS)}
    return {**found, **counts, "n_ambiguous": groups.count(alerts.real("tp_sl_ambiguous") == 1)}


def _path(alerts: Alerts, groups: Groups) -> dict[str, Any]:
    found: dict[str, Any] = {
        f"median_{name}": groups.median(alerts.real(name)) for name in ("under_water_share", "in_profit_share")
    }
    for name in _SOME:
        values = alerts.real(name)
        found[f"n_{name}"], found[f"median_{name}"] = groups.count(~np.isnan(values)), groups.median(values)
    fake, depth = alerts.real("headfake"), alerts.real("headfake_depth")
    found["n_headfake"] = groups.count(fake == 1)
    with np.errstate(invalid="ignore"):
        found["headfake_rate"] = found["n_headfake"] / groups.count(~np.isnan(fake))
    return found | {"median_headfake_depth": groups.median(np.where(fake == 1, depth, np.nan))}


def _late(alerts: Alerts, groups: Groups) -> dict[str, Any]:
    """Entered one candle later: what latency costs."""
    ath, net = alerts.real("late_ath_multiple"), net_of(alerts.real("late_tp_sl_return"), alerts.costs)
    return {
        "n_late": groups.count(~np.isnan(ath)),
        "late_median_ath_multiple": groups.median(ath),
        "late_expectancy": groups.mean(net),
    }
