"""The letters by which milestones are told from each other where there is no colour."""

from __future__ import annotations

from collections.abc import Sequence

from quantray.callers.baseline.trace import Milestone
from quantray.callers.report.baseline.words import seconds
from quantray.cli.tui.fitted import drawable
from quantray.durations import NS

#: The letter of a milestone; what is not named here is a level.
LETTERS = {
    "entry": "E", "1.2x": "a", "1.5x": "b", "2x": "c", "3x": "d", "4x": "e", "5x": "f", "10x": "g", "ath": "H",
    "target": "T", "stop": "S", "exit": "X", "bought": "B", "end": "Z",
}  # fmt: skip
_LAST = ("entry", "end", "ath", "target", "stop", "bought", "exit")  # drawn over the others, in this order


def letter(name: str) -> str:
    """The letter of a milestone in the picture and below it."""
    return LETTERS.get(name, "*")


def legend(marks: Sequence[Milestone]) -> list[str]:
    """Letter, name, multiple and time of every milestone, in order of time."""
    if not marks:
        return []
    entry = next((m.ns for m in marks if m.name == "entry"), marks[0].ns)
    said = []
    for mark in marks:
        level = f" {mark.multiple:.3g}x" if mark.name not in LETTERS or not mark.name.endswith("x") else ""
        after = "" if mark.name == "entry" else f" {seconds((mark.ns - entry) / NS)}"
        said.append(f"{letter(mark.name)} {drawable(mark.name)}{level}{after}")
    return said


def order(mark: Milestone) -> int:
    """Its turn to be drawn: what matters most is drawn last, over what stands in the same cell."""
    return _LAST.index(mark.name) + 1 if mark.name in _LAST else 0
