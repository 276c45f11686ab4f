"""The live picture of a run on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

from quantray import plain
from quantray.protocols import Counts
from quantray.report import words
from quantray.sweeps.plan import Plan
from quantray.trial import Trial

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

SHOWN_PARAMS = 12
#: What a stage does, for who does not know its name.
DOING = {
    "data": "data: reading and laying out the market",
    "kernels": "kernels: reading what is compiled",
    "compiling": "compiling, which later runs are spared",
    "Ray": "Ray: waiting until it is there",
    "searching": "searching: waiting for the first results",
    "comparing": "comparing with the whole table",
    "judging": "judging: what survives, and what to believe",
    "writing": "writing the report and tables",
}
_AFTER = ("comparing", "judging", "writing")


class State(TypedDict):
    """Where a sweep stands, as it is shown: ``done`` of ``target`` candidates, ``rate`` a second."""

    counts: Counts
    best: Trial | None
    duplicates: Mapping[str, int]
    done: int
    target: int
    rate: float | None
    elapsed: float
    eta: float | None
    drivers: int


def live(plan: Plan, state: State | None, elapsed: float, stage: str = "") -> RenderableType:
    """The stage until there are results; then bar, rate and time left, counts, duplicates by source, the best."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.spinner import Spinner
    from rich.table import Table
    from rich.text import Text

    if not state:
        name = plain.one_line(plan.study)
        return Spinner("dots", Text(f"{name}: {DOING.get(stage, 'preparing')}, {words.duration(round(elapsed))}"))
    done, target = state["done"], state["target"]
    head = Table.grid(padding=(0, 2), expand=True)
    head.add_column(no_wrap=True)
    head.add_column(ratio=1)
    head.add_column(justify="right", no_wrap=True)
    left = words.left(state["eta"]) + " left" if state["eta"] is not None and done < target else ""
    if stage in _AFTER:
        left = DOING[stage]
    head.add_row(
        Text(plain.one_line(plan.study)[:30], style="bold"),
        ProgressBar(total=max(target, 1), completed=min(done, target), complete_style="green", finished_style="green"),
        f"{done:,} of {target:,}",
    )
    rate = "" if state["rate"] is None else f"{words.number(float(state['rate']), 1)} a second"
    beside = f"one of {state['drivers']} drivers" if state["drivers"] > 1 else ""
    parts = [p for p in (rate, beside, f"{words.duration(round(elapsed))} so far", left) if p]
    return Group(head, Text(" · ".join(parts), style="dim"), _counts(state), _best(plan, state["best"]))


def _counts(state: State) -> Text:
    from rich.text import Text

    c = state["counts"]
    line = Text()
    shown = ((c.complete, "completed", "green"), (c.pruned, "pruned", "yellow"), (c.failed, "failed", "red"))
    for n, what, style in shown:
        line.append(f"{n:,}", style=style if n else "dim").append(f" {what}   ")
    twice = {k: v for k, v in state["duplicates"].items() if v}
    if twice:
        named = ", ".join(f"{source} {n:,}" for source, n in twice.items())
        line.append(f"{sum(twice.values()):,}").append(f" duplicates ({named})")
    return line


def _best(plan: Plan, best: Trial | None) -> Text:
    from rich.text import Text

    if best is None:
        return Text("no candidate completed yet", style="dim")
    line = Text("best ").append(words.metric(plan.objective, best.value), style="bold")
    line.append(f" {words.label(plan.objective)}, trial {best.number}: ")
    fixed = {d.name for d in plan.space.dimensions if d.values is not None and len(d.values) == 1}
    shown = [(k, v) for k, v in best.params.items() if k not in fixed][:SHOWN_PARAMS]
    return line.append(", ".join(f"{k}={words.parameter(v)}" for k, v in shown), style="dim")
