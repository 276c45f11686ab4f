"""The face of a run of the optimiser: its stages while it goes on, then the callers and what to think of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from quantray.callers.plan import CallerPlan
from quantray.callers.progress import STAGES, Progress
from quantray.callers.report.live import State
from quantray.callers.results import CallerResults
from quantray.report.terminal import Face, Finished

if TYPE_CHECKING:
    from rich.console import RenderableType


class CallerTerminal(Face[CallerResults, State]):
    """Show a run of the optimiser: :meth:`progress` takes its ``Progress`` events, :meth:`finish` the study.

    Without a terminal every stage is a line when it begins, and then one every few seconds.
    """

    def __init__(self, plan: CallerPlan, *, out: TextIO | None = None, err: TextIO | None = None) -> None:
        super().__init__(plan.study, out=out, err=err)
        self.plan = plan
        self._seen: dict[str, Progress] = {}

    def progress(self, event: Progress) -> None:
        """Take the newest state of the run."""
        from quantray.callers.report.live import finished

        new = event.stage not in self._seen
        self._seen[event.stage] = event
        done = event.stage == STAGES[-1] and finished(event)
        self.take({"seen": dict(self._seen), "event": event}, at_once=new or done)

    def picture(self, elapsed: float) -> RenderableType:
        from quantray.callers.report.live import live

        return live(self.plan, self._state, elapsed)

    @property
    def share(self) -> float | None:
        """Of the stage."""
        event = None if self._state is None else self._state["event"]
        return None if event is None or not event.total else event.done / event.total

    def line(self) -> str:
        from quantray.callers.report.live import one_line

        assert self._state is not None
        return one_line(self.plan, self._state)

    def ending(self, study: Finished[CallerResults]) -> RenderableType:
        from quantray.callers.report.printout import ending

        return ending(study.results, study.files, self._out.width)
