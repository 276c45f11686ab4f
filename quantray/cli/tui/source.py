"""What the screens read, whether the run goes on or has ended: a head, callers, calls, and a call's picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from quantray.callers.baseline.trace import CallCandles, Milestone
from quantray.cli.tui.columns import Column, Row


class Head(NamedTuple):
    """The lines above the callers; none of them is longer than it is useful at 80 cells."""

    stages: str
    progress: str
    medians: str


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A call's candles with what happened at which time and multiple of the entry.

    ``facts`` and ``exits`` are lines about the call, and about the exits among the marks.
    """

    candles: CallCandles
    marks: Sequence[Milestone]
    facts: str
    exits: str


class Source(Protocol):
    """A run as the screens see it. ``version`` grows when there is something new to draw.

    ``callers``, ``calls`` and ``picture`` are called in the thread of the screens, and read whatever is there by then.
    """

    @property
    def study(self) -> str: ...

    @property
    def live(self) -> bool:
        """Whether time goes on."""

    @property
    def caller_columns(self) -> Sequence[Column]: ...

    @property
    def call_columns(self) -> Sequence[Column]: ...

    @property
    def version(self) -> int: ...

    def head(self) -> Head: ...

    def callers(self) -> Sequence[Row]: ...

    def calls(self, caller: str) -> Sequence[Row]: ...

    def exits(self, call: Row) -> Sequence[str]:
        """Names of the policies whose exits can be shown in the call's picture."""

    def picture(self, call: Row, exits: str | None) -> Picture:
        """UserError, one sentence, where the call has no candles."""
