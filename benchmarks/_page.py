"""One manner for every benchmark: what is equal is said before any time is, the worst run stands beside the median.

A benchmark's ``main(arguments)`` fills a ``Report`` and returns it; ``python -m benchmarks`` makes one page of all. Its
``SMALL`` are the arguments with which it does everything within a few seconds, as the tests run it.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib.metadata import version
from typing import Any

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
        text = f"  {self.what:52} median {shown(self.middle, self.unit):>12}   worst {shown(self.worst, self.unit):>12}"
        if self.ratios is None:
            return text
        other = f"{self.beside} {shown(statistics.median(self.theirs), self.unit)}"
        return f"{text}   {times(self.ratios[0])} (worst runs {times(self.ratios[1])}) of {other}"


@dataclass
class Report:
    """What one benchmark found, printed as it comes."""

    name: str
    what: str
    equal_to: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    load: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        self.load = (os.getloadavg()[0],) * 2
        print(f"{self.name}: {self.what}; load {self.load[0]:.1f} on {os.cpu_count()} cores", flush=True)

    def equal(self, sentence: str, holds: bool) -> None:
        """What is the same on both sides; nothing is timed where it is not."""
        if not holds:
            raise SystemExit(f"{self.name}: NOT true: {sentence}")
        self.equal_to.append(sentence)
        print(f"  equal: {sentence}", flush=True)

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
        self.load = (self.load[0], os.getloadavg()[0])
        print(row.line(), flush=True)

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)
        print(f"  {sentence}", flush=True)

    def stored(self) -> dict[str, Any]:
        return asdict(self)


def read_report(stored: dict[str, Any]) -> Report:
    """A report as another process stored it, without printing it again."""
    report = object.__new__(Report)
    rows = [Row(**{**row, "runs": tuple(row["runs"]), "theirs": tuple(row["theirs"])}) for row in stored["rows"]]
    report.__dict__.update({**stored, "rows": rows, "load": tuple(stored["load"])})
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
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def times(ratio: float) -> str:
    return f"{_digits(ratio)} x"


def machine() -> str:
    """What the figures were measured on, without its name."""
    there = memory()
    size = f" and {there / 2**30:.0f} GB" if there else ""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"{os.cpu_count()} cores ({platform.machine()}){size}, Python {platform.python_version()}, {libraries}"


def page(reports: Sequence[Report], failed: Sequence[str] = ()) -> str:
    """The page of all reports: who is faster by how much, and where the others are."""
    lines = [
        "# Benchmarks",
        "",
        "`make bench` runs every benchmark in a process of its own and writes this page. Nothing is timed before what",
        "the line *Equal* says has been compared. A ratio says how many times better this is than what stands beside",
        "it, by medians and by the worst runs of both; below 1 it is worse. Beside *at best* stands no rival but what",
        "nothing can be better than.",
        "",
        f"Measured on {date.today().isoformat()}: {machine()}.",
        "",
        "## What is worse here",
        "",
        *_losses(reports),
    ]
    lines += [f"- `{name}` did not end well: it has no figures here." for name in failed]
    for report in reports:
        lines += _section(report)
    return "\n".join(lines) + "\n"


def _losses(reports: Sequence[Report]) -> list[str]:
    rivals = [(report, row, row.ratios) for report in reports for row in report.rows if not row.bound]
    lost = [(report, row, ratios) for report, row, ratios in rivals if ratios is not None and min(ratios) < 1]
    if not lost:
        return ["Nothing of what is measured beside another."]
    return [
        f"- {row.what} ({report.name}): {times(ratios[0])} of {row.beside}, by worst runs {times(ratios[1])}"
        for report, row, ratios in lost
    ]


def _section(report: Report) -> list[str]:
    lines = [
        "",
        f"## {report.name}",
        "",
        f"{report.what[:1].upper()}{report.what[1:]}. `python -m benchmarks.{report.name}`",
    ]
    lines[-1] += f", load {report.load[0]:.1f} at its beginning and {report.load[1]:.1f} at its end."
    lines += ["", *(f"Equal: {sentence}." for sentence in report.equal_to)]
    lines += ["", "| what | median | worst | runs | beside | its median | its worst | ratio (worst runs) |"]
    lines += ["|---|---:|---:|---:|---|---:|---:|---:|"]
    for row in report.rows:
        cells = [row.what, shown(row.middle, row.unit), shown(row.worst, row.unit), str(len(row.runs))]
        if row.ratios is None:
            cells += [""] * 4
        else:
            theirs = (statistics.median(row.theirs), row.of(row.theirs))
            cells += [
                f"at best: {row.beside}" if row.bound else row.beside,
                *(shown(value, row.unit) for value in theirs),
            ]
            cells += [f"{times(row.ratios[0])} ({times(row.ratios[1])})"]
        lines.append("| " + " | ".join(cells) + " |")
    return lines + [line for note in report.notes for line in ("", note)]
