"""Deleting a study as one step that is finished whatever it dies at: rows, the Optuna study beside it, its files.

The rows go in the transaction that notes the deletion, so a study is there whole or is being deleted. What is left
then is done by whoever comes next to a study of that name: each part of it may be done twice.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from quantray.errors import LedgerError, LedgerStalled
from quantray.files import Pieces, pieces_of
from quantray.files.pieces import NOTED
from quantray.ledger import drivers, reader, schema
from quantray.ledger.database import Database
from quantray.ledger.schema import deletions, evaluations, notes, studies
from quantray.ledger.schema import drivers as driver_table
from quantray.plain import amount
from quantray.protocols import Counts, Say

if TYPE_CHECKING:
    from quantray.ledger.schema import Row

WAIT_S = 120.0  # how long somebody else's deletion is waited for
LEASE_S = 600.0  # a deletion on another machine is taken for dead after so long

_mirrored = sa.table("studies", sa.column("study_name"))  # Optuna's
_d = deletions.c
_at_work: set[tuple[str, str]] = set()  # deletions of this process
_turn = threading.Lock()


@dataclass(frozen=True, slots=True)
class Inventory:
    """What deleting a study deletes."""

    study: str
    where: str
    counts: Counts
    notes: int
    mirrored: bool
    files: int = 0
    bytes: int = 0

    def __str__(self) -> str:
        c = self.counts
        beside = f", {amount(self.files, 'working file')} of {_size(self.bytes)}" if self.files else ""
        beside += " and its Optuna study" if self.mirrored else ""
        return (
            f"study {self.study!r} in {self.where}: {amount(c.attempts + c.claimed, 'evaluation')} "
            f"({c.complete:,} complete, {c.pruned:,} pruned, {c.failed:,} failed, {c.claimed:,} unfinished), "
            f"{amount(self.notes, 'note')}{beside}"
        )


def _size(n: int) -> str:
    """
    >>> _size(812), _size(3_400_000)
    ('812 bytes', '3.4 MB')
    """
    return amount(n, "byte") if n < 1e5 else f"{n / 1e6:,.1f} MB"


def inventory(database: Database, study: str) -> Inventory | None:
    """What ``study`` holds; None if there is no such study."""
    with database.read() as connection:
        row = connection.execute(sa.select(studies.c.id).where(studies.c.name == study)).first()
        if row is None:
            return None
        kept = reader.notes(connection, row.id)
        mirrored = sa.inspect(connection).has_table("studies") and (
            connection.execute(sa.select(_mirrored).where(_mirrored.c.study_name == study)).first() is not None
        )
        counts = reader.counts(connection, row.id)
    sizes = [pieces.size() for pieces in pieces_of(study, kept)]
    files, size = sum(n for n, _ in sizes), sum(b for _, b in sizes)
    return Inventory(study, database.name, counts, len(kept), bool(mirrored), files, size)


def delete(database: Database, study: str, *, also_in: Path | None = None, say: Say = lambda _: None) -> bool:
    """Delete ``study`` with the studies that belong to it, its Optuna study, and its files in every directory it

    noted, and in ``also_in``. False where there was nothing to delete. Refused while a driver works on it.
    """
    settle(database, study, say)
    here = {} if also_in is None else dict([Pieces(also_in, study).noted])
    _check_free(database, study, here)

    def begin(connection: sa.Connection, again: bool) -> bool:
        row = connection.execute(sa.select(deletions).where(_d.study == study)).first()
        if row is not None:  # another process deletes it at this moment; or the answer to this one was lost
            return again and _own(row)
        return _begin(connection, database, study, here)

    with _turn:
        _at_work.add((database.name, study))
    try:
        begun = database.run(begin, write=True)
        if begun:
            _finish(database, study, say)
        return begun
    finally:
        _at_work.discard((database.name, study))


def settle(database: Database, study: str, say: Say) -> bool:
    """Finish the deletion of ``study`` that a process died in, wait for one that goes on; False where there is none."""

    def look(connection: sa.Connection, again: bool) -> _Deletion | None:
        return _taken_over(connection, database, study, again)

    deadline, found = time.monotonic() + WAIT_S, False
    while (row := database.run(look, write=True)) is not None:
        found = True
        if row.mine:
            say(f"finishing the deletion of study {study!r}, in which {drivers.who([row])} stopped")
            try:
                _finish(database, study, say)
            finally:
                _at_work.discard((database.name, study))
        elif time.monotonic() > deadline:
            raise LedgerStalled(
                f"study {study!r} in {database.name} is being deleted by {drivers.who([row])}; start again when it has"
            )
        else:
            time.sleep(0.1)
    return found


def unfinished(database: Database) -> list[str]:
    """Studies whose deletion has begun and not ended."""
    if database.scheme < 3:
        return []
    return [str(row.study) for row in database.rows(sa.select(_d.study).order_by(_d.study))]


def pending(connection: sa.Connection, study: str) -> bool:
    """Whether a deletion of the study has begun and not ended, as this transaction sees it."""
    return connection.execute(sa.select(_d.study).where(_d.study == study)).first() is not None


@dataclass(frozen=True, slots=True)
class _Deletion:
    host: str
    pid: int
    mine: bool  # this process has to finish it


def _taken_over(connection: sa.Connection, database: Database, study: str, again: bool) -> _Deletion | None:
    row = connection.execute(sa.select(deletions).where(_d.study == study).with_for_update()).first()
    if row is None:
        return None
    me, now = drivers.this_process(), database.now(connection)
    with _turn:
        lives = row.lease > now and drivers.runs(row)
        if _own(row):  # of another thread, or of this one, whose answer was lost
            lives = (database.name, study) in _at_work and not again
        if not lives:
            _at_work.add((database.name, study))
            values = {**me, "lease": now + LEASE_S}
            connection.execute(sa.update(deletions).where(_d.study == study).values(values))
    return _Deletion(row.host, row.pid, not lives)


def _own(row: Row) -> bool:
    me = drivers.this_process()
    return (row.host, row.pid, row.born) == (me["host"], me["pid"], me["born"])


def _names(study: str) -> sa.ColumnElement[bool]:
    """The study, and those that belong to it, such as the claims of its ranges."""
    return sa.or_(studies.c.name == study, studies.c.name.startswith(f"{study}/", autoescape=True))


def _check_free(database: Database, study: str, here: Mapping[str, object]) -> None:
    """LedgerError where another process holds files of the study."""
    with database.read() as connection:
        ids = connection.execute(sa.select(studies.c.id).where(_names(study))).scalars().all()
        kept = {key: value for id in ids for key, value in reader.notes(connection, id).items()}
    for pieces in pieces_of(study, {**kept, **here}):
        pieces.free()


def _begin(connection: sa.Connection, database: Database, study: str, here: Mapping[str, object]) -> bool:
    query = sa.select(studies.c.id).where(_names(study)).order_by(studies.c.id).with_for_update()
    ids: Sequence[int] = connection.execute(query).scalars().all()
    now = database.now(connection)
    for driver in [row for id in ids for row in drivers.live(connection, id, now)]:
        raise LedgerError(
            f"study {study!r} is being driven by {drivers.who([driver])}; stop that run before deleting the study"
        )
    places = dict(here)
    for id in ids:
        places |= {key: v for key, v in reader.notes(connection, id).items() if key.startswith(NOTED)}
    if not (ids or places):
        return False
    entry = {"study": study, "places": json.dumps(places), "lease": now + LEASE_S, **drivers.this_process()}
    if not connection.execute(
        schema.insert(database.dialect, deletions).on_conflict_do_nothing(index_elements=["study"]), entry
    ).rowcount:
        return False
    for table in (evaluations, notes, driver_table):
        connection.execute(sa.delete(table).where(table.c.study.in_(ids)))
    connection.execute(sa.delete(studies).where(studies.c.id.in_(ids)))
    return True


def _finish(database: Database, study: str, say: Say) -> None:
    """Everything that is not in our tables; then the deletion is over."""
    if not database.memory:
        _delete_mirrored(database, study, say)
    rows = database.rows(sa.select(_d.places).where(_d.study == study))
    for pieces in pieces_of(study, json.loads(rows[0].places) if rows else {}):
        if not pieces.run_dir.is_dir():
            continue  # moved, deleted, or on another machine: there what is left is known by its content
        for path in pieces.remove_all().left:
            say(f"{path} was changed by somebody else since it was written, and stays")

    def end(connection: sa.Connection, _: bool) -> None:
        connection.execute(sa.delete(deletions).where(_d.study == study))

    database.run(end, write=True)


def _delete_mirrored(database: Database, study: str, say: Say) -> None:
    with database.read() as connection:
        if not sa.inspect(connection).has_table("studies"):
            return
        if connection.execute(sa.select(_mirrored).where(_mirrored.c.study_name == study)).first() is None:
            return
    from quantray.ledger.optuna_study import delete_mirrored

    if kept := delete_mirrored(database, study):
        say(f"the Optuna study beside it holds trials that somebody else added, and stays as {kept!r}")
