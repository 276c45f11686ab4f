"""A Ray of this machine, started beside other work.

On Linux Ray asks the kernel to end its processes with the thread that started them (PR_SET_PDEATHSIG). So one thread
starts Ray, lives as long as it does, and ends it; a process that is killed takes them along.
"""

from __future__ import annotations

import atexit
import logging
import os
import secrets
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from quantray.private import home
from quantray.runner.threads import worker_count
from quantray.settings import Runner

MB = 1 << 20
LEAST, USUAL = 150 * MB, 2048 * MB
_SHARED_MEMORY = Path("/dev/shm")
_PATIENCE_S = 20.0  # for a start that goes on when the interpreter ends


class LocalRay:
    """Begins to start Ray at once; ``wait`` until it is there, ``end`` it.

    ``room`` is the object store's, in bytes. Workers import ``modules`` before they are given anything.
    """

    def __init__(self, runner: Runner, room: int, modules: Sequence[str] = ()) -> None:
        self.room = room
        self._options: dict[str, Any] = {
            "address": "local",
            "num_cpus": worker_count(runner.workers, 10_000),
            "include_dashboard": False,
            "log_to_driver": False,
            "logging_level": logging.ERROR,
            "configure_logging": False,
            "object_store_memory": room,
        }
        if modules:
            self._options["_system_config"] = {"preload_python_modules": list(modules)}
        bring_token()
        self._error: Exception | None = None
        self._ready, self._leave, self._gone = threading.Event(), threading.Event(), threading.Event()
        self._address = ""
        atexit.register(self._settle)
        threading.Thread(target=self._keep, name="quantray-ray", daemon=True).start()

    @property
    def starting(self) -> bool:
        """Whether it is neither there nor has failed."""
        return not self._ready.is_set()

    @property
    def ended(self) -> bool:
        return self._gone.is_set()

    @property
    def ending(self) -> bool:
        return self._leave.is_set()

    @property
    def serves(self) -> bool:
        """Whether this process has joined it now."""
        import ray

        return self._error is None and ray.is_initialized() and self._address == _joined()

    def wait(self) -> None:
        """Until it is there; raises what its start raised. Ctrl-C is heard meanwhile."""
        while not self._ready.wait(0.1):
            pass
        if self._error is not None:
            raise self._error

    def end(self) -> None:
        """Leave and end it, unless somebody else did. Nobody else may ask Ray for anything meanwhile.

        Letting go of a reference asks it too, and who asks a Ray that is leaving is ended by it.
        """
        self._leave.set()
        while not self._gone.wait(0.1):
            pass

    def _keep(self) -> None:
        import ray

        try:
            with quiet(), _lean():
                ray.init(**self._options)
            self._address = str(ray.get_runtime_context().gcs_address)
        except Exception as error:
            self._error = error
        self._ready.set()
        self._leave.wait()
        try:
            if self.serves:
                ray.shutdown()
        finally:
            self._gone.set()

    def _settle(self) -> None:
        """An interpreter that ends in the middle of a start would leave a thread in the middle of Ray."""
        self._ready.wait(_PATIENCE_S)
        if self.ending:
            self._gone.wait(_PATIENCE_S)


#: What ``ray.init`` starts beside what runs tasks, by methods of its node: a dashboard's server, which it waits for,
#: the autoscaler's monitor, and a reader of logs that nobody is shown. Without them Ray is there in half the time.
SPARED = ("start_api_server", "start_monitor", "start_log_monitor")
#: Asked whether a dashboard could be had, Ray imports half a second of web server to see, and its agent does the same.
ASKED = "get_dashboard_dependency_error"
#: Asked for a node that is not there yet, Ray waits a second or two until it asks again; ours is there after .6 s.
LOOKED_UP, _REGISTERED_S = "get_node", 10.0


@contextmanager
def _lean() -> Iterator[None]:
    """Within it this process's Ray starts without what is ``SPARED``, as one without a dashboard's packages does.

    One that has no such names starts whole.
    """
    from ray._private import services, utils
    from ray._private.node import Node

    changes: list[tuple[Any, str, object]] = [(Node, name, _nothing) for name in SPARED]
    changes.append((utils, ASKED, lambda: ImportError("no dashboard is asked for")))
    changes.append((services, LOOKED_UP, _when_there(getattr(services, LOOKED_UP, None))))
    before = [(owner, name, was) for owner, name, _ in changes if callable(was := getattr(owner, name, None))]
    for owner, name, change in changes:
        if hasattr(owner, name):
            setattr(owner, name, change)
    try:
        yield
    finally:
        for owner, name, was in before:
            setattr(owner, name, was)


def _when_there(look_up: Callable[[str, str], object] | None) -> Callable[[str, str], object] | None:
    """``look_up`` of a node (the address of its head, its id), as soon as it is there."""
    if look_up is None:
        return None

    def found(address: str, node: str) -> object:
        from ray._raylet import GcsClient  # type: ignore[attr-defined]

        deadline = time.monotonic() + _REGISTERED_S
        with suppress(Exception):  # then it is looked up as Ray does
            head = GcsClient(address=address)
            while time.monotonic() < deadline and node not in (known.hex() for known in head.get_all_node_info()):
                time.sleep(0.02)
        return look_up(address, node)

    return found


def _nothing(node: Any, **_: object) -> None:
    node._webui_url = ""  # as Ray notes it where there is no dashboard


def kill() -> None:
    """End every process of a Ray that this process started, now: Linux only, where /proc tells who is whose.

    Those that Ray's own processes started would outlive them by a minute. What this process talks to goes last: Ray
    ends a process that misses it.
    """
    _send(signal.SIGSTOP, _descendants(os.getpid()))  # from above: nobody starts another one
    _send(signal.SIGKILL, reversed(_descendants(os.getpid())))


def _send(number: int, pids: Iterable[int]) -> None:
    """A signal to those that are Ray's."""
    for pid in pids:
        with suppress(OSError):
            if b"ray" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, number)


def _descendants(pid: int) -> list[int]:
    """Children of every thread of a process, and theirs."""
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, file.read_text().split())
    return [*found, *(below for child in found for below in _descendants(child))]


def bring_token() -> None:
    """A token for a Ray of our own, which otherwise keeps one in the user's home, where there is no home."""
    if home() is None and not any(os.environ.get(name) for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")):
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)  # its processes inherit it, and nobody else reads it


def usual_room() -> int:
    """Of an object store for data whose size is not known yet: it is set aside, and taken page by page."""
    if not _SHARED_MEMORY.is_dir():
        return USUAL
    return max(LEAST, min(USUAL, shutil.disk_usage(_SHARED_MEMORY).free // 2))


def room_for(nbytes: int) -> int:
    """Of an object store that holds ``nbytes`` of data, and what workers send."""
    return max(LEAST, 2 * nbytes + 100 * MB)


def _joined() -> str:
    import ray

    if ray.util.client.ray.is_connected():  # type: ignore[no-untyped-call]
        return ""
    return str(ray.get_runtime_context().gcs_address)


_levels: dict[str, int] = {}
_quiet, _turn = 0, threading.Lock()


@contextmanager
def quiet() -> Iterator[None]:
    """Ray's own words below an error are not the user's business; threads may ask for silence side by side."""
    global _quiet
    names = ("ray", "ray.tune", "ray.data", "ray._private", "ray.air")
    with _turn:
        _quiet += 1
        if _quiet == 1:
            _levels.update({name: logging.getLogger(name).level for name in names})
        for name in names:
            logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        with _turn:
            _quiet -= 1
            for name in names if _quiet == 0 else ():
                logging.getLogger(name).setLevel(_levels[name])
