"""The tables of a run over policies on the screens: what its calls offered, and what the best policies made of it."""

from __future__ import annotations

from functools import partial

from quantray.callers.report.words import SHARES, metric
from quantray.cli.tui.columns import (
    Column,
    count_column,
    multiple_column,
    name_column,
    share_column,
    text_column,
    time_column,
)  # fmt: skip

CALLS: tuple[Column, ...] = (
    name_column("asset", "asset"),
    text_column("called", "called", 16),
    multiple_column("ath_multiple", "ath"),
    time_column("time_to_ath_s", "after", 9),
    share_column("net", "net", 9),
    text_column("outcome", "outcome", 14),
    text_column("part", "part", 8),
    share_column("drawdown", "drawdown", 9, high_first=False),
    share_column("end_return", "end", 9),
    text_column("call_id", "call", 14),
)


def callers_columns(objective: str) -> tuple[Column, ...]:
    """Of a run that ranks by ``objective``; what was held out stands first."""
    told, scale = partial(metric, objective), 100.0 if objective in SHARES else 1.0
    return (
        name_column("caller", "caller"),
        count_column("n", "calls"),
        Column("held_out", "held out", 10, told, scale=scale),
        Column("value", "training", 10, told, scale=scale),
        count_column("n_trades", "trades"),
        multiple_column("median_ath_multiple", "ath"),
        time_column("median_time_to_ath_s", "after", 9),
        text_column("verdict", "verdict", 16),
        share_column("median_drawdown", "drawdown", 9, high_first=False),
        text_column("policy", "policy", 30),
    )
