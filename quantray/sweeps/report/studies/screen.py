"""The study tools on a terminal: tables from the data that ``study_tools`` returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from quantray.plain import amount, one_line
from quantray.report.ended import Ended
from quantray.report.listing import Unbroken
from quantray.report.verdict import STYLES
from quantray.report.words import DASH, metric
from quantray.sweeps.report.studies.stored import StudyRow, StudySummary

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.text import Text

REASONS = 10  # how many different messages are shown
WIDE = 120  # columns from which on everything of a study stands in one line


def render_list(rows: Sequence[StudyRow]) -> RenderableType:
    """A line a study; where the terminal is narrow, the rest of it on a second line."""
    return _List(rows)


class _List:
    """The list of studies, by the room that there is."""

    def __init__(self, rows: Sequence[StudyRow]) -> None:
        self.rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        from rich.table import Table
        from rich.text import Text

        wide = options.max_width >= WIDE
        table = Table("study", box=None, pad_edge=False, header_style="bold")
        for title in ("complete", *(("pruned", "failed", "unfinished") if wide else ()), "best", "held out"):
            table.add_column(title, justify="right")
        table.add_column("verdict")
        for title in ("created", "where") if wide else ():
            table.add_column(title, overflow="fold")
        for row in self.rows:
            name = Text(one_line(row.name), overflow="fold")
            place = [_day(row.created_at), Text(one_line(row.where))]
            if row.error is not None:
                table.add_row(name, *[""] * (5 if wide else 2), Text(one_line(row.error), style="red"))
                continue
            table.add_row(name, *_figures(row, wide=wide), _verdict(row), *(place if wide else ()))
        yield table
        if not wide:
            yield Text()
            for row in self.rows:
                yield Unbroken(f"{one_line(row.name)}  {_day(row.created_at)}  {one_line(row.where)}")


def _figures(row: StudyRow, *, wide: bool) -> list[str]:
    """Counts by state, the best value and the held-out one; of callers how far the ranking or the measuring is."""
    c, held_out = row.counts, number(row.ended.held_out) if row.ended else "-"
    if row.units is None:
        rest = (c.pruned, c.failed, c.claimed) if wide else ()
        return [*(f"{n:,}" for n in (c.complete, *rest)), number(row.best), held_out]
    ranked = sum(state == "ranked" for state in row.units.values())
    told = f"{ranked:,} of {len(row.units):,} ranked"
    if row.buckets is not None:
        told = f"{amount(row.buckets, 'bucket')} measured"
    return [told, *[""] * (3 if wide else 0), "-", "-"]


def _verdict(row: StudyRow) -> Text:
    from rich.text import Text

    word = row.ended.verdict if row.ended else ""
    return Text(word or "-", style=next((style for known, style in STYLES.items() if known == word), ""))


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
    if s.ended is not None and s.ended.verdict:
        e = s.ended
        yield f"verdict: {e.verdict}. {e.headline}", _judged(e)
    table = s.ended.table if s.ended else ""
    yield "trials.parquet, SHA-256", {table or "none: no run has reported what is stored": ""}
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
    if s.ended is not None:
        yield f"verdict: {s.ended.verdict}. {s.ended.headline}", {}


def _judged(e: Ended) -> dict[str, str]:
    """The figures that the verdict is about."""
    values = (("best", e.best), ("pick", e.pick), ("held out", e.held_out))
    told = {name: metric(e.objective, value) for name, value in values}
    return {f"{name}, {e.objective}": text for name, text in told.items() if text != DASH}


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
