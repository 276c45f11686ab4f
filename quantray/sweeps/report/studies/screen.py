"""The study tools on a terminal: tables from the data that ``study_tools`` returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from quantray.plain import amount, one_line
from quantray.sweeps.report.studies.stored import StudyRow, StudySummary

if TYPE_CHECKING:
    from rich.console import RenderableType

REASONS = 10  # how many different messages are shown


def render_list(rows: Sequence[StudyRow]) -> RenderableType:
    """One line a study."""
    from rich.table import Table
    from rich.text import Text

    table = Table("study", box=None, pad_edge=False, header_style="bold")
    for title in ("complete", "pruned", "failed", "unfinished", "best"):
        table.add_column(title, justify="right")
    table.add_column("created")
    table.add_column("where", overflow="fold")
    for row in rows:
        c = row.counts
        if row.error is not None:
            table.add_row(Text(one_line(row.name)), *[""] * 6, Text(one_line(row.error), style="red"))
            continue
        if row.units is not None:
            ranked = sum(state == "ranked" for state in row.units.values())
            told = f"{ranked:,} of {len(row.units):,} ranked"
            if row.buckets is not None:
                told = f"{amount(row.buckets, 'bucket')} measured"
            table.add_row(Text(one_line(row.name)), told, *[""] * 4, _day(row.created_at), Text(one_line(row.where)))
            continue
        figures = (f"{n:,}" for n in (c.complete, c.pruned, c.failed, c.claimed))
        table.add_row(
            Text(one_line(row.name)), *figures, number(row.best), _day(row.created_at), Text(one_line(row.where))
        )
    return table


def render_summary(summary: StudySummary) -> RenderableType:
    """Everything of one study, section by section."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    parts: list[RenderableType] = [Text(one_line(f"{summary.name}  {summary.where}"), style="bold")]
    for title, section in _sections(summary):
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(overflow="fold")
        table.add_column(justify="right")
        for name, value in section.items():
            table.add_row(Text(one_line(name)), Text(one_line(value)))
        parts += [Text(f"\n{title}", style="bold"), Padding(table, (0, 0, 0, 2))]
    return Group(*parts)


def _sections(s: StudySummary) -> Iterator[tuple[str, Mapping[str, str]]]:
    if s.units is not None:
        yield from _caller_sections(s, s.units)
        return
    c = s.counts
    yield (
        f"created {_day(s.created_at)}",
        {
            "attempts": f"{c.attempts:,}",
            "complete": f"{c.complete:,}",
            "pruned": f"{c.pruned:,}",
            "failed": f"{c.failed:,}",
            "unfinished": f"{c.claimed:,}",
            "evaluated again after an interruption": f"{s.repeated:,}",
            "evaluated again after a worker died": f"{s.retried:,}",
            **({"results that came too late": f"{s.late:,}"} if s.late else {}),
        },
    )
    yield "duplicates, not launched, by source", _counted(s.duplicates) or {"none": ""}
    yield "trials.parquet, SHA-256", {s.table or "none: no run has reported what is stored": ""}
    if s.drivers:
        yield "drivers", {f"{k} (seed {d['seed']})": _driver(d) for k, d in s.drivers.items()}
    if s.pruned:
        yield "pruned by reason", _counted(s.pruned)
    if s.failed:
        yield "failures by message", _counted(s.failed)
    if s.best is None:
        yield "best trial", {"no candidate completed": ""}
        return
    title = f"best trial: number {s.best.number}, {s.described.get('objective', 'value')} {number(s.best.value)}"
    yield title + ("" if s.best.feasible else " (no feasible one)"), {k: number(v) for k, v in s.best.params.items()}
    yield "its metrics", {name: number(value) for name, value in s.best.metrics.items()}


def _caller_sections(s: StudySummary, units: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """A study about callers: what was asked, how far it is, and whose policy was found."""
    asked = {"policies": s.described.get("policy", {}).get("grid"), "objective": s.described.get("objective")}
    if "baseline" in s.described:
        asked = {"alert baseline": "no policies"}
    yield f"created {_day(s.created_at)}", {name: str(value) for name, value in asked.items()}
    stages: dict[str, int] = {}
    for key in s.notes:
        if key.startswith("callers/"):
            stage = key.split("/")[1]
            stages[stage] = stages.get(stage, 0) + 1
    yield "finished parts by stage", {stage: f"{n:,}" for stage, n in stages.items()} or {"none": ""}
    if "baseline" in s.described:
        return
    yield "callers by state", _counted(dict(Counter(units.values()).most_common())) or {"none yet": ""}


def _driver(note: Mapping[str, Any]) -> str:
    return (
        f"{note['stored']:,} stored, {amount(sum(note['duplicates'].values()), 'duplicate')}, {note['seconds']:,.1f} s"
    )


def _counted(reasons: Mapping[str, int]) -> dict[str, str]:
    shown = dict(list(reasons.items())[:REASONS])
    lines = {name: f"{count:,}" for name, count in shown.items()}
    if len(reasons) > len(shown):
        lines[f"… {len(reasons) - len(shown):,} more"] = f"{sum(reasons.values()) - sum(shown.values()):,}"
    return lines


def number(value: object) -> str:
    """A value for reading: six significant digits, a dash for what does not exist."""
    if value is None:
        return "-"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M") if seconds else ""
