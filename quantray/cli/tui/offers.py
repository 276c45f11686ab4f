"""What the screens say of a call without a policy: the columns of the alert baseline, its words, its simple trade."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quantray.callers.baseline.columns import MULTIPLES
from quantray.callers.baseline.progress import Medians
from quantray.callers.baseline.trace import Milestone, candles_of, milestones_of
from quantray.callers.data import CandleSlice
from quantray.callers.report.baseline.words import multiple, seconds, share
from quantray.cli.tui.columns import (
    Column,
    Row,
    count_column,
    multiple_column,
    name_column,
    share_column,
    text_column,
    time_column,
)  # fmt: skip
from quantray.cli.tui.source import Picture
from quantray.errors import DataError
from quantray.report.words import DASH

CALLERS: tuple[Column, ...] = (
    name_column("caller", "caller"),
    count_column("n", "calls"),
    multiple_column("median_ath_multiple", "ath"),
    time_column("median_time_to_ath_s", "after", 9),
    share_column("hit_rate_2x", "2x"),
    share_column("median_drawdown", "drawdown", 9, high_first=False),
    share_column("median_end_return", "end", 9),
    count_column("n_calls", "of all"),
    *(share_column(f"hit_rate_{name}", name.replace("_", ".")) for name in MULTIPLES if name != "2x"),
)
CALLS: tuple[Column, ...] = (
    name_column("asset", "asset"),
    text_column("called", "called", 16),
    multiple_column("ath_multiple", "ath"),
    time_column("time_to_ath_s", "after", 9),
    share_column("drawdown", "drawdown", 9, high_first=False),
    share_column("end_return", "end", 9),
    text_column("state", "sold", 8),
    time_column("time_to_2x_s", "to 2x", 8),
    share_column("tp_sl_net", "sold, net", 10),
    text_column("call_id", "call", 14),
)
_LEFT_OUT = {"missing": "no data", "bad_entry": "no price", "too_new": "too new"}
SIMPLE = "simple trade"


def medians_line(m: Medians) -> str:
    """What the calls measured by now did, in the middle."""
    if m.ath_multiple is None:
        return f"medians: {DASH}"
    return (
        f"medians: ath {multiple(m.ath_multiple)} after {seconds(m.time_to_ath_s)}, "
        f"drawdown {share(m.drawdown)}, end {share(m.end_return)}"
    )


def call_row(row: Row) -> Row:
    """A row of the alerts' table with what the screens say of it."""
    state = row["tp_sl_reason"] or ("waiting" if row["status"] == "ok" else _LEFT_OUT.get(row["status"], "left out"))
    return {**row, "called": str(row["ts"])[:16].replace("T", " "), "state": state}


def exits_of(call: Row) -> Sequence[str]:
    return (SIMPLE,) if call.get("tp_sl_reason") in ("target", "stop") else ()


def chosen(marks: Sequence[Milestone], exits: str | None) -> list[Milestone]:
    """Milestones with the simple trade's exit where that is the one to be shown."""
    return [m for m in marks if m.name not in ("target", "stop") or exits == SIMPLE]


def sold(call: Row, exits: str | None) -> str:
    """How the exits that are shown came about."""
    if exits != SIMPLE:
        return ""
    return f"{SIMPLE}: {call['tp_sl_reason']} after {seconds(call['tp_sl_time_s'])}, {share(call['tp_sl_net'])} net"


def picture_of(made: CandleSlice, call: Row, horizon_s: int, exits: str | None) -> Picture:
    """A call's candles with its milestones. DataError where it has none."""
    candles = next(candles_of(made, [call], horizon_s))
    if candles is None or not len(candles):
        raise DataError(f"this call has no candles: {call['state']}")
    return Picture(candles, chosen(milestones_of(call, horizon_s), exits), facts_of(call), sold(call, exits))


def facts_of(call: Row) -> str:
    """What a line can say of a call."""
    if call.get("ath_multiple") is None:
        return f"not measured: {call['state']}"
    return (
        f"ath {multiple(call['ath_multiple'])} after {seconds(call['time_to_ath_s'])}, "
        f"drawdown {share(call['drawdown'])}, end {share(call['end_return'])}"
    )


def plain(value: Any) -> Any:
    """A cell of a frame as a plain value, None where it does not exist."""
    import pandas

    if value is None or value is pandas.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value
