"""One database: how transactions begin in it, when they are tried again, and its errors in our words."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event, exc

from quantray.errors import LedgerError, LedgerStalled
from quantray.ledger import embedded, postgres, schema, upgrade
from quantray.ledger.addresses import EMBEDDED, masked
from quantray.ledger.sqlite_file import STALLED, TIMEOUT_S, check_file, frozen, make_folder, remedy, uri
from quantray.outlets import logger

if TYPE_CHECKING:
    from quantray.ledger.schema import Row

PATIENCE_S = 60.0  # how long a server that was there is waited for
_log = logger(__name__)
T = TypeVar("T")


def _url(text: str) -> sa.URL:
    try:
        url = sa.make_url(text)
    except (exc.ArgumentError, ValueError):
        raise LedgerError(f"{text!r} is no database address; give a file, sqlite:///FILE or postgresql://…") from None
    if url.drivername in ("postgres", "postgresql"):  # SQLAlchemy 2.1 would take another driver
        url = url.set(drivername="postgresql+psycopg2")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise LedgerError(f"a ledger lives in SQLite or Postgres, not in {url.get_backend_name()!r}")
    if url.get_backend_name() == "sqlite" and (url.host or url.port or url.username or url.query):
        raise LedgerError(
            f"{masked(text)}: SQLite has a file and nothing else; give sqlite:///FILE, or sqlite:////FILE"
        )
    return url


class Database:
    """An engine whose transactions are either ``read`` or ``write``; a write transaction is begun as one.

    SQLite: write-ahead log, ``synchronous=NORMAL``, ``BEGIN IMMEDIATE``, and a wait of 60 s for other writers.
    Postgres: an address at which nobody answers is given up in seconds; a server that goes away later is waited for
    (:meth:`run`). ``create`` makes the tables, and brings those of an older scheme up to date; None asks for none.
    Raises :class:`LedgerError` for whatever the database refuses.
    """

    def __init__(self, url: str, *, create: bool | None = False) -> None:
        self.patience = PATIENCE_S
        self._embedded = url if url.startswith(EMBEDDED) else None
        self.url = _url(embedded.join(url) if self._embedded else url)
        try:
            self._open(create)
        except BaseException:
            self._leave()
            raise

    def _open(self, create: bool | None) -> None:
        self.dialect = self.url.get_backend_name()
        self.memory = self.dialect == "sqlite" and self.url.database in (None, "", ":memory:")
        self.reconnects = 0  # how often a transaction had to be tried again
        if self.dialect == "sqlite" and not self.memory:
            check_file(Path(str(self.url.database)), create=bool(create))
        self._turn: AbstractContextManager[Any] = threading.RLock() if self.memory else nullcontext()
        self.engine = self._engine()
        self._writing = self.engine.execution_options(quantray_write=True)
        self._clock = sa.select(schema.now(self.dialect))
        try:
            if create and self.dialect == "sqlite" and not self.memory:
                make_folder(Path(str(self.url.database)))
            with self._translated():
                self.scheme = upgrade.agree(self.engine, self._writing, self.name, create=create)
        except BaseException:
            self.engine.dispose()
            raise

    @property
    def name(self) -> str:
        """The database as a reader knows it: its file or folder, or its address without the password."""
        if self._embedded:
            return str(embedded.folder_of(self._embedded))
        if self.memory:
            return "memory"
        if self.dialect == "sqlite":
            return str(self.url.database)
        return masked(self.url.set(drivername="postgresql").render_as_string(hide_password=True))

    def now(self, connection: sa.Connection) -> float:
        """Seconds since 1970 by the database's clock."""
        return float(connection.execute(self._clock).scalar_one())

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        with self._turn, self._translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        with self._turn, self._translated(), self._writing.begin() as connection:
            yield connection

    def run(self, work: Callable[[sa.Connection, bool], T], *, write: bool = False) -> T:
        """``work(connection, again)`` in a transaction of its own, tried again for 60 s while the server is away.

        ``again`` is True when an earlier try may have been committed although its answer was lost: ``work`` must
        then come to the same end.
        """
        begin, deadline, pause = self.write if write else self.read, 0.0, 0.05
        while True:
            try:
                with begin() as connection:
                    return work(connection, deadline > 0)
            except LedgerError as error:
                cause = error.__cause__
                if self.dialect == "sqlite" or not isinstance(cause, exc.DBAPIError) or not postgres.passes(cause):
                    raise
                if not deadline:
                    deadline = time.monotonic() + self.patience
                    _log.warning("%s; trying again for %.0f s", error, self.patience)
                elif time.monotonic() > deadline:
                    raise
                self.reconnects += 1
                time.sleep(pause * random.uniform(0.5, 1.5))  # drivers come back one after another
                pause = min(2 * pause, 2.0)

    def rows(self, query: sa.Executable) -> Sequence[Row]:
        """All rows of one query."""
        return self.run(lambda connection, _: connection.execute(query).all())

    def close(self) -> None:
        self.engine.dispose()
        self._leave()

    def _leave(self) -> None:
        if self._embedded:
            embedded.leave(self._embedded)
            self._embedded = None

    def _engine(self) -> sa.Engine:
        if self.dialect != "sqlite":
            return postgres.make_engine(self.url)
        pool: dict[str, Any] = {"poolclass": sa.StaticPool} if self.memory else {}
        arguments: dict[str, Any] = {"timeout": TIMEOUT_S, "check_same_thread": False}
        path = Path(str(self.url.database))
        if not self.memory and frozen(path):
            pool["creator"] = lambda: sqlite3.connect(uri(path), uri=True, isolation_level=None, **arguments)
        engine = sa.create_engine(self.url, connect_args=arguments, **pool)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except exc.DBAPIError as error:
            cause = str(error.orig).strip() or type(error.orig).__name__
            kind = LedgerStalled if any(word in cause.lower() for word in STALLED) else LedgerError
            raise kind(f"{self.name}: {cause.splitlines()[0]}; {self._remedy(cause)}") from error

    def _remedy(self, cause: str) -> str:
        return remedy(cause) if self.dialect == "sqlite" else postgres.remedy(cause)


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # we begin transactions ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("quantray_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
