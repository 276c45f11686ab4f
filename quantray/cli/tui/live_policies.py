"""A run over policies while it goes on, as the screens see it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from quantray.callers.baseline.following import PolicyProgress
from quantray.callers.baseline.progress import Medians, callers_so_far
from quantray.callers.plan import CallerPlan
from quantray.callers.policies import written
from quantray.callers.progress import STAGES, Progress
from quantray.callers.report.words import STATES
from quantray.callers.results import GROUP
from quantray.cli.tui.columns import Row
from quantray.cli.tui.offers import call_row, exits_of, medians_line, picture_of
from quantray.cli.tui.pace import Pace, bar, pace, since, stage_line
from quantray.cli.tui.policies import CALLS, callers_columns
from quantray.cli.tui.source import Head, Picture
from quantray.errors import DataError


class LivePolicies:
    """A run that goes on: :meth:`take` keeps its newest event, from whatever thread."""

    live = True
    call_columns = CALLS

    def __init__(self, plan: CallerPlan) -> None:
        self.study, self._plan = plan.study, plan
        self.caller_columns = callers_columns(plan.objective)
        self._event: PolicyProgress | None = None
        self._stage = ""
        self._version, self._pace, self._began = 0, Pace(), time.monotonic()

    @property
    def version(self) -> int:
        return self._version

    def take(self, event: Progress) -> None:
        if isinstance(event, PolicyProgress):
            self._event = event
            self._version += 1

    def head(self) -> Head:
        event = self._event
        if event is None:
            return Head(stage_line(STAGES, STAGES[0]), f"preparing, {since(self._began)}", medians_line(Medians()))
        rows = f"{bar(event.done, event.total)} {event.done:,} of {event.total:,}" if event.total else "…"
        left = pace(*self._pace.of(event.stage, event.done, event.total)) if event.done < event.total else ""
        doing = f"{event.stage} {rows}"
        if event.stage == STAGES[-1] and event.done >= event.total > 0:
            doing, left = "writing report and tables", ""
        told = [doing, left, since(self._began), event.detail]
        return Head(stage_line(STAGES, event.stage), "  ".join(filter(None, told)), medians_line(event.medians))

    def callers(self) -> Sequence[Row]:
        event = self._event
        if event is None or event.alerts is None:
            return []
        rows = [self._row(found.caller, event, {
            "n": found.n_eligible, "median_ath_multiple": found.median_ath_multiple,
            "median_time_to_ath_s": found.median_time_to_ath_s, "median_drawdown": found.median_drawdown,
        }) for found in callers_so_far(event.alerts)]  # fmt: skip
        return [*rows, *([self._row(GROUP, event, {})] if GROUP in event.places else [])]

    def _row(self, caller: str, event: PolicyProgress, offered: Mapping[str, Any]) -> Row:
        place = event.places.get(caller, {})
        best = place["top"][0] if place.get("state") == "ranked" and place["top"] else None
        policies = self._plan.policies
        named = written(policies[best]) if best is not None and best < len(policies) else None
        return {
            "caller": caller, **offered, "value": place.get("value"), "held_out": place.get("held_out_value"),
            "policy": named or (STATES.get(place["state"]) if place else None),
        }  # fmt: skip

    def calls(self, caller: str) -> Sequence[Row]:
        alerts = None if self._event is None else self._event.alerts
        if alerts is None:
            return []
        mine = np.arange(len(alerts)) if caller == GROUP else alerts.of(caller)
        rows = [call_row(row) for row in alerts.rows(mine)]
        return [{**row, "outcome": row["state"] if row["status"] != "ok" else None} for row in rows]

    def exits(self, call: Row) -> Sequence[str]:
        return exits_of(call)

    def picture(self, call: Row, exits: str | None) -> Picture:
        if self._event is None or self._event.slice is None:
            raise DataError("the candles are not there yet")
        return picture_of(self._event.slice, call, self._event.horizon_s, exits)
