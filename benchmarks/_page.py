"""One manner for every benchmark: what is equal is said before any time is, the worst run stands beside the median.

A benchmark's ``main(arguments)`` fills a ``Report`` and returns it; ``python -m benchmarks`` makes one page of all. By
default it takes about a minute at most. Its ``SMALL`` are the arguments with which it does everything within a few
seconds, as the tests run it; its ``FULL``, where it has them, those of the sizes that people have; its ``USUAL`` those
for the page, where it does more when it is asked alone.
"""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

from quantray.capacity import memory

LIBRARIES = ("numpy", "numba", "pandas", "duckdb", "pyarrow", "optuna", "ray")


@dataclass(frozen=True)
class Row:
    """Runs of one work, and of the same work by somebody else; with ``more`` a larger figure is a better one.

    ``bound``: what stands beside is no rival but the least that is possible, such as reading the data.
    """

    what: str
    runs: tuple[float, ...]
    unit: str
    more: bool = False
    beside: str = ""
    theirs: tuple[float, ...] = ()
    bound: bool = False

    @property
    def middle(self) -> float:
        return statistics.median(self.runs)

    @property
    def worst(self) -> float:
        return self.of(self.runs)

    @property
    def ratios(self) -> tuple[float, float] | None:
        """How many times better than the other: by medians, and by the worst runs of both."""
        if not self.theirs:
            return None
        pairs = ((self.middle, statistics.median(self.theirs)), (self.worst, self.of(self.theirs)))
        by_medians, by_worst = ((ours / theirs if self.more else theirs / ours) for ours, theirs in pairs)
        return by_medians, by_worst

    @property
    def of(self) -> Callable[[Sequence[float]], float]:
        return min if self.more else max

    def line(self) -> str:
        """As a benchmark prints it."""
        text = f"{self.what:52} median {shown(self.middle, self.unit):>12}   worst {shown(self.worst, self.unit):>12}"
        if self.ratios is None:
            return text
        other = f"{self.beside} {shown(statistics.median(self.theirs), self.unit)}"
        return f"{text}   {times(self.ratios[0])} (worst runs {times(self.ratios[1])}) of {other}"


@dataclass
class Report:
    """What one benchmark found, printed as it comes, and stored in the file ``kept`` as it comes, where there is one.

    ``failed``: why it did not come to its end; ``seconds``: what all of it took so far.
    """

    name: str
    what: str
    equal_to: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    load: tuple[float, float] = (0.0, 0.0)
    day: str = ""
    seconds: float = 0.0
    failed: str = ""
    kept: ClassVar[Path | None] = None

    def __post_init__(self) -> None:
        self.load, self.day = (os.getloadavg()[0],) * 2, date.today().isoformat()
        self._began = time.perf_counter()
        print(f"{self.name}: {self.what}; load {self.load[0]:.1f} on {os.cpu_count()} cores", flush=True)
        self._say("")

    def equal(self, sentence: str, holds: bool) -> None:
        """What is the same on both sides; nothing is timed where it is not."""
        if not holds:
            raise SystemExit(f"{self.name}: NOT true: {sentence}")
        self.equal_to.append(sentence)
        self._say(f"equal: {sentence}")

    def row(
        self,
        what: str,
        runs: Sequence[float],
        *,
        beside: tuple[str, Sequence[float]] | None = None,
        unit: str = "s",
        more: bool = False,
        bound: bool = False,
    ) -> None:
        """Figures of every run, in seconds or in ``unit``; ``beside``: whose others, and theirs."""
        if not self.equal_to:
            raise SystemExit(f"{self.name}: {what} is timed before anything is said to be equal")
        other, theirs = beside or ("", ())
        row = Row(what, tuple(map(float, runs)), unit, more, other, tuple(map(float, theirs)), bound)
        self.rows.append(row)
        self._say(row.line())

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)
        self._say(sentence)

    def _say(self, line: str) -> None:
        self.seconds, self.load = time.perf_counter() - self._began, (self.load[0], os.getloadavg()[0])
        if line:
            print(f"{self.seconds:6.0f} s  {line}", flush=True)
        if self.kept is not None:
            self.kept.write_text(json.dumps(self.stored()), encoding="utf-8")

    def stored(self) -> dict[str, Any]:
        return asdict(self)


def read_report(stored: dict[str, Any]) -> Report:
    """A report as another process stored it, without printing it again."""
    report = object.__new__(Report)
    rows = [Row(**{**row, "runs": tuple(row["runs"]), "theirs": tuple(row["theirs"])}) for row in stored["rows"]]
    report.__dict__.update({**stored, "rows": rows, "load": tuple(stored["load"])})
    return report


def nothing(name: str) -> Report:
    """The report of a benchmark that found nothing."""
    report = object.__new__(Report)
    empty: dict[str, Any] = {"equal_to": [], "rows": [], "notes": [], "seconds": 0.0, "failed": ""}
    load, day = (os.getloadavg()[0],) * 2, date.today().isoformat()
    report.__dict__.update(empty, name=name, what="no figures", load=load, day=day)
    return report


def in_turns(
    works: Sequence[Callable[[], Any]], runs: int = 5, clock: Callable[[], float] = time.perf_counter
) -> list[list[float]]:
    """Seconds of every run of each work, taken in turns: what disturbs the machine disturbs all of them.

    A first turn that compiles and touches memory is not counted.
    """
    seconds: list[list[float]] = [[] for _ in works]
    for turn in range(runs + 1):
        for work, taken in zip(works, seconds, strict=True):
            began = clock()
            work()
            if turn:
                taken.append(clock() - began)
    return seconds


def shown(value: float, unit: str) -> str:
    """A figure with three digits that say something, seconds in the unit that suits them."""
    if unit == "s":
        for factor, name in ((1.0, "s"), (1e3, "ms"), (1e6, "us"), (1e9, "ns")):
            if value * factor >= 1 or name == "ns":
                return f"{_digits(value * factor)} {name}"
    return f"{_digits(value)} {unit}"


def _digits(value: float) -> str:
    if 0 < value < 0.1:
        return f"{value:.2g}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def times(ratio: float) -> str:
    return f"{_digits(ratio)} x"


def machine() -> str:
    """What the figures were measured on, without its name."""
    there = memory()
    size = f" and {there / 2**30:.0f} GB" if there else ""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"{os.cpu_count()} cores ({platform.machine()}){size}, Python {platform.python_version()}, {libraries}"


def page(sections: Mapping[str, str]) -> str:
    """The page of these sections (:func:`section`) by name; what it says of them all is read from their own words."""
    lines = [
        "# Benchmarks",
        "",
        "`make bench` runs every benchmark in a process of its own and writes this page. Nothing is timed before what",
        "the lines *Equal* say has been compared. A ratio says how many times better this is than what stands beside",
        "it, by medians and by the worst runs of both; below 1 it is worse. Beside *at best* stands no rival but what",
        "nothing can be better than. Sizes are such that all is done in a quarter of an hour; `make bench ARGS=--full`",
        "takes the sizes that people have, and `ARGS='--only NAME'` measures some again and leaves the rest as it is.",
        "",
        f"The machine: {machine()}.",
        "",
        *_when(sections),
        "## What is worse here",
        "",
        *_worse(sections),
    ]
    return "\n".join(lines) + "\n" + "".join(f"\n{sections[name]}" for name in sorted(sections))


def sections_of(text: str) -> dict[str, str]:
    """The sections of a page by name."""
    parts = re.split(r"^## (\w+)\n", text, flags=re.MULTILINE)
    return {name: f"## {name}\n{body.rstrip()}\n" for name, body in zip(parts[1::2], parts[2::2], strict=True)}


_DAY = re.compile(r"on (\d{4}-\d\d-\d\d)")
_LOAD = re.compile(r"load ([\d.]+) at its beginning")
_FAILED = re.compile(r"^It did not come to its end: .*", re.MULTILINE)


def _when(sections: Mapping[str, str]) -> list[str]:
    """The days on which sections were measured, and those that began on a busy machine."""
    days: dict[str, list[str]] = {}
    for name in sorted(sections):
        found = _DAY.search(sections[name])
        days.setdefault(found[1] if found else "an unknown day", []).append(name)
    newest = max(days, default="", key=lambda day: (day[:1].isdigit(), day))
    others = [f"those of {_named(days[day])} on {day}" for day in sorted(days) if day != newest]
    lines = [f"Figures were measured on {newest}{''.join(f', {other}' for other in others)}."] if sections else []
    limit = (os.cpu_count() or 1) + 1
    loads = {name: _LOAD.search(sections[name]) for name in sorted(sections)}
    busy = [name for name, load in loads.items() if load is not None and float(load[1]) > limit]
    if busy:
        lines.append(f"Those of {_named(busy)} began at a load above {limit} and are figures of a busy machine.")
    return [*lines, ""] if lines else []


def _named(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _worse(sections: Mapping[str, str]) -> list[str]:
    """Rows whose ratio is below 1, those first that are worse by medians too; and what did not come to its end."""
    by_medians, by_worst, failed = [], [], []
    for name in sorted(sections):
        if _FAILED.search(sections[name]):
            failed.append(f"- `{name}` did not come to its end: its section says why.")
        for line in sections[name].splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            ratio = re.fullmatch(r"([\d.,]+) x \(([\d.,]+) x\)", cells[-1]) if len(cells) == 8 else None
            if ratio is None or cells[4].startswith("at best: "):
                continue
            medians, worst = (float(text.replace(",", "")) for text in ratio.groups())
            told = f"- {cells[0]} ({name}): {ratio[1]} x of {cells[4]}, by the worst runs {ratio[2]} x"
            if medians < 1:
                by_medians.append(told)
            elif worst < 1:
                by_worst.append(told)
    lines = by_medians or ["By medians nothing of what is measured beside another."]
    if by_worst:
        lines += ["", "By the worst runs alone:", "", *by_worst]
    return lines + ([""] if failed and not by_medians + by_worst else []) + failed


def section(report: Report) -> str:
    """What one benchmark found, in Markdown."""
    lines = [
        f"## {report.name}",
        "",
        f"{report.what[:1].upper()}{report.what[1:]}. `python -m benchmarks.{report.name}`, on {report.day} in",
    ]
    lines[-1] += (
        f" {report.seconds:.0f} s, load {report.load[0]:.1f} at its beginning and {report.load[1]:.1f} at its end."
    )
    if report.failed:
        lines += ["", f"It did not come to its end: {report.failed}. What stands here was found before."]
    lines += ["", *(f"* Equal: {sentence}." for sentence in report.equal_to)] * bool(report.equal_to)
    if report.rows:
        lines += ["", "| what | median | worst | runs | beside | its median | its worst | ratio (worst runs) |"]
        lines += ["|---|---:|---:|---:|---|---:|---:|---:|", *map(_cells, report.rows)]
    return "\n".join(lines + [line for note in report.notes for line in ("", note)]) + "\n"


def _cells(row: Row) -> str:
    cells = [row.what, shown(row.middle, row.unit), shown(row.worst, row.unit), str(len(row.runs))]
    if row.ratios is None:
        cells += [""] * 4
    else:
        theirs = (statistics.median(row.theirs), row.of(row.theirs))
        cells += [f"at best: {row.beside}" if row.bound else row.beside, *(shown(v, row.unit) for v in theirs)]
        cells += [f"{times(row.ratios[0])} ({times(row.ratios[1])})"]
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"
