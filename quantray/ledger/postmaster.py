"""The process behind an embedded server's folder: found, started and stopped, and never taken for another one.

A number in ``postmaster.pid`` says nothing by itself: after a power cut it may belong to anybody. What counts as the
server is a process of the right user that runs the program ``postgres``, works in the folder's ``data`` and began when
the file says. A signal goes to that process alone: on Linux through a descriptor that was opened before the check, so
that no number can change hands in between.

Postgres refuses to run as root. Then it runs as the system user ``pgserver``, who owns ``data`` and nothing else: the
folders above it stay as closed as they are, because the server works in ``data`` without ever asking for its path.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.errors import LedgerError
from quantray.private import check_private, name_of

if TYPE_CHECKING:
    import pwd

    import psutil

NAME = "pgserver"  # whose processes serve root
START_S = 60.0
STOP_S = 60.0  # for the checkpoint of a fast shutdown
SAME_S = 60.0  # between two clocks' views of when a process began
_HERE = "/proc/self/cwd"  # a folder that a process works in, whatever is closed above it
_HALF = ".quantray-initdb-"  # what becomes ``data`` when it is complete


@dataclass(frozen=True, slots=True)
class Server:
    """The server of ``data``: where its programs are and as whom it runs."""

    programs: Path
    data: Path
    user: int
    group: int

    @property
    def as_user(self) -> dict[str, Any]:
        """How its processes are started: as that user, in ``data``, without this process's variables."""
        language = {name: value for name, value in os.environ.items() if name in ("TZ", "LD_LIBRARY_PATH")}
        other = {} if self.user == os.geteuid() else {"user": self.user, "group": self.group, "extra_groups": []}
        return {"env": {"PATH": os.defpath, "LC_ALL": "C", **language}, "umask": 0o077, **other}

    def told(self, folder: Path) -> str:
        """``folder`` as a process that works in it may call it."""
        return str(folder) if self.user == os.geteuid() or not Path(_HERE).exists() else _HERE


def server_of(programs: Path, data: Path) -> Server:
    """Who serves ``data``: this user, or for root the system user ``pgserver``, who is made when missing."""
    if os.geteuid() != 0:
        return Server(programs, data, os.geteuid(), os.getegid())
    import pwd

    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        entry = _new_user()
    return Server(programs, data, entry.pw_uid, entry.pw_gid)


def _new_user() -> pwd.struct_passwd:
    import pwd

    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
    with suppress(OSError):
        subprocess.run(command, capture_output=True, check=False)
    for _ in range(20):  # another process may be making it
        with suppress(KeyError):
            return pwd.getpwnam(NAME)
        time.sleep(0.1)
    raise LedgerError(
        f"Postgres does not run as root, and the system user {NAME} cannot be made: run as another user, make that "
        f"user with useradd --system {NAME}, or choose another storage"
    )


def prepare(server: Server) -> None:
    """Make ``data`` unless it is there; LedgerError unless it is private and of the user who serves it."""
    data = server.data
    for half in data.parent.glob(f"{_HALF}*"):  # of an attempt that was killed
        shutil.rmtree(half, ignore_errors=True)
    if not os.path.lexists(data) or (data.is_dir() and not data.is_symlink() and not any(data.iterdir())):
        _make(server)
    if not (data / "PG_VERSION").is_file():
        raise LedgerError(f"{data} is in the way: it holds no Postgres; move it, or choose another storage.url")
    check_private(data, server.user, "run as its owner, close it with chmod 700, or choose another storage.url")


def _make(server: Server) -> None:
    half = Path(tempfile.mkdtemp(prefix=_HALF, dir=server.data.parent))
    try:
        if server.user != os.geteuid():
            os.chown(half, server.user, server.group)
        options = ("--auth=peer", "--encoding=UTF8", "--no-locale", "--no-instructions", "-U", "postgres")
        command = [str(server.programs / "initdb"), *options, "-D", server.told(half)]
        done = _run(command, server, cwd=half)
        if done.returncode != 0:
            raise LedgerError(f"{server.data} cannot be made: {last_line(done.stderr or done.stdout)}")
        half.rename(server.data)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise


def _run(command: Sequence[str], server: Server, cwd: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **server.as_user
        )
    except PermissionError as error:
        raise LedgerError(
            f"{name_of(server.user)} may not run {command[0]}: install quantray where that user can read it, or run as "
            "another user than root"
        ) from error


def running(server: Server) -> psutil.Process | None:
    """The ``psutil`` process that serves ``data``, None when none does. A note of one that is gone is put away.

    Raises :class:`LedgerError` while processes of a server that died are still at work in ``data``.
    """
    deadline = time.monotonic() + START_S
    while True:
        working, noted = _working_in(server), _noted(server.data)
        found = next((p for p in working if noted is not None and _is_it(p, *noted)), None)
        if found is not None:
            return found
        if not working:
            # Postgres itself would take any process of that number for a server
            (server.data / "postmaster.pid").unlink(missing_ok=True)
            return None
        if time.monotonic() > deadline:
            pids = ", ".join(str(p.pid) for p in working)
            raise LedgerError(f"processes of a Postgres server that died still work in {server.data}: {pids}; end them")
        time.sleep(0.1)  # they end by themselves, or the server is just writing its note


def _working_in(server: Server) -> list[psutil.Process]:
    """Processes of the server's user that run ``postgres`` in ``data``."""
    import psutil

    here, found = server.data.stat(), []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.uids().effective == server.user and Path(process.exe().split(" (")[0]).name == "postgres":
                place = os.stat(process.cwd())
                if (place.st_dev, place.st_ino) == (here.st_dev, here.st_ino):
                    found.append(process)
    return found


def _noted(data: Path) -> tuple[int, float] | None:
    """Number and beginning of the server, as ``postmaster.pid`` has them."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        return int(lines[0]), float(lines[2])
    except (OSError, ValueError, IndexError):
        return None


def _is_it(process: psutil.Process, pid: int, began: float) -> bool:
    import psutil

    with suppress(psutil.Error):
        return process.pid == pid and abs(process.create_time() - began) <= SAME_S
    return False


def start(server: Server, sockets: Path) -> None:
    """Start the server with its socket in ``sockets`` and wait until it takes connections."""
    place = "." if sockets == server.data else '"' + str(sockets).replace('"', '""') + '"'
    command = [str(server.programs / "postgres"), "-D", server.told(server.data), "-k", place]
    log = _log(server)
    try:
        # a shell in between, so that the server is nobody's child: it outlives this process
        line = ["/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", *command, "-c", "listen_addresses="]
        begun = subprocess.run(
            line, cwd=server.data, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, check=True,
            start_new_session=True, **server.as_user,
        )  # fmt: skip
    finally:
        os.close(log)
    try:
        _wait_until_ready(server, int(begun.stdout))
    except LedgerError as error:
        raise LedgerError(f"{error} (its words are in {server.data}/log)") from None


def _log(server: Server) -> int:
    path = server.data / "log"
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    os.fchown(log, server.user, -1)
    return log


def _wait_until_ready(server: Server, pid: int) -> None:
    import psutil

    note, deadline = server.data / "postmaster.pid", time.monotonic() + START_S
    while psutil.pid_exists(pid):
        with suppress(OSError, IndexError):
            lines = note.read_text(encoding="utf-8", errors="replace").splitlines()
            if lines[0].strip() == str(pid) and lines[7].strip() == "ready":
                return
        if time.monotonic() > deadline:
            raise LedgerError(f"no connections are taken after {START_S:.0f} s")
        time.sleep(0.02)
    raise LedgerError(last_line((server.data / "log").read_text(encoding="utf-8", errors="replace")))


def sockets_of(data: Path) -> Path:
    """Where the running server listens, as it noted itself."""
    place = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[4]
    return data if place.strip() in (".", "") else Path(place)


def stop(server: Server, process: psutil.Process) -> None:
    """A fast shutdown of ``process``, which :func:`running` found, and its end."""
    _signal(server, process, signal.SIGINT)
    _wait_for_end(process)


def reload(server: Server, process: psutil.Process) -> None:
    """Let the server read its rules again."""
    _signal(server, process, signal.SIGHUP)


def _signal(server: Server, process: psutil.Process, number: int) -> None:
    """To that process or to nobody: it is looked at once more after it can no longer be mistaken."""
    if not hasattr(os, "pidfd_open"):
        if running(server) == process:
            process.send_signal(number)
        return
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        if running(server) == process:
            signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return
    finally:
        os.close(handle)


def _wait_for_end(process: psutil.Process) -> None:
    import psutil

    try:
        process.wait(STOP_S)
    except psutil.TimeoutExpired:
        raise LedgerError(f"the Postgres server, process {process.pid}, does not end") from None


def last_line(text: str) -> str:
    """The last line that says what went wrong; of a server's log the last that is fatal."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL:" in line or "PANIC:" in line or "error:" in line]
    return (fatal or lines or ["no message"])[-1].strip()
