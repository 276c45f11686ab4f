"""The parts of a complete table on disk: pieces of the study, each noted in the ledger with its digest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from quantray.files import Pieces
from quantray.files.pieces import DAMAGED, MISSING, WHOLE
from quantray.protocols import Counts, Ledger, Say
from quantray.sweeps.loop.ranges import Range, RangeClaims

_NOTE = "surface/part/"
_READ_S, _READ_PART = 1.0, 0.02  # how often the others' parts are counted, and at most which part of the time


class SurfaceFiles:
    """Which ranges of one table are stored, and where. ``stem`` begins the names of the pieces of this plan.

    A range counts as stored when the ledger notes it and its file has the digest that was noted; each file is looked
    at once. ``say`` hears how many were damaged or gone; ``remade`` counts them.
    """

    def __init__(self, pieces: Pieces, stem: str, ledger: Ledger, ranges: Sequence[Range], say: Say) -> None:
        self.pieces, self.stem, self.ledger, self.ranges, self.say = pieces, stem, ledger, ranges, say
        self.remade = 0
        self._whole: dict[str, Any] = {}  # pieces that were looked at, with what was noted of them
        self._bad: dict[str, Any] = {}  # those that were not as noted

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
        self._bad = {name: new[name] for name, state in states.items() if state != WHOLE}
        self._tell({name: state for name, state in states.items() if state != WHOLE}, len(noted))
        return [p for p in self.ranges if (name := self._piece(p)) not in noted or self._whole.get(name) != noted[name]]

    def counts(self, todo: Iterable[Range]) -> Counts:
        """Points by state of what is stored, ``todo`` being what is not."""
        notes, left = self.ledger.notes(), set(todo)
        rows = [notes[_key(points)]["counts"] for points in self.ranges if points not in left]
        return Counts(*(sum(row[k] for row in rows) for k in range(3)))

    def noted(self) -> Counts:
        """Points by state of what every driver has stored by now; the files of others are not looked at."""
        notes = self.ledger.notes()
        found = [(self._piece(points), notes.get(_key(points)), points) for points in self.ranges]
        rows = [
            note["counts"]
            for name, note, points in found
            if note is not None and _fits(note, points) and self._bad.get(name) != note["file"]
        ]
        return Counts(*(sum(row[k] for row in rows) for k in range(3)))

    def write(self, points: Range, tally: list[int], make: Callable[[Path], object]) -> None:
        """Write the part and note it."""
        name = self._piece(points)
        note = self.pieces.write(name, make).as_json()
        self.ledger.note(_key(points), {"file": note, "counts": tally})
        self._whole[name] = note
        self._bad.pop(name, None)

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
        return piece_of(self.stem, points[0])


class Tally:
    """How far a table is. ``counts``: what is stored, by every driver; ``stored``: by this one since it began.

    What others stored is read from time to time, while there are ``others`` or were; in between only what this driver
    stores is added. ``todo`` are the ranges that were not stored when it began.
    """

    def __init__(self, files: SurfaceFiles, claims: RangeClaims, todo: Iterable[Range]) -> None:
        self.counts, self.stored, self.others = files.counts(todo), Counts(), 0
        self._files, self._claims = files, claims
        self._next = time.monotonic()

    def add(self, tally: Sequence[int]) -> None:
        """This driver has stored a part."""
        self.stored, self.counts = _plus(self.stored, tally), _plus(self.counts, tally)
        self.look()

    def look(self) -> None:
        """Count what others stored, unless that was done a moment ago."""
        began = time.monotonic()
        if began < self._next or not self._claims.shared:
            return
        self.counts, self.others = self._files.noted(), self._claims.others()
        now = time.monotonic()
        self._next = now + max(_READ_S, (now - began) / _READ_PART)


def parts_noted(notes: Mapping[str, Any], stem: str) -> dict[int, tuple[str, list[int]]]:
    """The stored parts of a table by their first number: the name of the piece, and its points by state."""
    found = {}
    for key, note in notes.items():
        if key.startswith(_NOTE) and isinstance(note.get("file"), list):
            start = int(key.removeprefix(_NOTE))
            found[start] = (piece_of(stem, start), list(note["counts"]))
    return found


def piece_of(stem: str, start: int) -> str:
    """The name of the piece that holds the points from ``start`` on."""
    return f"{stem}/surface/part-{start:012d}.parquet"


def _plus(counts: Counts, tally: Sequence[int]) -> Counts:
    return Counts(counts.complete + tally[0], counts.pruned + tally[1], counts.failed + tally[2])


def _key(points: Range) -> str:
    return f"{_NOTE}{points[0]:012d}"


def _fits(note: Mapping[str, Any], points: Range) -> bool:
    """Whether a note is one of ours, and of a range of this size."""
    return isinstance(note.get("file"), list) and sum(note["counts"]) == points[1] - points[0]
