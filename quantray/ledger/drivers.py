"""Who drives a study: a driver registers, renews its lease by the database's clock, and ends.

A driver is taken for dead when its lease is over or, at once, when its process on this machine is gone.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from quantray.ledger.schema import drivers

if TYPE_CHECKING:
    from quantray.ledger.schema import Row

#: What may be asked of a database of any readable scheme.
_COLUMNS = (drivers.c.id, drivers.c.host, drivers.c.pid, drivers.c.born)

_RENEW = (
    sa.update(drivers)
    .where(drivers.c.id == sa.bindparam("driver"))
    .values(lease=sa.bindparam("until", type_=sa.Double))
)

_open: set[int] = set()  # drivers of this process


def _born(pid: int) -> str | None:
    """When a process began, in the kernel's words; "" where the kernel does not say, None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]  # a zombie is gone, though its parent has not looked
    except OSError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except OSError:
        pass
    return ""


def _host() -> str:
    """This machine, and within it the namespace in which pids mean something."""
    try:
        space = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        space = 0
    return f"{socket.gethostname()}/{space}"


def this_process() -> dict[str, Any]:
    """How a process is entered, so that it is known again: host, pid, and when it began."""
    pid = os.getpid()
    return {"host": _host(), "pid": pid, "born": _born(pid) or ""}


class Process(Protocol):
    """Where a driver, or somebody who deletes, works."""

    @property
    def host(self) -> str: ...

    @property
    def pid(self) -> int: ...


def who(rows: Sequence[Process]) -> str:
    """Drivers in words."""
    return ", ".join(f"process {row.pid} on {row.host.split('/')[0]}" for row in rows)


def register(connection: sa.Connection, study: int, until: float) -> int:
    """Enter this process as a driver of ``study`` with a lease."""
    row = {"study": study, "lease": until, **this_process()}
    driver = int(connection.execute(sa.insert(drivers).returning(drivers.c.id), row).scalar_one())
    _open.add(driver)
    return driver


def renew(connection: sa.Connection, driver: int, until: float) -> None:
    connection.execute(_RENEW, {"driver": driver, "until": until})


def count_late(connection: sa.Connection, driver: int, results: int) -> None:
    """The driver evaluated candidates that were another's by then."""
    connection.execute(sa.update(drivers).where(drivers.c.id == driver).values(late=drivers.c.late + results))


def end(connection: sa.Connection, driver: int) -> None:
    """From now on the driver's claims are anybody's."""
    connection.execute(sa.update(drivers).where(drivers.c.id == driver).values(lease=0.0))
    _open.discard(driver)


def joined(connection: sa.Connection, study: int, driver: int) -> bool:
    """Whether another driver has come to the study after ``driver``, be it gone again."""
    query = sa.select(drivers.c.id).where(drivers.c.study == study, drivers.c.id > driver).limit(1)
    return connection.execute(query).first() is not None


def reserve(connection: sa.Connection, driver: int, candidates: int) -> None:
    """The driver may be about to claim so many candidates, for as long as it lives."""
    connection.execute(sa.update(drivers).where(drivers.c.id == driver).values(reserved=candidates))


def reserved(connection: sa.Connection, others: Sequence[Row]) -> int:
    """What these drivers may be about to claim."""
    query = sa.select(sa.func.coalesce(sa.func.sum(drivers.c.reserved), 0))
    return int(connection.execute(query.where(drivers.c.id.in_([row.id for row in others]))).scalar_one())


def forget(driver: int) -> None:
    """The driver ends even if its database cannot be told."""
    _open.discard(driver)


def live(connection: sa.Connection, study: int, now: float) -> Sequence[Row]:
    """Rows of the drivers of ``study`` that may still store something, oldest first."""
    rows = connection.execute(sa.select(*_COLUMNS).where(drivers.c.study == study, drivers.c.lease > now))
    return sorted((row for row in rows if _lives(row)), key=lambda row: row.id)


def _lives(row: Row) -> bool:
    if row.host != _host():
        return True  # only its lease tells
    if row.pid == os.getpid():
        return row.id in _open
    return runs(row)


def runs(row: Row) -> bool:
    """Whether the process of a row is there; of another machine's only its lease tells."""
    return bool(row.host != _host() or _born(row.pid) == row.born)
