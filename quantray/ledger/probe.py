"""Does a server answer, and may this role write to it? Asked without leaving anything behind."""

from __future__ import annotations

import sqlalchemy as sa

from quantray.errors import LedgerError
from quantray.ledger.database import Database


def answers(url: str) -> str:
    """What is at ``url``, in one sentence without a password. Raises :class:`LedgerError` with the remedy."""
    database = Database(url, create=None)
    try:
        with database.read() as connection:
            version = connection.scalar(sa.text("SHOW server_version"))
            fixed = connection.scalar(sa.text("SHOW transaction_read_only")) == "on"
            made = connection.scalar(sa.text("SELECT has_schema_privilege(current_schema(), 'CREATE')"))
        if fixed or not made:
            raise LedgerError(
                f"{database.name} may only be read ({'transactions are read-only' if fixed else 'no CREATE here'}); "
                "grant the role CREATE on its schema, or give another storage.url"
            )
        return f"{database.name} answers, Postgres {str(version).split()[0]}, scheme {database.scheme or 'to be made'}"
    finally:
        database.close()
