"""Who works on a folder: a lock that the kernel ends with its process, and a note of who holds it."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from quantray.errors import LedgerError
from quantray.files.marks import refuse_link

_BUSY = (errno.EWOULDBLOCK, errno.EACCES)
_CANNOT = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)  # a network folder without locks


def holder(path: Path, *, shared: bool = False) -> str | None:
    """Who holds the lock ``path`` so that it cannot be taken now: ``process 12 on host``; None where nobody does."""
    refuse_link(path)
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        return None if _take(handle, shared=shared) else _who(path)
    finally:
        os.close(handle)


@contextmanager
def held(path: Path, what: str, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock ``path`` for the length of the block, with others where all are ``shared``.

    LedgerError, at once, where somebody else holds it: ``what`` is being worked on by whom. The folder is there.
    """
    refuse_link(path)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _take(handle, shared=shared):
            raise busy(what, _who(path))
        _note(handle)
        yield
    finally:
        os.close(handle)


@contextmanager
def waited_for(path: Path) -> Iterator[None]:
    """Hold the lock ``path``, after whoever has it now: for steps of a moment."""
    refuse_link(path)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def busy(what: str, who: str) -> LedgerError:
    """What the second of two is told."""
    return LedgerError(
        f"{what} is being worked on by {who}; wait until that run has ended, or end it: the same command then goes on"
    )


def _take(handle: int, *, shared: bool) -> bool:
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _BUSY:
            return False
        if error.errno not in _CANNOT:
            raise
    return True


def _note(handle: int) -> None:
    """Say who holds it; on a full disk the lock counts without a note."""
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({"pid": os.getpid(), "host": os.uname().nodename}).encode(), 0)


def _who(path: Path) -> str:
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        return f"process {int(note['pid'])} on {note['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
