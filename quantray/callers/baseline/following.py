"""What a run over policies has found so far: what its calls offered, and which callers are ranked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from quantray.callers.baseline.alerts import Alerts
from quantray.callers.baseline.progress import Medians, medians_of
from quantray.callers.data import CandleSlice
from quantray.callers.progress import Progress

#: Begins the ledger's keys of what the ranking notes.
_RANKED = "callers/ranking/"


@dataclass(frozen=True, slots=True)
class PolicyProgress(Progress):
    """How far a run over policies is, with what a terminal or a notebook may show of it."""

    medians: Medians = field(default_factory=Medians)  # over the calls measured by now
    alerts: Alerts | None = None  # the calls and what they offered; None before coverage is known
    slice: CandleSlice | None = None  # their candles; None before coverage is known
    horizon_s: int = 0
    places: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # unit -> stages.ranking.Place as JSON


class Watch:
    """Adds what is known to what the driver says of its rows."""

    def __init__(self, tell: Callable[[Progress], object]) -> None:
        self.tell = tell
        self.alerts: Alerts | None = None
        self.slice: CandleSlice | None = None
        self.horizon_s = 0
        self.notes: Mapping[str, Any] = {}
        self._measured, self._medians = 0, Medians()

    def reached(self, event: Progress) -> None:
        if self.alerts is not None and (measured := int(self.alerts.done.sum())) != self._measured:
            self._measured, self._medians = measured, medians_of(self.alerts)
        noted = [note for key, note in self.notes.items() if key.startswith(_RANKED)]
        self.tell(
            PolicyProgress(
                event.stage, event.done, event.total, event.reused, event.elapsed, event.detail,
                medians=self._medians, alerts=None if self.alerts is None else self.alerts.so_far(), slice=self.slice,
                horizon_s=self.horizon_s, places={place["name"]: place for note in noted for place in note["places"]},
            )
        )  # fmt: skip
