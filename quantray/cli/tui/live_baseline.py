"""The alert baseline while it goes on, as the screens see it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from quantray.callers.baseline.columns import MULTIPLES
from quantray.callers.baseline.plan import BaselinePlan
from quantray.callers.baseline.progress import MEASURING, STAGES, BaselineProgress, CallerSoFar, Medians
from quantray.cli.tui.columns import Row
from quantray.cli.tui.offers import CALLERS, CALLS, call_row, exits_of, medians_line, picture_of
from quantray.cli.tui.pace import Pace, bar, pace, since, stage_line
from quantray.cli.tui.source import Head, Picture
from quantray.errors import DataError
from quantray.plain import amount


class LiveBaseline:
    """A run that goes on: :meth:`take` keeps its newest event, from whatever thread."""

    live = True
    caller_columns, call_columns = CALLERS, CALLS

    def __init__(self, plan: BaselinePlan) -> None:
        self.study = plan.study
        self._event: BaselineProgress | None = None
        self._version, self._pace, self._began = 0, Pace(), time.monotonic()

    @property
    def version(self) -> int:
        return self._version

    def take(self, event: BaselineProgress) -> None:
        self._event = event
        self._version += 1

    def head(self) -> Head:
        event = self._event
        if event is None:
            return Head(stage_line(STAGES, STAGES[0]), f"preparing, {since(self._began)}", medians_line(Medians()))
        told = [_counted(event), _pace(event, self._pace), since(self._began)]
        return Head(stage_line(STAGES, event.stage), "  ".join(filter(None, told)), medians_line(event.medians))

    def callers(self) -> Sequence[Row]:
        return [] if self._event is None else [_caller_row(found) for found in self._event.callers()]

    def calls(self, caller: str) -> Sequence[Row]:
        alerts = None if self._event is None else self._event.alerts
        return [] if alerts is None else [call_row(row) for row in alerts.rows(alerts.of(caller))]

    def exits(self, call: Row) -> Sequence[str]:
        return exits_of(call)

    def picture(self, call: Row, exits: str | None) -> Picture:
        if self._event is None or self._event.slice is None:
            raise DataError("the candles are not there yet")
        return picture_of(self._event.slice, call, self._event.horizon_s, exits)


def _counted(event: BaselineProgress) -> str:
    """How many of what is done: calls where they are measured, rows of the other stages."""
    if event.stage == MEASURING and event.eligible:
        return f"{bar(event.measured, event.eligible)} {event.measured:,} of {amount(event.eligible, 'call')}"
    if event.total:
        return f"{bar(event.done, event.total)} {event.done:,} of {event.total:,}"
    return amount(event.measured, "call") if event.measured else f"{event.stage} …"


def _pace(event: BaselineProgress, own: Pace) -> str:
    if event.finished or event.stage == STAGES[-1]:
        return ""
    return pace(event.rate, event.eta) or pace(*own.of(event.stage, event.done, event.total))


def _caller_row(found: CallerSoFar) -> Row:
    hits = dict(zip((f"hit_rate_{name}" for name in MULTIPLES), found.hit_rate, strict=True))
    return {
        "caller": found.caller, "n": found.n, "n_calls": found.n_calls,
        "median_ath_multiple": found.median_ath_multiple, "median_time_to_ath_s": found.median_time_to_ath_s,
        "median_drawdown": found.median_drawdown, "median_end_return": found.median_end_return, **hits,
    }  # fmt: skip
