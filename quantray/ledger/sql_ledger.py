"""The ledger of one study and one driver on a SQL database; see :class:`quantray.protocols.Ledger`."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from quantray.errors import LedgerError
from quantray.ledger import drivers, reading, schema
from quantray.ledger.claims import claim_batch
from quantray.ledger.database import Database
from quantray.ledger.results import store_batch
from quantray.ledger.rows import encode
from quantray.ledger.schema import CLAIMED, evaluations
from quantray.protocols import Batch, Counts, Pending
from quantray.types import Trial

_LOCK = sa.select(schema.studies.c.id).where(schema.studies.c.id == sa.bindparam("study")).with_for_update()


class SqlLedger:
    """Made by :func:`quantray.ledger.open_ledger`. ``claim``, ``store`` and ``note`` are one transaction each.

    A thread renews the driver's lease; it does nothing else, and ends with :meth:`close`.
    """

    def __init__(self, database: Database, study: int, name: str, driver: int) -> None:
        self.database, self.study, self.name, self.driver = database, study, name, driver
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
        with self._locked() as (connection, now):
            return claim_batch(connection, self.database.dialect, self.study, self.driver, batch, now)

    def store(self, number: int, trials: Sequence[Trial]) -> None:
        """Store outcomes of batch ``number``. Raises :class:`LedgerError`, storing nothing, for a candidate

        that is stored already, is not claimed by this driver, or holds a NaN or infinity.
        """
        with self._locked() as (connection, now):
            store_batch(connection, self.study, self.driver, number, trials, now)

    def counts(self) -> Counts:
        with self.database.read() as connection:
            return reading.counts(connection, self.study)

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
                stored={row[2]: reading.trial_of(row) for row in batch if row[3] != CLAIMED},
            )

    def trials(self) -> Iterable[Trial]:
        """Stored trials in the order of their numbers, read page by page."""
        return map(reading.trial_of, self._pages())

    def note(self, key: str, value: Any) -> None:
        """Keep a JSON value under ``key``, replacing what was there; durable when the call returns."""
        text = encode(value, f"note {key!r}")
        statement = schema.insert(self.database.dialect, schema.notes)
        statement = statement.on_conflict_do_update(
            index_elements=["study", "key"], set_={"value": statement.excluded.value}
        )
        with self._locked() as (connection, _):
            connection.execute(statement, {"study": self.study, "key": key, "value": text})

    def notes(self) -> Mapping[str, Any]:
        with self.database.read() as connection:
            return reading.notes(connection, self.study)

    def close(self) -> None:
        """End this driver; what it claimed and did not store is the next driver's. Closing twice is harmless."""
        if self._closed.is_set():
            return
        self._closed.set()
        drivers.forget(self.driver)
        try:
            with self.database.write() as connection:
                drivers.end(connection, self.driver)
        finally:
            self.database.close()

    def __enter__(self) -> SqlLedger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pages(self, claims_of: int | None = None) -> Iterator[Any]:
        return reading.pages(self.database, self.study, claims_of=claims_of)

    @contextmanager
    def _locked(self) -> Iterator[tuple[sa.Connection, float]]:
        """A write transaction that has the study to itself, with the database's time in it."""
        if self._closed.is_set():
            raise LedgerError(f"the ledger of study {self.name!r} is closed; open it again to resume")
        with self.database.write() as connection:
            if connection.execute(_LOCK, {"study": self.study}).first() is None:
                raise LedgerError(f"study {self.name!r} was deleted from {self.database.name} while it ran")
            yield connection, self.database.now(connection)

    def _adopt(self) -> None:
        with self._locked() as (connection, now):
            alive = [row.id for row in drivers.live(connection, self.study, now)]
            lost = sa.update(evaluations).where(
                evaluations.c.study == self.study,
                evaluations.c.state == CLAIMED,
                evaluations.c.driver.not_in([*alive, self.driver]),
            )
            connection.execute(lost.values(driver=self.driver, claimed_at=now, attempts=evaluations.c.attempts + 1))
            drivers.renew(connection, self.driver, now)

    def _keep_lease(self) -> None:
        while not self._closed.wait(drivers.LEASE_S / 3):
            try:
                with self.database.write() as connection:
                    drivers.renew(connection, self.driver, self.database.now(connection))
            except LedgerError:
                continue  # the driver's own next transaction says what is wrong
