"""One database: its address, how transactions begin in it, and its errors in our words."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from quantray.errors import LedgerError
from quantray.ledger import schema
from quantray.ledger.sqlite_file import check_file
from quantray.plan import Storage

TIMEOUT_S = 60.0  # how long a SQLite transaction waits for another writer
FILE = "ledger.db"
_CREATING = 0x71747261  # the advisory lock of creating tables: "qtra"


def address(storage: Storage, run_dir: Path | str) -> str:
    """The SQLAlchemy URL of ``storage``; a SQLite ``url`` may be a plain path."""
    if storage.kind == "memory":
        return "sqlite://"
    if storage.kind == "sqlite":
        if storage.url is None:
            return f"sqlite:///{Path(run_dir).absolute() / FILE}"
        return storage.url if storage.url.startswith("sqlite:") else f"sqlite:///{Path(storage.url).absolute()}"
    if not storage.url:
        raise LedgerError("storage=postgres needs storage.url=postgresql://user:password@host/database")
    return storage.url


def _url(text: str) -> sa.URL:
    try:
        url = sa.make_url(text)
    except exc.ArgumentError:
        raise LedgerError(f"{text!r} is no database address; give a file, sqlite:///FILE or postgresql://…") from None
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg2")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise LedgerError(f"a ledger lives in SQLite or Postgres, not in {url.get_backend_name()!r}")
    return url


class Database:
    """An engine whose transactions are either ``read`` or ``write``; a write transaction is begun as one.

    SQLite: write-ahead log, ``synchronous=NORMAL``, ``BEGIN IMMEDIATE``, and a wait of 60 s for other writers.
    Raises :class:`LedgerError` for whatever the database refuses.
    """

    def __init__(self, url: str, *, create: bool = False) -> None:
        self.url = _url(url)
        self.dialect = self.url.get_backend_name()
        self.memory = self.dialect == "sqlite" and self.url.database in (None, "", ":memory:")
        if self.dialect == "sqlite" and not self.memory:
            check_file(Path(str(self.url.database)), create=create)
        self._turn: AbstractContextManager[Any] = threading.RLock() if self.memory else nullcontext()
        self.engine = self._engine()
        self._writing = self.engine.execution_options(quantray_write=True)
        self._clock = sa.select(schema.now(self.dialect))
        with self._translated():
            self._agree_on_scheme(create)

    @property
    def name(self) -> str:
        """The database as a reader knows it: its file, or its address without the password."""
        if self.memory:
            return "memory"
        return str(self.url.database) if self.dialect == "sqlite" else self.url.render_as_string(hide_password=True)

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

    def close(self) -> None:
        self.engine.dispose()

    def _engine(self) -> sa.Engine:
        if self.dialect != "sqlite":
            try:
                return sa.create_engine(self.url, pool_pre_ping=True)
            except ModuleNotFoundError as error:
                raise LedgerError(f"storage=postgres needs {error.name}: pip install 'quantray[cluster]'") from None
        pool: dict[str, Any] = {"poolclass": sa.StaticPool} if self.memory else {}
        arguments = {"timeout": TIMEOUT_S, "check_same_thread": False}
        engine = sa.create_engine(self.url, connect_args=arguments, **pool)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _agree_on_scheme(self, create: bool) -> None:
        if create:
            with self._writing.begin() as connection:
                if self.dialect != "sqlite":  # two drivers may start at once; SQLite's write lock is taken already
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_CREATING)))
                schema.metadata.create_all(connection)
                row = {"key": "scheme", "value": str(schema.VERSION)}
                connection.execute(schema.insert(self.dialect, schema.meta).on_conflict_do_nothing(), row)
        with self.engine.begin() as connection:
            if not sa.inspect(connection).has_table(schema.meta.name):
                raise LedgerError(f"{self.name} holds no quantray study; is it the right database?")
            found = connection.scalar(sa.select(schema.meta.c.value).where(schema.meta.c.key == "scheme"))
        if found is None or not found.isdecimal():
            raise LedgerError(f"{self.name} does not say its scheme ({found!r}); it is damaged or not a ledger")
        if int(found) != schema.VERSION:
            who = "a newer quantray; upgrade to use it" if int(found) > schema.VERSION else "an older quantray"
            raise LedgerError(f"{self.name} has ledger scheme {found}, not {schema.VERSION}: it was written by {who}")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except exc.DBAPIError as error:
            cause = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
            raise LedgerError(f"{self.name}: {cause}; {_remedy(cause)}") from error


def _remedy(cause: str) -> str:
    if "locked" in cause:
        return f"another program held it for more than {TIMEOUT_S:.0f} s; end that program and start again to resume"
    if "readonly" in cause or "unable to open" in cause:
        return "choose a writable run_dir or storage.url"
    if "malformed" in cause or "not a database" in cause:
        return "the file is damaged: restore a copy or choose another run_dir or storage.url"
    if "full" in cause:
        return "free some space and start again to resume"
    return "check storage.url"


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("quantray_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
