"""Folders that are made once and used by many studies: their files known by digest, damaged ones made again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from quantray.errors import ConfigError, DataError
from quantray.files.durable import digest_of_file, left_behind, room, sync_file, sync_folder, unfinished_name
from quantray.files.marks import MARK, check_folder, kind_of, mark_of, refuse_link, remove_mark, write_mark
from quantray.private import users_cache
from quantray.protocols import Say

_REMEDY = "move it away, or choose another data.cache"


class Cached:
    """One folder of a cache. Its mark, which is written last, lists its files with their digests.

    ``name`` says what it holds, so that equal names mean equal content.
    """

    def __init__(self, home: Path, name: str, what: str) -> None:
        self.folder, self.what = home / name, what

    def find(self, say: Say) -> Path | None:
        """The folder, every file of it checked; None where it is not there, or damaged, which ``say`` is told.

        DataError where something that is not ours has its name.
        """
        try:
            if not check_folder(self.folder, _REMEDY, holds=self.what):
                return None
        except ConfigError as error:
            raise DataError(str(error)) from None
        mark = mark_of(self.folder) or {}
        files = mark.get("files") or {}
        bad = [name for name, note in files.items() if not _whole(self.folder, name, note)]
        if not bad and files:
            return self.folder
        say(f"{self.folder}: {len(bad):,} of {len(files):,} files are damaged or missing ({bad[0] if bad else '-'}); "
            f"the {self.what} is made again")  # fmt: skip
        return None

    def make(self, write: Callable[[Path], object]) -> Path:
        """Let ``write`` fill a folder beside, and move it to its place; a damaged one is replaced file by file.

        Of two that make the same at once both succeed. DiskError without room, DataError where nothing can be written.
        """
        try:
            with room(f"the {self.what} {self.folder}", "nothing that is stored is lost", only_room=True):
                return self._make(write)
        except ConfigError as error:
            raise DataError(str(error)) from None
        except OSError as error:
            raise DataError(
                f"cannot write the {self.what} to {self.folder}: {error.strerror or error}; choose another data.cache"
            ) from None

    def _make(self, write: Callable[[Path], object]) -> Path:
        home = self.folder.parent
        home.mkdir(parents=True, exist_ok=True)
        for entry in home.iterdir():
            if left_behind(entry.name) and kind_of(entry) == "folder":
                shutil.rmtree(entry, ignore_errors=True)
        work = home / unfinished_name(self.folder.name)
        work.mkdir()
        try:
            write(work)
            files = self._seal(work)
            refuse_link(self.folder, _REMEDY)
            try:
                os.rename(work, self.folder)
            except OSError:
                self._replace(work, files)
            sync_folder(home)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return self.folder

    def _seal(self, work: Path) -> list[str]:
        """Sync everything, then write the mark."""
        files = {}
        for place, _, names in os.walk(work):
            for name in names:
                path = Path(place, name)
                sync_file(path)
                files[path.relative_to(work).as_posix()] = list(digest_of_file(path))
            sync_folder(Path(place))
        write_mark(work, holds=self.what, files=files)
        return sorted(files)

    def _replace(self, work: Path, files: list[str]) -> None:
        """Move the files of ``work`` over those of the folder, which is not complete meanwhile."""
        if self.find(lambda _: None) is not None:
            return  # another process was quicker
        (self.folder / MARK).unlink(missing_ok=True)
        write_mark(self.folder, holds=self.what, files={})
        for name in files:
            target = self.folder / name
            for parent in reversed(list(target.relative_to(self.folder).parents)[:-1]):
                refuse_link(self.folder / parent, _REMEDY)
                (self.folder / parent).mkdir(exist_ok=True)
            refuse_link(target, _REMEDY)
            os.replace(work / name, target)
            sync_folder(target.parent)
        os.replace(work / MARK, self.folder / MARK)
        sync_folder(self.folder)

    def remove(self) -> None:
        """Delete what the mark lists and is as it was written; what others put there stays."""
        mark = mark_of(self.folder)
        if kind_of(self.folder) != "folder" or mark is None or mark.get("holds") != self.what:
            return
        for name, note in (mark.get("files") or {}).items():
            if _whole(self.folder, name, note):
                (self.folder / name).unlink()
                with suppress(OSError):
                    (self.folder / name).parent.rmdir()
        with suppress(OSError):
            if {entry.name for entry in self.folder.iterdir()} <= {MARK}:
                remove_mark(self.folder)


def _whole(folder: Path, name: str, note: object) -> bool:
    path = folder / name
    if name.startswith("/") or ".." in name.split("/"):
        return False
    if any(kind_of(folder / parent) != "folder" for parent in path.relative_to(folder).parents):
        return False
    try:
        return kind_of(path) == "file" and list(digest_of_file(path)) == note
    except OSError:
        return False


def cache_dir(given: str | None) -> Path:
    """``data.cache`` where it is given, else quantray's folder in the user's cache."""
    if given is not None:
        return Path(given).expanduser()
    return users_cache("quantray")
