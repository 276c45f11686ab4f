"""The face of the alert baseline: its stages and running medians while it goes on, then the callers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from quantray import plain
from quantray.callers.baseline.plan import BaselinePlan
from quantray.callers.baseline.progress import MEASURING, STAGES, BaselineProgress
from quantray.callers.baseline.results import BaselineResults
from quantray.callers.report.baseline.words import count, multiple, seconds, share
from quantray.report.terminal import Face, Finished
from quantray.report.words import duration, left

if TYPE_CHECKING:
    from rich.console import RenderableType


class BaselineTerminal(Face[BaselineResults, BaselineProgress]):
    """Show a run: :meth:`progress` takes its events, :meth:`finish` the study.

    Without a terminal every stage is a line when it begins, and then one every few seconds.
    """

    def __init__(self, plan: BaselinePlan, *, out: TextIO | None = None, err: TextIO | None = None) -> None:
        super().__init__(plan.study, out=out, err=err)
        self._seen: list[str] = []

    def progress(self, event: BaselineProgress) -> None:
        """Take the newest state of the run."""
        new = event.stage not in self._seen
        if new:
            self._seen.append(event.stage)
        self.take(event, at_once=new or (event.stage == MEASURING and event.finished))

    def picture(self, elapsed: float) -> RenderableType:
        from rich.console import Group
        from rich.spinner import Spinner
        from rich.text import Text

        event = self._state
        if event is None:
            return Spinner("dots", Text(f"{self.study}: preparing, {duration(round(elapsed))}"))
        now = STAGES.index(event.stage)
        stages = Text("  ").join(
            Text(stage, style="green" if i < now else "bold" if i == now else "dim") for i, stage in enumerate(STAGES)
        )
        return Group(Text(self.study, style="bold", no_wrap=True, overflow="ellipsis"), stages, Text(told(event)))

    @property
    def share(self) -> float | None:
        """Of the calls."""
        event = self._state
        return None if event is None or not event.eligible else event.measured / event.eligible

    def line(self) -> str:
        event = self._state
        assert event is not None
        return f"{self.study}: {event.stage}, {told(event)}"

    def ending(self, study: Finished[BaselineResults]) -> RenderableType:
        from rich.console import Group

        from quantray.callers.report.baseline.printout import ending

        return Group(*ending(study.results, study.files, self._out.width))


def told(event: BaselineProgress) -> str:
    """How far the run is, in words: calls, rate, what is left, running medians."""
    return plain.one_line(", ".join(_told(event)))


def _told(event: BaselineProgress) -> Iterator[str]:
    if event.eligible:
        yield f"{count(event.measured)} of {plain.amount(event.eligible, 'call')}"
    if event.reused:
        yield f"{count(event.reused)} of {plain.amount(event.total, 'bucket')} reused"
    if event.rate is not None and event.eta is not None and not event.finished:
        yield f"{count(round(event.rate))} a second, {left(event.eta)} left"
    m = event.medians
    if m.ath_multiple is not None:
        yield (
            f"medians: highest {multiple(m.ath_multiple)} after {seconds(m.time_to_ath_s)}, "
            f"drawdown {share(m.drawdown)}, end {share(m.end_return)}"
        )
    yield duration(round(event.elapsed))
