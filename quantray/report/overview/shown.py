"""The table of the studies of a multirun, for a terminal and as a page: best, pick, held out and verdict of each."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from quantray.files import Published, room
from quantray.plain import amount, one_line
from quantray.protocols import Say
from quantray.report.ended import Ended
from quantray.report.listing import Unbroken
from quantray.report.page import render
from quantray.report.verdict import STYLES, TONES
from quantray.report.words import DASH, label
from quantray.stats.checks import Word

if TYPE_CHECKING:
    from rich.console import RenderableType

NAME = "overview.html"
DONE = "done"
SETTINGS = 6  # in which studies differ, that are shown


@dataclass(frozen=True, slots=True)
class Job:
    """One study of several: how its run ended (``state``), and what it noted of its report; None: it has none."""

    study: str
    state: str
    ended: Ended | None
    report: Path | None
    varied: Mapping[str, str] = field(default_factory=dict)  # dotted key -> value, where the studies differ

    @property
    def verdict(self) -> str:
        """The verdict, or what became of a run that has none."""
        return (self.ended.verdict or DASH) if self.state == DONE and self.ended is not None else self.state

    @property
    def figures(self) -> list[str]:
        """Best, pick and held out in words, of a run that came to its end."""
        e = self.ended if self.state == DONE else None
        return [DASH] * 3 if e is None else [e.best_words, e.pick_words, e.held_out_words]


def check_place(folder: Path) -> None:
    """ConfigError, before any work, where the page would replace what quantray did not write."""
    Published(folder).check([NAME])


def write(jobs: Sequence[Job], folder: Path, say: Say) -> Path:
    """Write the page into the folder. DiskError without room."""
    published = Published(folder)
    with room(folder / NAME, "every result is stored in its study"), published.staging() as staged:
        page = staged / NAME
        page.write_text(as_page(jobs, folder), encoding="utf-8")
        for sentence in published.write("multirun", {NAME: page}):
            say(sentence)
    return folder / NAME


def as_page(jobs: Sequence[Job], folder: Path) -> str:
    """The page as text; reports are linked to from ``folder``."""
    keys = [*jobs[0].varied][:SETTINGS] if jobs else []
    rows = [
        {
            "study": job.study, "link": None if job.report is None else quote(os.path.relpath(job.report, folder)),
            "varied": [job.varied.get(key, DASH) for key in keys], "cells": job.figures,
            "verdict": job.verdict, "tone": _tones().get(job.verdict, "none"),
            "headline": job.ended.headline if job.ended is not None and job.state == DONE else "",
        }
        for job in jobs
    ]  # fmt: skip
    context: dict[str, Any] = {
        "study": "Overview",
        "subtitle": headline(jobs),
        "rows": rows,
        "objectives": told(jobs),
        "keys": keys,
    }
    return render("quantray.report.overview", context, label)


def headline(jobs: Sequence[Job]) -> str:
    """How many studies there are, and what became of them."""
    states = [job.state for job in jobs]
    counted = [f"{states.count(state):,} {state}" for state in dict.fromkeys(states)]
    return f"{amount(len(jobs), 'study', 'studies')}: {', '.join(counted)}"


def told(jobs: Sequence[Job]) -> str:
    """What the figures are of, where all are of the same."""
    found = {job.ended.told for job in jobs if job.ended is not None}
    return found.pop() if len(found) == 1 else ""


def _tones() -> dict[str, str]:
    return {str(word): TONES[word] for word in Word}


def as_renderables(jobs: Sequence[Job], page: Path | None) -> list[RenderableType]:
    """The table of a terminal, and below it the page on a line of its own."""
    from rich.table import Table
    from rich.text import Text

    styles = {str(word): STYLES[word] for word in Word}
    of = told(jobs)
    table = Table("study", box=None, pad_edge=False, header_style="bold")
    for title in ("best", "pick", "held out"):
        table.add_column(title, justify="right")
    table.add_column("verdict")
    for job in jobs:
        word = Text(job.verdict, style=styles.get(job.verdict, "" if job.state == DONE else "red"))
        name = Text(one_line(job.study), overflow="fold")
        if job.varied:
            settings = (f"{key}={one_line(value)}" for key, value in [*job.varied.items()][:SETTINGS])
            name.append("\n  " + " ".join(settings), style="dim")
        table.add_row(name, *job.figures, word)
    head = Text(headline(jobs), style="bold")
    parts: list[RenderableType] = [Text(), head.append(f"; figures are {of}" if of else "", style="not bold"), table]
    if page is not None:
        parts += [Text("The overview, for a browser", style="bold"), Unbroken(f"  {os.path.relpath(page)}", page)]
    return parts
