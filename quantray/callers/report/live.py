"""The live picture of a run of the optimiser: its stages, how far each is, the best so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

from quantray import plain
from quantray.callers.plan import CallerPlan
from quantray.callers.progress import STAGES, Progress
from quantray.report import words

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

#: What a stage does, for who does not know its name.
DOING = {
    "calls": "reading and filtering calls",
    "candles": "putting candles where workers read them",
    "coverage": "which calls have an entry",
    "first touch": "when each level is reached, asset by asset",
    "scores": "every caller under every policy",
    "ranking": "constraints, objective, ties",
    "survivors": "which policies luck does not explain",
    "winners": "trades and accounts of the best",
    "offers": "what every call offered, without a policy",
    "writing": "report and tables",
}
WRITING = "writing"


class State(TypedDict):
    """Where a run stands: the newest word of every stage that began, and the newest of all."""

    seen: Mapping[str, Progress]
    event: Progress


def live(plan: CallerPlan, state: State | None, elapsed: float) -> RenderableType:
    """One line a stage: done, where it stands, still to come."""
    from rich.console import Group
    from rich.spinner import Spinner
    from rich.text import Text

    if not state:
        return Spinner("dots", Text(f"{plain.one_line(plan.study)}: preparing, {words.duration(round(elapsed))}"))
    head = Text(plain.one_line(plan.study), style="bold", no_wrap=True, overflow="ellipsis")
    told = [plain.amount(len(plan.policies), "policy", "policies"), f"{words.duration(round(elapsed))} so far"]
    detail = state["event"].detail
    foot = Text(detail, style="dim", no_wrap=True, overflow="ellipsis") if detail else Text()
    return Group(head, Text(" · ".join(told), style="dim"), _stages(state), foot)


def _stages(state: State) -> Table:
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2), expand=True)
    for ratio, justify in ((None, "left"), (None, "left"), (1, "left"), (None, "right")):
        grid.add_column(ratio=ratio, justify=justify, no_wrap=True, overflow="ellipsis")  # type: ignore[arg-type]
    seen, event = state["seen"], state["event"]
    for stage in (*STAGES, WRITING):
        if stage == event.stage and event.total and not finished(event):
            bar = ProgressBar(total=event.total, completed=event.done, complete_style="green", width=None)
            grid.add_row(Text("›", style="bold"), Text(stage, style="bold"), bar, f"{event.done:,} of {event.total:,}")
        elif stage in seen and (stage != event.stage or finished(event)):
            grid.add_row(Text("✓", style="green"), Text(stage), Text(DOING[stage], style="dim"), counted(seen[stage]))
        elif stage == event.stage or (stage == WRITING and event.stage == STAGES[-1] and finished(event)):
            grid.add_row(Text("›", style="bold"), Text(stage, style="bold"), Text(DOING[stage]), "")
        else:
            grid.add_row("", Text(stage, style="dim"), Text(DOING[stage], style="dim"), "")
    return grid


def finished(event: Progress) -> bool:
    return event.total > 0 and event.done >= event.total


def counted(event: Progress) -> str:
    """How many rows of a stage were done, and how many of them an earlier run had done."""
    if not event.total:
        return ""
    return f"{event.done:,}" + (f" ({event.reused:,} reused)" if event.reused else "")


def one_line(plan: CallerPlan, state: State) -> str:
    """The state of a run on one line of plain text."""
    event = state["event"]
    parts = [event.stage]
    if event.total:
        parts[0] += f" {event.done:,} of {event.total:,}"
    if event.reused:
        parts.append(f"{event.reused:,} reused")
    parts.append(words.duration(round(event.elapsed)))
    if event.detail:
        parts.append(event.detail)
    return f"{plain.one_line(plan.study)}: {', '.join(parts)}"
