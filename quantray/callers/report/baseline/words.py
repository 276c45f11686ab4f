"""Figures of the alert baseline as a reader wants them, and the columns of the leaderboard that a page shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from quantray.report.words import DASH, number, percent

STATUS_WORDS = {
    "ok": "measured",
    "missing": "left out: no candles in time",
    "bad_entry": "left out: the entry has no price",
    "too_new": "left out: the data end too early",
}


def multiple(value: float | None) -> str:
    """
    >>> multiple(1.2345), multiple(24.0), multiple(None)
    ('1.23x', '24.00x', '–')
    """
    return DASH if value is None else f"{number(float(value))}x"


def seconds(value: float | None) -> str:
    """A time in its largest unit that says something.

    >>> seconds(0), seconds(90), seconds(3540), seconds(78150), seconds(172800), seconds(None)
    ('0 s', '90 s', '59 min', '21.7 h', '48 h', '–')
    """
    if value is None:
        return DASH
    if value < 120:
        return f"{value:g} s"
    return f"{value / 60:.3g} min" if value < 7200 else f"{float(f'{value / 3600:.1f}'):,g} h"


def share(value: float | None) -> str:
    return percent(value)


def ratio(value: float | None) -> str:
    return number(value)


def count(value: int | None) -> str:
    return number(value)


def figure(told: Callable[[Any], str], value: float | None) -> float | None:
    """What a cell is sorted and filtered by: shares in percent, times in hours, everything else as it is.

    >>> figure(share, 0.125), figure(seconds, 5400), figure(multiple, 1.5), figure(share, None)
    (12.5, 1.5, 1.5, None)
    """
    scale = 100.0 if told is share else 1 / 3600 if told is seconds else 1.0
    return None if value is None else value * scale


class Shown(NamedTuple):
    """A column of the leaderboard on a page: its name there, and how its value is told."""

    name: str
    title: str
    told: Callable[[Any], str]
    of: str | None = None  # the column with the number of calls that it rests on, where that is not n_ok


BOARD = (
    Shown("n_ok", "calls", count),
    Shown("median_ath_multiple", "median ath", multiple),
    Shown("median_time_to_ath_s", "time to it", seconds),
    Shown("hit_rate_1_5x", "reach 1.5x", share),
    Shown("hit_rate_2x", "reach 2x", share),
    Shown("median_time_to_2x_s", "time to 2x", seconds, of="n_2x"),
    Shown("hit_rate_5x", "reach 5x", share),
    Shown("median_drawdown", "drawdown", share),
    Shown("median_end_return", "median end", share),
    Shown("mean_end_return_dead_at_zero", "mean end dead at zero", share),
    Shown("win_rate", "win rate", share),
    Shown("profit_factor", "profit factor", ratio),
    Shown("expectancy", "mean net", share),
    Shown("late_expectancy", "one candle late", share, of="n_late"),
)


def cell(row: Mapping[str, Any], column: Shown) -> str:
    """The value of a column, with the number of calls behind it where that is not the one of the row."""
    told = column.told(row[column.name]).replace(" ", "\u00a0")  # a narrow column parts no figure from its unit
    if column.name == "n_ok" and row["n_calls"] != row["n_ok"]:
        return f"{told} of {count(row['n_calls'])}"
    if column.of is None or row[column.name] is None or row[column.of] == row["n_ok"]:
        return told
    return f"{told} ({count(row[column.of])})"
