"""The face of a run: live progress while it goes on (plain lines where there is no terminal), then what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from quantray import plain
from quantray.plain import amount
from quantray.report import words
from quantray.report.terminal import Face, Finished
from quantray.sweeps.loop.progress import Progress
from quantray.sweeps.plan import Plan
from quantray.sweeps.report.live import State
from quantray.sweeps.results import Results

if TYPE_CHECKING:
    from rich.console import RenderableType


class Terminal(Face[Results, State]):
    """Show a sweep. Its end: best parameters, searched and held out, the verdict with its reasons, the files.

    :meth:`progress` takes the runner's ``Progress`` event; of a complete table, every attempt counts as done.
    """

    def __init__(self, plan: Plan, *, out: TextIO | None = None, err: TextIO | None = None) -> None:
        super().__init__(plan.study, out=out, err=err)
        self.plan = plan

    def progress(self, event: Progress) -> None:
        """Take the newest state of the sweep."""
        self.take(_state(event, self.plan.search.kind == "exhaustive"))

    def picture(self, elapsed: float) -> RenderableType:
        from quantray.sweeps.report.live import live

        return live(self.plan, self._state, elapsed, self.stage)

    @property
    def doing(self) -> str:
        from quantray.sweeps.report.live import DOING

        return DOING.get(self.stage, self.stage)

    @property
    def share(self) -> float | None:
        return None if self._state is None else self._state["done"] / max(self._state["target"], 1)

    def line(self) -> str:
        assert self._state is not None
        return one_line(self.plan, self._state)

    def ending(self, study: Finished[Results]) -> RenderableType:
        from quantray.sweeps.report.printout import ending

        return ending(study.results, study.files)


def _state(event: Progress, table: bool) -> State:
    done = event.counts.attempts if table else event.counts.complete
    return {
        "counts": event.counts, "best": event.best, "duplicates": event.duplicates, "done": done,
        "target": event.n_trials, "rate": event.rate, "elapsed": event.elapsed, "eta": event.eta,
        "drivers": event.others + 1,
    }  # fmt: skip


def one_line(plan: Plan, state: State) -> str:
    """The state of a run on one line of plain text."""
    c, twice = state["counts"], {k: v for k, v in state["duplicates"].items() if v}
    parts = [f"{state['done']:,} of {state['target']:,}", f"{c.pruned:,} pruned", f"{c.failed:,} failed"]
    if twice:
        named = ", ".join(f"{source} {n:,}" for source, n in twice.items())
        parts.append(f"{amount(sum(twice.values()), 'duplicate')} ({named})")
    if state["rate"] is not None:
        parts.append(f"{words.number(float(state['rate']), 1)}/s")
    if state["drivers"] > 1:
        parts.append(f"one of {state['drivers']} drivers")
    if state["eta"] is not None and state["done"] < state["target"]:
        parts.append(f"{words.left(state['eta'])} left")
    best = state["best"]
    parts.append("no best yet" if best is None else f"best {words.metric(plan.objective, best.value)}")
    return f"{plain.one_line(plan.study)}: {', '.join(parts)}"
