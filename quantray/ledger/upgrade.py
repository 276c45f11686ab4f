"""Which version of the tables a database holds: made, upgraded in one transaction, or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from quantray.errors import LedgerError
from quantray.ledger import schema
from quantray.ledger.schema import meta

_CREATING = 0x71747261  # the advisory lock of creating and upgrading tables: "qtra"

#: What brings version n to n + 1, in SQL that SQLite and Postgres share.
UPGRADES: Mapping[int, Sequence[str]] = {
    1: ("ALTER TABLE quantray_drivers ADD COLUMN late INTEGER NOT NULL DEFAULT 0",),
    2: (
        "ALTER TABLE quantray_drivers ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0",
        "CREATE TABLE quantray_deletions (study VARCHAR(512) NOT NULL PRIMARY KEY, places TEXT NOT NULL, "
        "host VARCHAR(256) NOT NULL, pid INTEGER NOT NULL, born VARCHAR(64) NOT NULL, lease DOUBLE PRECISION NOT NULL)",
    ),
}
#: Readers take only columns that have been there since this version, and change nothing.
READABLE = 1


def agree(engine: sa.Engine, writing: sa.Engine, name: str, *, create: bool | None) -> int:
    """The version of the database's tables, which with ``create`` is ours; 0 where there are none and ``create`` is

    None. Raises :class:`LedgerError`.
    """
    if create:
        with writing.begin() as connection:
            if connection.dialect.name != "sqlite":  # two may start at once; SQLite's write lock is taken already
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_CREATING)))
            found = _found(connection, name)
            if found is None:
                schema.metadata.create_all(connection)
                connection.execute(sa.insert(meta), {"key": "scheme", "value": str(schema.VERSION)})
                return schema.VERSION
            _check(found, name)
            return _upgrade(connection, found)
    with engine.begin() as connection:
        found = _found(connection, name)
    if found is None and create is None:
        return 0
    if found is None:
        raise LedgerError(f"{name} holds no quantray study; is it the right database?")
    _check(found, name)
    return found


def _found(connection: sa.Connection, name: str) -> int | None:
    if not sa.inspect(connection).has_table(meta.name):
        return None
    found = connection.scalar(sa.select(meta.c.value).where(meta.c.key == "scheme"))
    if found is None or not found.isdecimal():
        raise LedgerError(f"{name} does not say its scheme ({found!r}); it is damaged or not a ledger")
    return int(found)


def _check(found: int, name: str) -> None:
    if READABLE <= found <= schema.VERSION:
        return
    known = f"this one knows schemes {READABLE} to {schema.VERSION}"
    who = "a newer quantray; upgrade to use it" if found > schema.VERSION else "an older quantray, from before releases"
    raise LedgerError(f"{name} has ledger scheme {found}, and {known}: it was written by {who}")


def _upgrade(connection: sa.Connection, found: int) -> int:
    for version in range(found, schema.VERSION):
        for statement in UPGRADES[version]:
            connection.execute(sa.text(statement))
    if found < schema.VERSION:
        connection.execute(sa.update(meta).where(meta.c.key == "scheme").values(value=str(schema.VERSION)))
    return schema.VERSION
