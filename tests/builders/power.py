"""A power cut: what a disk still holds when everything that was not synced is gone.

The shim records what :mod:`os` is asked for. A file's content is on the disk as it was when the file was last synced,
and else empty; a name is in its folder as it was when the folder was last synced.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest


class Disk:
    """What would be left of everything below ``root``. ``cut`` writes that to a new folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.content: dict[int, bytes] = {}  # inode -> bytes at the last sync
        self.names: dict[int, dict[str, tuple[int, bool]]] = {}  # inode of a folder -> name -> (inode, is a folder)
        self.syncs = 0
        self._turn = threading.Lock()
        self.kept: list[Path] = []  # one more name for every synced file, so that no inode is used twice

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = os.fsync

        def fsync(handle: Any) -> None:
            real(handle)
            number = handle if isinstance(handle, int) else handle.fileno()
            with self._turn:
                self._synced(Path(os.readlink(f"/proc/self/fd/{number}")))

        monkeypatch.setattr(os, "fsync", fsync)

    def _synced(self, path: Path) -> None:
        self.syncs += 1
        if path.is_dir():
            entries = {e.name: (e.stat(follow_symlinks=False).st_ino, e.is_dir()) for e in os.scandir(path)}
            self.names[path.stat().st_ino] = entries
        elif path.is_file():
            self.content[path.stat().st_ino] = path.read_bytes()
            if path.is_relative_to(self.root):
                self.kept.append(self.root.parent / f"kept-{self.syncs}")
                os.link(path, self.kept[-1])

    def cut(self, into: Path) -> None:
        """Lay out what is left."""
        into.mkdir()
        self._lay(self.root.stat().st_ino, into)
        for path in self.kept:
            path.unlink()

    def _lay(self, folder: int, into: Path) -> None:
        for name, (inode, is_folder) in self.names.get(folder, {}).items():
            if is_folder:
                (into / name).mkdir()
                self._lay(inode, into / name)
            else:
                (into / name).write_bytes(self.content.get(inode, b""))
