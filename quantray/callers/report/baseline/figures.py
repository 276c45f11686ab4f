"""The figures of the baseline's page: over all calls, each with the number of calls that it rests on."""

from __future__ import annotations

import numpy as np

from quantray.callers.baseline.columns import MULTIPLES
from quantray.callers.baseline.results import BaselineResults
from quantray.callers.report.baseline import words
from quantray.callers.report.baseline.charts import distribution
from quantray.callers.report.baseline.summary import statuses
from quantray.plain import amount
from quantray.report.words import DASH, number, percent


def tiles(r: BaselineResults) -> list[tuple[str, str, str]]:
    """The figures on top: title, figure, small print with n."""
    every, status, simple = r.everybody, statuses(r), r.plan.baseline
    left = [f"{number(n)} {name.replace('_', ' ')}" for name, n in status.items() if name != "ok" and n]
    to_come = status["ok"] - int(every["n_ok"])
    left += [f"{number(to_come)} not measured yet"] if to_come else []
    n = f"of {amount(int(every['n_ok']), 'call')}"
    end = words.share(every["mean_end_return_dead_at_zero"])
    return [
        ("calls measured", number(every["n_ok"]), ", ".join([f"of {number(len(r.alerts))}", *left])),
        ("highest price, median", words.multiple(every["median_ath_multiple"]),
         f"after {words.seconds(every['median_time_to_ath_s'])}, {n}"),
        ("reach 2x", words.share(every["hit_rate_2x"]),
         f"{number(every['n_2x'])} {n}, after {words.seconds(every['median_time_to_2x_s'])}"),
        ("deepest below the entry", words.share(every["median_drawdown"]), f"median {n}"),
        ("at the end, median", words.share(every["median_end_return"]),
         f"mean {words.share(every['mean_end_return'])}, dead at zero {end}"),
        (f"sold at {simple.tp:g}x or {simple.sl:g}x", words.share(every["expectancy"]),
         f"mean net of costs, {words.share(every['win_rate'])} won, {n}"),
        ("the same one candle late", words.share(every["late_expectancy"]), f"mean net, of {number(every['n_late'])}"),
        ("never printed again", number(every["n_dead"]), f"{n}, silent at the end"),
    ]  # fmt: skip


def distributions(r: BaselineResults) -> list[tuple[str, str]]:
    """Title and picture of the spread of what matters."""
    alerts = r.alerts
    simple = f"Sold at {r.plan.baseline.tp:g}x or {r.plan.baseline.sl:g}x, net, %"
    wanted = (
        ("Highest price above the entry, %", 100 * (alerts.real("ath_multiple") - 1), True),
        ("Hours to the highest price", alerts.real("time_to_ath_s") / 3600, False),
        ("Deepest below the entry, %", 100 * alerts.real("drawdown"), False),
        ("Return at the end, %", 100 * alerts.real("end_return"), True),
        (simple, 100 * alerts.real("tp_sl_net"), True),
        ("Share of the time below the entry, %", 100 * alerts.real("under_water_share"), False),
    )
    pictures = [(title, distribution(values, title, signed=signed)) for title, values, signed in wanted]
    return [(title, picture) for title, picture in pictures if picture is not None]


def levels(r: BaselineResults) -> list[list[str]]:
    """A row a level: calls that touched it, their share, when, and how it had gone down before and went down after."""
    every, rows = r.everybody, []
    for name, level in MULTIPLES.items():
        fall = [
            _median(r, f"drawdown_{side}_{name}") if f"drawdown_{side}_{name}" in _measured(r) else DASH
            for side in ("before", "after")
        ]
        rows.append([f"{level:g}x", number(every[f"n_{name}"]), words.share(every[f"hit_rate_{name}"]),
                     words.seconds(every[f"median_time_to_{name}_s"]), *fall])  # fmt: skip
    return rows


def _measured(r: BaselineResults) -> tuple[str, ...]:
    return r.alerts.records.dtype.names or ()


def _median(r: BaselineResults, name: str) -> str:
    values = r.alerts.real(name)
    there = ~np.isnan(values)
    return f"{percent(float(np.median(values[there])))} ({number(int(there.sum()))})" if there.any() else DASH


def ended(r: BaselineResults) -> list[tuple[str, str]]:
    """How the simple trades ended, and what the path was like, each with its number of calls."""
    every = r.everybody
    return [
        (f"sold at {r.plan.baseline.tp:g}x", number(every["n_target"])),
        (f"stopped at {r.plan.baseline.sl:g}x", number(every["n_stop"])),
        ("held to the end", number(every["n_horizon"])),
        ("both in one candle, taken as stopped", number(every["n_ambiguous"])),
        ("profit factor", number(every["profit_factor"])),
        ("mean net with nothing for what is dead", words.share(every["expectancy_dead_at_zero"])),
        ("share of the time below the entry, median", words.share(every["median_under_water_share"])),
        ("headfakes: below the entry between 1.2x and 1.5x",
         f"{number(every['n_headfake'])} of {number(every['n_1_2x'])}"),
        ("time kept at 1.1x after 1.2x, median", _median(r, "retention_after_1_2x")),
        ("gain given back after 1.5x, median", _median(r, "giveback_after_1_5x")),
        ("gain given back after 2x, median", _median(r, "giveback_after_2x")),
        ("fall behind the highest price, median", _median(r, "drawdown_after_ath")),
    ]  # fmt: skip
