"""Which files of a folder are ours: each is entered, by name and content, before it is moved to its place.

A process has a journal of its own, so that processes on many machines need not wait for each other.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from quantray.files.durable import digest_of_file, sync_folder
from quantray.files.marks import kind_of, refuse_link, remove_empty

FOLDER = "journal"
_turn = threading.Lock()


class Entry(NamedTuple):
    """One file as it was written. ``inode`` and ``mtime_ns`` tell an untouched file without reading it."""

    name: str
    bytes: int
    digest: str
    inode: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Removed:
    """What was deleted, and what was left because it is not as quantray wrote it."""

    files: int = 0
    bytes: int = 0
    left: tuple[Path, ...] = field(default=())

    def __add__(self, other: Removed) -> Removed:
        return Removed(self.files + other.files, self.bytes + other.bytes, (*self.left, *other.left))


def add(folder: Path, name: str, size: int, digest: str, found: os.stat_result) -> None:
    """Enter a file; it is on the disk when the call returns."""
    with _turn:  # of the threads of a process: no half lines, and no line before the journal's own name is on the disk
        _append(folder, json.dumps([name, size, digest, found.st_ino, found.st_mtime_ns]))


def _append(folder: Path, entry: str) -> None:
    home = folder / FOLDER
    refuse_link(home)
    home.mkdir(exist_ok=True)
    path = home / f"{os.uname().nodename.replace('/', '_')}~{os.getpid()}.jsonl"
    refuse_link(path)
    new = kind_of(path) is None
    line = f"\n{entry}\n"  # begun with a line break: what a power cut left half must not swallow it
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        before = os.fstat(handle).st_size
        data = line.encode()
        if os.write(handle, data) != len(data):  # a full disk took half of it
            os.ftruncate(handle, before)
            raise OSError(28, os.strerror(28), str(path))
        os.fsync(handle)
    finally:
        os.close(handle)
    if new:
        sync_folder(home)
        sync_folder(folder)


def read(folder: Path) -> dict[str, list[Entry]]:
    """Every file that was entered, by name; a line that a power cut left half is passed over."""
    found: dict[str, list[Entry]] = {}
    for path in _journals(folder):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                name, size, digest, inode, mtime_ns = json.loads(line)
                entry = Entry(str(name), int(size), str(digest), int(inode), int(mtime_ns))
            except (ValueError, TypeError):
                continue
            if not entry.name.startswith("/") and ".." not in entry.name.split("/") and entry.name:
                found.setdefault(entry.name, []).append(entry)
    return found


def wrote(path: Path, entries: Sequence[Entry]) -> bool:
    """Whether the file is one of those that were entered: untouched since, or of the same content."""
    if kind_of(path) != "file":
        return False
    found = path.stat()
    if any((found.st_size, found.st_ino, found.st_mtime_ns) == (e.bytes, e.inode, e.mtime_ns) for e in entries):
        return True
    if all(found.st_size != e.bytes for e in entries):
        return False
    try:
        content = digest_of_file(path)
    except OSError:
        return False
    return any(content == (e.bytes, e.digest) for e in entries)


def remove(folder: Path) -> None:
    """Remove the journals: last of what a study has."""
    for path in _journals(folder):
        path.unlink(missing_ok=True)
    if kind_of(folder / FOLDER) == "folder":
        remove_empty(folder / FOLDER)


def _journals(folder: Path) -> list[Path]:
    home = folder / FOLDER
    if kind_of(home) != "folder":
        return []
    paths = (path for path in home.iterdir() if path.suffix == ".jsonl" and "~" in path.name)
    return sorted(path for path in paths if kind_of(path) == "file")
