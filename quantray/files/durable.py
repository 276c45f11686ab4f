"""What makes a file survive: written beside its place, synced, moved into it, and its folder synced after that."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import IO, Any

import numpy as np

from quantray.errors import DiskError

#: What a system says when there is no room: a full disk, a quota, the limit on the size of a file (``ulimit -f``).
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REFUSED = (errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.EMFILE)
_WORDS = ("no space left", "disk quota", "file too large", "not enough space", "disk is full")
_numbers = count()


def unfinished_name(name: str) -> str:
    """A name that no other process has, for a file that is to become ``name``: dot, host, process, number."""
    return f".unfinished~{_host()}~{os.getpid()}~{next(_numbers)}~{name}"[:200]


def left_behind(name: str) -> bool:
    """Whether ``name`` is that of an unfinished file of this machine whose process is gone."""
    parts = name.split("~")
    if len(parts) < 5 or parts[0] != ".unfinished" or not (parts[2] + parts[3]).isdigit():
        return False
    if parts[1] != _host():
        return False
    try:
        os.kill(int(parts[2]), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return False


def _host() -> str:
    """This machine, and within it the namespace in which process numbers mean something."""
    try:
        space = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        space = 0
    return f"{os.uname().nodename}+{space}".replace("/", "_").replace("~", "_")


def sync_file(path: Path) -> None:
    """Return when the bytes of the file are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        _sync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Return when the names in the folder are on the disk."""
    sync_file(path)


def _sync(handle: int) -> None:
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network folders cannot
            raise


def digest_of_file(path: Path) -> tuple[int, str]:
    """Bytes of a file and the XXH3 (128 bits, hex) of its content. OSError where it cannot be read."""
    import xxhash

    with path.open("rb", buffering=0) as file:
        state: Any = hashlib.file_digest(file, xxhash.xxh3_128)
        return os.fstat(file.fileno()).st_size, state.hexdigest()


@contextmanager
def fresh_file(path: Path) -> Iterator[Path]:
    """The name of a new file that becomes ``path``, synced, when the block ends; whatever is there is replaced."""
    work = path.with_name(unfinished_name(path.name))
    try:
        yield work
        sync_file(work)
        os.replace(work, path)
        sync_folder(path.parent)
    finally:
        with suppress(OSError):
            work.unlink()


def write_npy(
    path: Path, parts: Iterator[np.ndarray] | list[np.ndarray], dtype: np.dtype[Any], shape: tuple[int, ...]
) -> None:
    """An array as ``.npy`` from its rows, written in pieces one after another: a full disk is an OSError, no signal."""
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": tuple(shape)}
    with path.open("wb") as file:
        np.lib.format.write_array_header_2_0(file, header)
        for part in parts:
            write_whole(file, np.ascontiguousarray(part, dtype))


def write_whole(file: IO[bytes], array: np.ndarray) -> None:
    if array.nbytes:
        file.write(array.view(np.uint8).reshape(-1).data if array.ndim else array.tobytes())


@contextmanager
def room(
    what: object, stored: str = "what was finished before is stored", *, only_room: bool = False
) -> Iterator[None]:
    """Turn what a system says when ``what`` cannot be written into a :class:`DiskError`: cause, stored, remedy.

    ``only_room``: no other cause than a lack of room.
    """
    try:
        yield
    except Exception as error:
        cause = _cause(error, only_room)
        if cause is None:
            raise
        raise DiskError(f"{what} cannot be written: {cause}; {stored}: {_remedy(cause)}") from None


def _cause(error: Exception, only_room: bool) -> str | None:
    """In a few words why nothing can be written; None where the exception says something else."""
    if isinstance(error, OSError) and error.errno is not None:
        known = NO_ROOM if only_room else (*NO_ROOM, *_REFUSED)
        return os.strerror(error.errno) if error.errno in known else None
    module = type(error).__module__.split(".")[0].lstrip("_")
    if isinstance(error, OSError) or module in ("duckdb", "pyarrow"):
        text = str(error)
        return next((line for line in text.splitlines() if any(w in line.lower() for w in _WORDS)), None)
    return None


def _remedy(cause: str) -> str:
    lower = cause.lower()
    if "too large" in lower:
        return "raise the limit on the size of files (ulimit -f), and the same command goes on"
    if any(word in lower for word in _WORDS) or "space" in lower:
        return "free some space, and the same command goes on"
    return "make the folder writable, or choose another, and the same command goes on"
