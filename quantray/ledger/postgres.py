"""What is particular to Postgres: how it is connected to, which of its errors pass, and the remedies of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import event, exc

from quantray.errors import LedgerError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PostgresConnection

CONNECT_S = 5  # an address at which nothing answers is given up after this long
_SESSION = (
    "SET application_name = 'quantray'",
    "SET idle_in_transaction_session_timeout = '30s'",  # a driver that hangs inside a transaction blocks the others
    "SET lock_timeout = '120s'",
)
#: connect_timeout covers a server that accepts and is silent; the others a network that vanished.
_CONNECT: dict[str, int] = {
    "connect_timeout": CONNECT_S,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
#: SQLSTATE classes and codes of what passes: connections, shutdowns and starts, too many clients, deadlocks.
_PASSING = ("08", "57P01", "57P02", "57P03", "57P05", "25P03", "53300", "40001", "40P01")
#: While connecting there is no SQLSTATE, only words; these do not pass by waiting.
_LASTING = (
    "authentication", "no password", "does not exist", "pg_hba.conf", "permission denied for", "not permitted",
    "invalid", "could not translate host name", "certificate", "ssl",
)  # fmt: skip


def make_engine(url: sa.URL) -> sa.Engine:
    """An engine whose connections give up in seconds. Raises :class:`LedgerError` without psycopg2."""
    arguments = {name: value for name, value in _CONNECT.items() if name not in url.query}
    try:
        engine = sa.create_engine(url, connect_args=arguments)
    except ModuleNotFoundError as error:
        raise LedgerError(f"storage=postgres needs {error.name}: install quantray again") from None
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: PostgresConnection, _: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("; ".join(_SESSION))
    connection.commit()


def passes(error: exc.DBAPIError) -> bool:
    """Whether the same transaction may succeed a little later on another connection."""
    code = getattr(error.orig, "pgcode", None)
    if code is not None:
        return str(code).startswith(_PASSING)
    if error.connection_invalidated:
        return True
    words = str(error.orig).lower()
    return isinstance(error, exc.OperationalError) and not any(word in words for word in _LASTING)


def remedy(cause: str) -> str:
    """What to do about an error of the server, in a sentence's second half."""
    words = cause.lower()
    for said, what in _REMEDIES.items():
        if any(word in words for word in said):
            return what
    return "check storage.url"


_REMEDIES: dict[tuple[str, ...], str] = {
    ("authentication", "no password"): "check the user and the password in storage.url, or PGUSER and PGPASSWORD",
    ("read-only", "permission denied"): (
        "the ledger writes: grant the role CONNECT, and USAGE and CREATE on its schema, on a server that takes writes, "
        "or give another storage.url"
    ),
    ("no space left", "disk full"): "free some space on the server and start again to resume",
    ("does not exist",): "create the database and the role first, or check storage.url",
    ("too many", "remaining connection slots"): "raise max_connections on the server, or start fewer drivers",
    ("lock timeout",): "another program holds the study's row; end that program and start again to resume",
    ("timeout", "refused", "translate host", "unreachable", "no route", "closed the connection", "no such file"): (
        "is the server running and reachable from here? check the host and port in storage.url, or PGHOST and PGPORT"
    ),
}
