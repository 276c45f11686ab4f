"""What a check of data found, as a terminal, a JSON file and a page show it: the gravest first, each told once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.files import Published, room
from quantray.files.findings import ORDER, Checked, Finding, Severity
from quantray.plain import amount, one_line
from quantray.protocols import Say
from quantray.report import words
from quantray.report.json_text import dumped
from quantray.report.page import render

if TYPE_CHECKING:
    from rich.console import RenderableType

NAMES = ("check.json", "check.html")
STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan", Severity.OK: "green"}
TONES = {Severity.ERROR: "bad", Severity.WARNING: "doubt", Severity.NOTE: "good", Severity.OK: "good"}
MARKS = {Severity.ERROR: "✕", Severity.WARNING: "!", Severity.NOTE: "·", Severity.OK: "✓"}


def check_place(folder: Path) -> None:
    """ConfigError, before any work, where a result would replace what quantray did not write."""
    Published(folder).check(NAMES)


def write(checked: Checked, name: str, folder: Path, say: Say) -> dict[str, Path]:
    """Write ``check.json`` and ``check.html`` into the folder; file name -> path. DiskError without room."""
    published = Published(folder)
    with room(f"the check in {folder}", "nothing else was written"), published.staging() as staged:
        paths = {file: staged / file for file in NAMES}
        paths["check.json"].write_text(dumped(as_json(checked, name)), encoding="utf-8")
        paths["check.html"].write_text(as_page(checked, name), encoding="utf-8")
        for sentence in published.write(name, paths):
            say(sentence)
    return {file: folder / file for file in NAMES}


def headline(checked: Checked) -> str:
    """How many findings of each severity, and what that means."""
    counts = [amount(checked.number(s), s.value) for s in ORDER[:3] if checked.number(s)]
    told = f"{', '.join(counts) or 'nothing found'} in {amount(len(checked.findings), 'check')}"
    if checked.worst == Severity.ERROR:
        return f"{told}; a run refuses this data, or its result would be wrong"
    if checked.worst == Severity.WARNING:
        return f"{told}; a run takes this data: look at the warnings first"
    return f"{told}; a run takes this data"


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """The gravest first, else as they were found."""
    return sorted(findings, key=lambda f: ORDER.index(f.severity))


def as_json(checked: Checked, name: str) -> dict[str, Any]:
    """Plain values: every finding, also those where nothing was found."""
    return {
        "name": name,
        "source": checked.source,
        "worst": checked.worst,
        "counts": {s.value: checked.number(s) for s in ORDER},
        "facts": dict(checked.facts),
        "findings": [
            {"check": f.check, "table": f.table, "severity": f.severity.value, "count": f.count, "of": f.of,
             "share": f.share, "means": f.means, "remedy": f.remedy,
             "rows": [{"place": r.place, "time": r.time, "name": r.name, "what": r.what} for r in f.rows]}
            for f in checked.findings
        ],
        "quality": dict(checked.quality),
    }  # fmt: skip


def as_page(checked: Checked, name: str) -> str:
    """The page as text."""
    told = [_told(f) for f in ordered(checked.findings)]
    context = {
        "study": name, "subtitle": checked.source, "tone": TONES[checked.worst], "headline": headline(checked),
        "word": {"error": "Not as it is", "warning": "Yes, with warnings"}.get(checked.worst.value, "Yes"),
        "facts": list(checked.facts.items()),
        "grave": [f for f in told if f["severity"] != "ok"],
        "fine": [(f["title"], f["of"], f["means"]) for f in told if f["severity"] == "ok"],
    }  # fmt: skip
    return render("quantray.report.checks", context, words.label)


def _told(f: Finding) -> dict[str, Any]:
    return {
        "title": f"{f.table}: {f.check}", "severity": f.severity.value, "mark": MARKS[f.severity],
        "tone": {"error": "no", "warning": "warn", "note": "open"}.get(f.severity.value, "yes"),
        "count": f"{f.count:,}" if f.of or f.count else words.DASH, "of": f"{f.of:,}" if f.of else words.DASH,
        "share": words.percent(f.share, 2), "means": f.means, "remedy": f.remedy,
        "rows": [(r.place or words.DASH, r.time or words.DASH, r.name or words.DASH, r.what) for r in f.rows],
    }  # fmt: skip


def as_renderable(checked: Checked, *, most: int = 3) -> RenderableType:
    """The table of a terminal; below each finding that is no ok its rows, ``most`` of them, and the remedy."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    parts: list[RenderableType] = [Text(one_line(checked.source), style="bold")]
    parts.append(Text(", ".join(f"{k}: {v}" for k, v in checked.facts.items()) + "\n", style="dim"))
    for f in ordered(checked.findings):
        if f.severity == Severity.OK:
            continue
        head = Text.assemble((f"{f.severity.value:<8}", STYLES[f.severity]), (f"{f.table}: {f.check}", "bold"))
        if f.of:
            head.append(f"  {f.count:,} of {f.of:,} ({words.percent(f.share, 2)})")
        parts += [head, _below(Text(one_line(f.means)))]
        if f.rows:
            table = Table.grid(padding=(0, 2))
            for r in f.rows[:most]:
                table.add_row(*(Text(one_line(cell), style="dim") for cell in (r.place, r.time, r.name, r.what)))
            parts.append(_below(table))
        if f.remedy:
            parts.append(_below(Text(f"-> {one_line(f.remedy)}")))
    fine: dict[str, list[str]] = {}
    for f in checked.findings:
        if f.severity == Severity.OK:
            fine.setdefault(f.table, []).append(f.check)
    for key, checks in fine.items():
        parts.append(Text.assemble((f"{'ok':<8}", STYLES[Severity.OK]), (f"{key}: ", "bold"), ", ".join(checks)))
    parts.append(Text(f"\n{headline(checked)}", style=STYLES[checked.worst]))
    return Group(*parts)


def _below(content: RenderableType) -> RenderableType:
    from rich.padding import Padding

    return Padding(content, (0, 0, 0, 8), expand=False)
