"""Which stored trials the Optuna study should get next: the newest and the best, up to a limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice, zip_longest

import sqlalchemy as sa

from quantray.ledger import drivers
from quantray.ledger.reader import Reader
from quantray.ledger.rows import COLUMNS, trial_of
from quantray.ledger.schema import CLAIMED, RANK, evaluations
from quantray.trial import Trial

_e = evaluations.c


@dataclass(frozen=True, slots=True)
class Mirrorable:
    """A stored trial with its times, in seconds since 1970."""

    trial: Trial
    claimed_at: float
    stored_at: float


@dataclass(slots=True)
class Queue:
    """Optuna's studies cannot lose a trial, so a place is given once and for all.

    When more than ``max_trials`` may come (``expected`` is None or larger), half of the places are kept for the
    best of the finished study, save for trials that beat all before them: a dashboard shows the best at any time.
    """

    max_trials: int
    expected: int | None
    done: set[str] = field(default_factory=set)

    def live(self, reader: Reader, limit: int) -> list[str]:
        """Digests to add now, at most ``limit``, the better of newest and best first, returned by number."""
        best, newest = self._candidates(reader)
        fits = self.expected is not None and self.expected <= self.max_trials
        room = (self.max_trials if fits else self.max_trials // 2) - len(self.done)
        if room <= 0:
            record = [row for row in best[:1] if row[0] not in self.done]
            return [row[0] for row in record[: self.max_trials - len(self.done)]]
        mixed = dict.fromkeys(row for pair in zip_longest(best, newest) for row in pair if row is not None)
        return _by_number(islice((row for row in mixed if row[0] not in self.done), min(room, limit)))

    def final(self, reader: Reader, limit: int) -> list[str]:
        """What is missing and has room: the best, then the newest, at most ``limit``, returned by number."""
        best, newest = self._candidates(reader)
        missing = (row for row in dict.fromkeys(chain(best, newest)) if row[0] not in self.done)
        return _by_number(islice(missing, max(min(self.max_trials - len(self.done), limit), 0)))

    def leads(self, reader: Reader, driver: int) -> bool:
        """Whether the mirror of ``driver`` is the one that writes: that of the oldest live driver."""

        def work(connection: sa.Connection, _: bool) -> list[int]:
            return [row.id for row in drivers.live(connection, reader.study, reader.database.now(connection))]

        alive = reader.database.run(work)
        return not alive or alive[0] >= driver

    def _candidates(self, reader: Reader) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
        columns = sa.select(_e.digest, _e.number).where(_e.study == reader.study).limit(self.max_trials)
        best = columns.where(_e.state == "COMPLETE").order_by(*RANK)
        newest = columns.where(_e.state != CLAIMED).order_by(_e.number.desc())
        return reader.database.run(lambda connection, _: (_pairs(connection, best), _pairs(connection, newest)))


def _pairs(connection: sa.Connection, query: sa.Executable) -> list[tuple[str, int]]:
    return [(str(digest), int(number)) for digest, number in connection.execute(query)]


def _by_number(rows: Iterable[tuple[str, int]]) -> list[str]:
    return [digest for digest, _ in sorted(rows, key=lambda row: row[1])]


def read(reader: Reader, digests: Iterable[str]) -> Iterator[Mirrorable]:
    """The trials of these digests, in number order, a hundred at a time."""
    waiting = iter(digests)
    while some := list(islice(waiting, 100)):
        query = sa.select(*COLUMNS, _e.claimed_at, _e.stored_at).order_by(_e.number)
        query = query.where(_e.study == reader.study, _e.digest.in_(some))
        for row in reader.database.rows(query):
            yield Mirrorable(trial_of(row[:-2]), float(row[-2]), float(row[-1]))
