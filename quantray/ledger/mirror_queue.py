"""Which stored trials the Optuna study should get next: those that came, and the best, up to a limit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

import sqlalchemy as sa

from quantray.ledger.reader import Reader
from quantray.ledger.schema import CLAIMED, RANK, evaluations

if TYPE_CHECKING:
    from quantray.ledger.schema import Row

_e = evaluations.c


@dataclass(slots=True)
class Queue:
    """A dashboard that has read a trial never looks at it again, so a place is given once and for all.

    When more than ``max_trials`` may come (``expected`` is None or larger), half of the places are kept for the best
    of the finished study, save for trials that beat all before them: a dashboard shows the best at any time.
    """

    max_trials: int
    expected: int | None
    _floor: int = 0  # all trials of smaller numbers are done

    def live(self, reader: Reader, done: Set[str], limit: int) -> list[str]:
        """Digests to add now, at most ``limit``, in the order of their numbers; ``done`` are those that are there."""
        fits = self.expected is not None and self.expected <= self.max_trials
        room = (self.max_trials if fits else self.max_trials // 2) - len(done)
        if room <= 0:
            best = _pairs(reader, _stored(reader).where(_e.state == "COMPLETE").order_by(*RANK).limit(1))
            return [digest for digest, _ in best if digest not in done][: self.max_trials - len(done)]
        there = max(len(done) - self._floor, 0)  # of the numbers from the floor on
        most = min(room, limit) + there
        newer = _pairs(reader, _stored(reader).where(_e.number >= self._floor).order_by(_e.number).limit(most))
        for digest, number in newer:
            if number != self._floor or digest not in done:
                break
            self._floor += 1
        return list(islice((digest for digest, _ in newer if digest not in done), min(room, limit)))

    def final(self, reader: Reader, done: Set[str]) -> list[str]:
        """What is missing and has room, in the order of numbers: the best, then the newest."""
        columns = _stored(reader).limit(self.max_trials)
        best = _pairs(reader, columns.where(_e.state == "COMPLETE").order_by(*RANK))
        newest = _pairs(reader, columns.order_by(_e.number.desc()))
        missing = (pair for pair in dict.fromkeys(chain(best, newest)) if pair[0] not in done)
        room = max(self.max_trials - len(done), 0)
        return [digest for digest, _ in sorted(islice(missing, room), key=lambda pair: pair[1])]


def _stored(reader: Reader) -> sa.Select[str, int]:
    return sa.select(_e.digest, _e.number).where(_e.study == reader.study, _e.state != CLAIMED)


def _pairs(reader: Reader, query: sa.Executable) -> list[tuple[str, int]]:
    return [(str(digest), int(number)) for digest, number in reader.database.rows(query)]


def read(reader: Reader, digests: Iterable[str], columns: Sequence[sa.ColumnElement[object]]) -> list[Row]:
    """The ``columns`` of the stored trials of these digests, in number order."""
    query = sa.select(*columns).where(_e.study == reader.study, _e.digest.in_(list(digests))).order_by(_e.number)
    return list(reader.database.rows(query))
