"""Opening a ledger: create a study, resume it, or start it over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from quantray.errors import LedgerError
from quantray.ledger import drivers, schema
from quantray.ledger.addresses import address
from quantray.ledger.database import Database
from quantray.ledger.deletion import delete, inventory, pending, settle
from quantray.ledger.difference import differences
from quantray.ledger.rows import encode
from quantray.ledger.sql_ledger import SHARED, SqlLedger
from quantray.outlets import logger
from quantray.protocols import Say
from quantray.settings import Storage

if TYPE_CHECKING:
    from quantray.ledger.schema import Row

_log = logger(__name__)


def open_ledger(
    storage: Storage,
    run_dir: Path | str,
    study: str,
    digests: Mapping[str, str],
    *,
    described: Mapping[str, object],
    fresh: bool = False,
    say: Say = _log.warning,
) -> SqlLedger:
    """Create ``study``, or resume it if its plan is the same.

    ``digests`` is ``Plan.digests(...)`` and ``described`` is :func:`quantray.ledger.describe` of the plan: the one
    decides, the other says what changed. ``fresh`` deletes the study first and tells ``say`` in one sentence what
    is deleted; ``say`` also hears of another driver that works on the study.
    Raises :class:`LedgerError` for a database that is foreign, damaged, newer or not writable, and for a study of
    another plan.
    """
    parts, sections = encode(digests, "digests"), encode(described, "the plan")  # what cannot be stored is said first
    database = Database(address(storage, run_dir), create=True)
    try:
        if fresh:
            _start_over(database, study, Path(run_dir), say)
        while True:
            settle(database, study, say)
            ledger = _join(database, study, parts, sections, storage.lease_s, say)
            if ledger is not None:
                return ledger
    except BaseException:
        database.close()
        raise


def _start_over(database: Database, study: str, run_dir: Path, say: Say) -> None:
    settle(database, study, say)
    found = inventory(database, study)
    if found is not None:
        say(f"fresh=true: deleting {found}")
    delete(database, study, also_in=run_dir, say=say)


def _join(database: Database, name: str, digests: str, described: str, lease_s: float, say: Say) -> SqlLedger | None:
    """This process as a driver of the study, which is made where there is none; None while it is being deleted."""
    with database.write() as connection:
        now = database.now(connection)
        new = {"name": name, "created_at": now, "digests": digests, "described": described}
        statement = schema.insert(database.dialect, schema.studies)
        connection.execute(statement.on_conflict_do_nothing(index_elements=["name"]), new)
        query = sa.select(schema.studies).where(schema.studies.c.name == name).with_for_update()
        row = connection.execute(query).first()
        if row is None or pending(connection, name):  # deleted at this moment
            connection.rollback()
            return None
        _compare(database, row, json.loads(digests), json.loads(described))
        others = drivers.live(connection, row.id, now)
        driver = drivers.register(connection, row.id, now + lease_s)
    if others:
        say(f"study {name!r} is also driven by {drivers.who(others)}: {SHARED}")
    return SqlLedger(database, row.id, name, driver, lease_s, others=len(others), say=say)


def _compare(database: Database, row: Row, digests: Mapping[str, str], described: Mapping[str, object]) -> None:
    lines = differences(json.loads(row.digests), digests, json.loads(row.described), described)
    if lines:
        changed = "\n".join(lines)
        raise LedgerError(
            f"study {row.name!r} in {database.name} was made by another plan:\n{changed}\n"
            f"Use another study.name, or fresh=true to delete the study and start over."
        )
