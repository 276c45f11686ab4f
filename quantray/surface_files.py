"""The parts of a complete table on disk: pieces of the study, each noted in the ledger with its digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from quantray.files import Pieces
from quantray.files.pieces import DAMAGED, MISSING, WHOLE
from quantray.protocols import Counts, Ledger
from quantray.runner.ranges import Range

_NOTE = "surface/part/"


class SurfaceFiles:
    """Which ranges of one table are stored, and where. ``stem`` begins the names of the pieces of this plan.

    A range counts as stored when the ledger notes it and its file has the digest that was noted; each file is looked
    at once. ``say`` hears how many were damaged or gone; ``remade`` counts them.
    """

    def __init__(
        self, pieces: Pieces, stem: str, ledger: Ledger, ranges: Sequence[Range], say: Callable[[str], Any]
    ) -> None:
        self.pieces, self.stem, self.ledger, self.ranges, self.say = pieces, stem, ledger, ranges, say
        self.remade = 0
        self._whole: dict[str, Any] = {}  # pieces that were looked at, with what was noted of them

    def path(self, points: Range) -> Path:
        """Where the part is, or is to be."""
        return self.pieces.path(self._piece(points))

    def shown(self, todo: Iterable[Range] = ()) -> dict[str, Path]:
        """Every part, ``todo`` being what is not stored, by the name that it has among the results."""
        left = set(todo)
        return {self.path(points).name: self.path(points) for points in self.ranges if points not in left}

    def todo(self) -> list[Range]:
        """Ranges that are not stored, in order."""
        notes = self.ledger.notes()
        mine = {points: notes.get(_key(points)) for points in self.ranges}
        noted = {self._piece(p): note["file"] for p, note in mine.items() if note is not None and _fits(note, p)}
        new = {name: note for name, note in noted.items() if self._whole.get(name) != note}
        states = self.pieces.states(new)
        self._whole.update({name: new[name] for name, state in states.items() if state == WHOLE})
        self._tell({name: state for name, state in states.items() if state != WHOLE}, len(noted))
        return [p for p in self.ranges if (name := self._piece(p)) not in noted or self._whole.get(name) != noted[name]]

    def counts(self, todo: Iterable[Range]) -> Counts:
        """Points by state of what is stored, ``todo`` being what is not."""
        notes, left = self.ledger.notes(), set(todo)
        rows = [notes[_key(points)]["counts"] for points in self.ranges if points not in left]
        return Counts(*(sum(row[k] for row in rows) for k in range(3)))

    def write(self, points: Range, tally: list[int], make: Callable[[Path], object]) -> None:
        """Write the part and note it."""
        name = self._piece(points)
        note = self.pieces.write(name, make).as_json()
        self.ledger.note(_key(points), {"file": note, "counts": tally})
        self._whole[name] = note

    def _tell(self, bad: dict[str, str], noted: int) -> None:
        if not bad:
            return
        states = list(bad.values())
        counted = " and ".join(f"{states.count(s):,} {s}" for s in (DAMAGED, MISSING) if s in states)
        self.remade += len(bad)
        self.say(
            f"of {noted:,} stored parts of the table {counted} ({self.pieces.path(next(iter(bad)))}); "
            f"{'its' if len(bad) == 1 else 'their'} points are evaluated again"
        )

    def _piece(self, points: Range) -> str:
        return f"{self.stem}/surface/part-{points[0]:012d}.parquet"


def _key(points: Range) -> str:
    return f"{_NOTE}{points[0]:012d}"


def _fits(note: Any, points: Range) -> bool:
    """Whether a note is one of ours, and of a range of this size."""
    return isinstance(note.get("file"), list) and sum(note["counts"]) == points[1] - points[0]
