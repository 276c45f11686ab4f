"""Deleting a study: what it holds, said first, and all of it, the Optuna study beside it included."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from quantray.errors import LedgerError
from quantray.ledger import drivers, reading
from quantray.ledger.database import Database
from quantray.ledger.schema import drivers as driver_table
from quantray.ledger.schema import evaluations, notes, studies
from quantray.protocols import Counts

_mirrored = sa.table("studies", sa.column("study_name"))  # Optuna's


@dataclass(frozen=True, slots=True)
class Inventory:
    """What deleting a study deletes."""

    study: str
    where: str
    counts: Counts
    notes: int
    mirrored: bool

    def __str__(self) -> str:
        c = self.counts
        beside = " and its Optuna study" if self.mirrored else ""
        return (
            f"study {self.study!r} in {self.where}: {c.attempts + c.claimed:,} evaluations ({c.complete:,} complete, "
            f"{c.pruned:,} pruned, {c.failed:,} failed, {c.claimed:,} unfinished), {self.notes:,} notes{beside}"
        )


def inventory(database: Database, study: str) -> Inventory | None:
    """What ``study`` holds; None if there is no such study."""
    with database.read() as connection:
        row = connection.execute(sa.select(studies.c.id).where(studies.c.name == study)).first()
        if row is None:
            return None
        kept = connection.scalar(sa.select(sa.func.count()).where(notes.c.study == row.id)) or 0
        mirrored = sa.inspect(connection).has_table("studies") and (
            connection.execute(sa.select(_mirrored).where(_mirrored.c.study_name == study)).first() is not None
        )
        return Inventory(study, database.name, reading.counts(connection, row.id), int(kept), bool(mirrored))


def delete(database: Database, study: str) -> None:
    """Delete ``study``. Refused while a driver works on it."""
    with database.write() as connection:
        row = connection.execute(sa.select(studies.c.id).where(studies.c.name == study).with_for_update()).one()
        now = database.now(connection)
        for driver in drivers.live(connection, row.id, now):
            raise LedgerError(
                f"study {study!r} is being driven by process {driver.pid} on {driver.host.split('/')[0]}; "
                f"stop that run before deleting the study"
            )
        for table in (evaluations, notes, driver_table):
            connection.execute(sa.delete(table).where(table.c.study == row.id))
        connection.execute(sa.delete(studies).where(studies.c.id == row.id))
    if not database.memory:
        _delete_mirrored(database, study)


def _delete_mirrored(database: Database, study: str) -> None:
    with database.read() as connection:
        if not sa.inspect(connection).has_table("studies"):
            return
        if connection.execute(sa.select(_mirrored).where(_mirrored.c.study_name == study)).first() is None:
            return
    from quantray.ledger.mirror import delete_mirrored

    delete_mirrored(database.url.render_as_string(hide_password=False), study)
