"""The ledger of one study and one driver on a SQL database; see :class:`quantray.protocols.Ledger`."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any, TypeVar

import sqlalchemy as sa

from quantray.errors import LedgerError
from quantray.ledger import drivers, reader, schema
from quantray.ledger.claims import claim_batch, claims_of, lost_claims, take_over
from quantray.ledger.database import Database
from quantray.ledger.results import store_batch
from quantray.ledger.rows import encode, trial_of
from quantray.ledger.schema import CLAIMED
from quantray.outlets import cleaned, logger
from quantray.passwords import masked
from quantray.protocols import Batch, Counts, Pending, Say
from quantray.trial import Trial

_LOCK = sa.select(schema.studies.c.id).where(schema.studies.c.id == sa.bindparam("study")).with_for_update()
#: What two drivers of one study are told of each other.
SHARED = "no candidate is evaluated twice, and search.n_trials counts the trials of all of them together"
_log = logger(__name__)
T = TypeVar("T")


class SqlLedger:
    """Made by :func:`quantray.ledger.open_ledger`. Each call is one transaction, tried again while a server is away.

    A thread renews the driver's lease of ``lease_s`` seconds; it does nothing else, and ends with :meth:`close`.
    ``late`` counts results that were dropped because another driver had taken their candidates over. ``others`` is how
    many other drivers lived when they were last counted, ``shared`` whether there ever was one beside this driver;
    ``say`` hears once that there is.
    """

    def __init__(
        self, database: Database, study: int, name: str, driver: int, lease_s: float, *, others: int = 0,
        say: Say = _log.warning,
    ) -> None:  # fmt: skip
        self.database, self.study, self.name, self.driver, self.lease_s = database, study, name, driver, lease_s
        self.late, self.others, self.shared, self._say = 0, others, others > 0, say
        self._closed = threading.Event()
        if not database.memory:
            threading.Thread(target=self._keep_lease, name="quantray-lease", daemon=True).start()

    @property
    def url(self) -> str | None:
        """The database's SQLAlchemy URL with its password; None for a ledger in memory."""
        return None if self.database.memory else self.database.url.render_as_string(hide_password=False)

    def claim(self, batch: Batch) -> tuple[bool, ...]:
        """Claim every candidate of the batch that nobody has; True where this driver now owns it.

        New candidates get the study's next trial numbers in their order. The claim of a driver that died is
        taken over with its number.
        """

        def work(connection: sa.Connection, now: float, _: bool) -> tuple[tuple[bool, ...], Sequence[Any] | None]:
            found: Sequence[Any] | None = None
            if not self.shared and drivers.joined(connection, self.study, self.driver):
                found = drivers.live(connection, self.study, now)
            won = claim_batch(connection, self.study, self.driver, batch, now)
            if self.shared or found is not None:  # who shares reserves before each claim, who is alone once
                drivers.reserve(connection, self.driver, 0)
            return won, found

        won, found = self._locked(work)
        if found is not None:
            self.shared = True
            self._notice([row for row in found if row.id != self.driver])
        return won

    def _notice(self, others: Sequence[Any]) -> None:
        self.others = len(others)
        if others:
            self._say(f"study {self.name!r} is also driven by {drivers.who(others)}: {SHARED}")

    def expect(self, candidates: int) -> None:
        """As many candidates are claimed at a time: whoever joins a driver that is alone leaves room for them.

        One that shares the study sets room aside before each claim; 0 gives it back.
        """
        if not self.shared or not candidates:
            self._locked(lambda connection, now, _: drivers.reserve(connection, self.driver, candidates))

    def reserve(self, most: int, n_trials: int, attempts: int) -> int:
        """Set room for at most ``most`` candidates aside until the next claim; how many there is room for.

        What is COMPLETE, claimed and set aside by live drivers together passes neither ``n_trials`` nor, with what was
        pruned and failed, ``attempts``. Near the end each driver gets its part of what is missing.
        """

        def work(connection: sa.Connection, now: float, _: bool) -> tuple[int, int]:
            others = [row for row in drivers.live(connection, self.study, now) if row.id != self.driver]
            found, aside = reader.counts(connection, self.study), drivers.reserved(connection, others)
            taken = found.complete + found.claimed + aside
            room = min(n_trials - taken, attempts - taken - found.pruned - found.failed)
            granted = max(min(most, -(-room // (len(others) + 1))), 0)
            drivers.reserve(connection, self.driver, granted)
            return granted, len(others)

        granted, self.others = self._locked(work)
        return granted

    def adopt(self, number: int, limit: int | None = None) -> Pending:
        """Take over claims of drivers that died, at most ``limit``, as batch ``number`` of this driver: a new one.

        Nothing is stored of what is returned; it is empty when no claim is an orphan. Trial numbers stay.
        """

        def work(connection: sa.Connection, now: float, again: bool) -> Pending:
            lost = claims_of(connection, self.study, self.driver, number) if again else []
            if not lost:
                lost = lost_claims(connection, self.study, self.driver, now, limit)
                take_over(connection, self.study, self.driver, number, [row.digest for row in lost], now)
            return Pending(number, tuple(json.loads(row.params) for row in lost), tuple(row.digest for row in lost))

        return self._locked(work)

    def orphans(self) -> bool:
        """Whether some driver died with claims that nobody has taken over."""

        def work(connection: sa.Connection, _: bool) -> bool:
            return bool(lost_claims(connection, self.study, self.driver, self.database.now(connection), 1))

        return self.database.run(work)

    def store(self, number: int, trials: Sequence[Trial]) -> tuple[bool, ...]:
        """Store outcomes of batch ``number``; False where the result was dropped, because the candidate went to

        another driver while this one gave no sign of life. Raises :class:`LedgerError`, storing nothing, for a
        candidate that this driver stored already or never claimed, and for a NaN or infinity.
        """
        kept = self._locked(
            lambda connection, now, again: store_batch(connection, self.study, self.driver, number, trials, now, again)
        )
        if not all(kept):
            late = kept.count(False)
            self.late += late
            _log.warning(
                "%d of %d results of batch %d came after another driver had taken their candidates over, because this "
                "one gave no sign of life for %g s; they are counted and dropped (storage.lease_s sets that time)",
                late, len(kept), number, self.lease_s,
            )  # fmt: skip
        return kept

    def counts(self) -> Counts:
        return self.database.run(lambda connection, _: reader.counts(connection, self.study))

    def batches(self) -> Iterable[Pending]:
        """Every batch in order with its stored trials; what is not stored is this driver's to evaluate.

        The claims of drivers that died become this driver's first. Claims of another live driver are left out.
        """
        self._adopt()
        rows = self._pages(claims_of=self.driver)
        for number, group in groupby(sorted(rows, key=lambda row: (row[1], row[0])), key=lambda row: row[1]):
            batch = list(group)
            yield Pending(
                number=number,
                params=tuple(json.loads(row[6]) for row in batch),
                digests=tuple(row[2] for row in batch),
                stored={row[2]: trial_of(row) for row in batch if row[3] != CLAIMED},
            )

    def trials(self) -> Iterable[Trial]:
        """Stored trials in the order of their numbers, read page by page."""
        return map(trial_of, self._pages())

    def note(self, key: str, value: object) -> None:
        """Keep a JSON value under ``key``, replacing what was there; durable when the call returns."""
        text = encode(cleaned(value, masked), f"note {key!r}")
        statement = schema.insert(self.database.dialect, schema.notes)
        statement = statement.on_conflict_do_update(
            index_elements=["study", "key"], set_={"value": statement.excluded.value}
        )
        row = {"study": self.study, "key": key, "value": text}
        self._locked(lambda connection, now, again: connection.execute(statement, row))

    def notes(self) -> Mapping[str, Any]:
        return self.database.run(lambda connection, _: reader.notes(connection, self.study))

    def close(self) -> None:
        """End this driver; what it claimed and did not store is the next driver's. Closing twice is harmless.

        A database that cannot be told any more (full, gone) will know by the lease.
        """
        if self._closed.is_set():
            return
        self._closed.set()
        drivers.forget(self.driver)
        try:
            with suppress(LedgerError), self.database.write() as connection:
                drivers.end(connection, self.driver)
        finally:
            self.database.close()

    def __enter__(self) -> SqlLedger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pages(self, claims_of: int | None = None) -> Iterator[Any]:
        return reader.pages(self.database, self.study, claims_of=claims_of)

    def _locked(self, work: Callable[[sa.Connection, float, bool], T]) -> T:
        """``work(connection, now, again)`` in a write transaction that has the study to itself; renews the lease."""
        if self._closed.is_set():
            raise LedgerError(f"the ledger of study {self.name!r} is closed; open it again to resume")

        def locked(connection: sa.Connection, again: bool) -> T:
            if connection.execute(_LOCK, {"study": self.study}).first() is None:
                raise LedgerError(f"study {self.name!r} was deleted from {self.database.name} while it ran")
            now = self.database.now(connection)
            done = work(connection, now, again)
            drivers.renew(connection, self.driver, now + self.lease_s)
            return done

        return self.database.run(locked, write=True)

    def _adopt(self) -> None:
        def work(connection: sa.Connection, now: float, _: bool) -> None:
            lost = lost_claims(connection, self.study, self.driver, now, None)
            take_over(connection, self.study, self.driver, None, [row.digest for row in lost], now)

        self._locked(work)

    def _keep_lease(self) -> None:
        while not self._closed.wait(self.lease_s / 3):
            with suppress(LedgerError):  # the driver's own next transaction says what is wrong
                self.database.run(self._renew, write=True)

    def _renew(self, connection: sa.Connection, _: bool) -> None:
        drivers.renew(connection, self.driver, self.database.now(connection) + self.lease_s)
