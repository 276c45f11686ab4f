"""The working files of one study in a run's directory: what an interrupted run goes on from."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from quantray.errors import ConfigError
from quantray.files import journal
from quantray.files.durable import digest_of_file, left_behind, room, sync_file, sync_folder, unfinished_name
from quantray.files.holding import busy, held, holder
from quantray.files.journal import Removed
from quantray.files.marks import (
    HOME,
    MARK,
    check_folder,
    key_of,
    kind_of,
    make_folder,
    make_run_dir,
    mark_of,
    refuse_link,
    remove_empty,
    remove_mark,
)  # fmt: skip
from quantray.files.published import Published

#: Begins the key of the notes by which a ledger knows in which directories a study has pieces.
NOTED = "files/"
WHOLE, MISSING, DAMAGED = "whole", "missing", "damaged"
_turn = threading.Lock()
_synced: set[Path] = set()  # folders whose names this process has seen on the disk
_READERS = 4  # files whose digests are taken at a time


@dataclass(frozen=True, slots=True)
class Note:
    """What is noted of a piece: bytes and digest of its content."""

    bytes: int
    digest: str

    def as_json(self) -> list[Any]:
        return [self.bytes, self.digest]


class Pieces:
    """Pieces of ``study`` below ``run_dir/.quantray``, by names with slashes; picklable, for every worker and thread.

    Whoever writes a piece notes it afterwards, in the ledger: :meth:`write` returns when it is on the disk. Making one
    touches no disk; :meth:`check` looks, :meth:`open` makes the folders.
    """

    def __init__(self, run_dir: Path | str, study: str) -> None:
        self.run_dir, self.study = Path(os.path.realpath(run_dir)), study
        self.home = self.run_dir / HOME
        self.folder = self.home / key_of(study)

    @property
    def lock(self) -> Path:
        """Held by whoever works on the study here."""
        return self.home / f"{self.folder.name}.lock"

    @property
    def noted(self) -> tuple[str, dict[str, str]]:
        """Key and value of the note that whoever opens the pieces keeps in the ledger: where they are."""
        run_dir = str(self.run_dir)
        return f"{NOTED}{key_of(run_dir)}", {"run_dir": run_dir, "host": os.uname().nodename}

    def check(self) -> None:
        """ConfigError, before anything is written, where a file, folder or link is in the way."""
        if check_folder(self.home):
            refuse_link(self.lock)
            check_folder(self.folder, study=self.study)

    def open(self) -> Pieces:
        """Make the folders; what processes that died left unfinished is removed. ConfigError, DiskError."""
        with room(self.folder):
            make_run_dir(self.run_dir)
            make_folder(self.home)
            make_folder(self.folder, study=self.study)
        self._tidy(left_behind)
        return self

    def free(self) -> None:
        """LedgerError where another process holds the study; writes nothing."""
        who = holder(self.lock)
        if who is not None:
            raise busy(self._what, who)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the study alone, or raise LedgerError with the process and host of who does."""
        with held(self.lock, self._what):
            yield

    @property
    def _what(self) -> str:
        return f"study {self.study!r} in {self.run_dir}"

    def path(self, name: str) -> Path:
        """Where the piece is, or is to be."""
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or not parts.parts:
            raise ValueError(f"{name!r} is no name of a piece")
        return self.folder / parts

    def write(self, name: str, make: Callable[[Path], object]) -> Note:
        """``make`` a file under a name of its own, sync it, enter it as ours, move it to its place, sync the folder.

        A piece that is there is replaced. ConfigError where the place is taken by what is not ours, DiskError where
        there is no room.
        """
        with room(self.path(name)):
            return self._write(name, make)

    def _write(self, name: str, make: Callable[[Path], object]) -> Note:
        target = self._place(name)
        work = target.with_name(unfinished_name(target.name))
        try:
            make(work)
            sync_file(work)
            note = Note(*digest_of_file(work))
            if kind_of(target) is not None and name not in journal.read(self.folder):
                raise ConfigError(f"{target} is in the way: quantray did not write that file; move it away")
            journal.add(self.folder, name, note.bytes, note.digest, work.stat())
            os.replace(work, target)
            sync_folder(target.parent)
        finally:
            with suppress(OSError):
                work.unlink()
        return note

    def state(self, name: str, note: Sequence[object] | Note) -> str:
        """``whole``, ``missing``, or ``damaged``: there, but not with the bytes that were noted."""
        path = self.path(name)
        size, digest = (note.bytes, note.digest) if isinstance(note, Note) else note
        try:
            if not self._real(path) or kind_of(path) != "file":
                return MISSING if kind_of(path) is None else DAMAGED
            if path.stat().st_size != size:
                return DAMAGED
            return WHOLE if digest_of_file(path) == (size, digest) else DAMAGED
        except OSError:
            return DAMAGED

    def states(self, notes: Mapping[str, Sequence[object] | Note]) -> dict[str, str]:
        """:meth:`state` of many."""
        if sum(1 for _ in notes) < 2:
            return {name: self.state(name, note) for name, note in notes.items()}
        with ThreadPoolExecutor(_READERS) as pool:
            return dict(zip(notes, pool.map(self.state, notes, notes.values()), strict=True))

    def keep(self, wanted: Callable[[str], bool]) -> Removed:
        """Remove the pieces of the study whose names are not ``wanted``. Whoever calls holds the study."""
        known = journal.read(self.folder)
        return self._remove({name: entries for name, entries in known.items() if not wanted(name)})

    def remove_all(self) -> Removed:
        """Delete every piece of the study, and its tables among the results; what others put there stays.

        Nobody works on the study meanwhile. Killed at any moment, it is finished by the next call; with nothing left
        to delete it does nothing.
        """
        if not self._is_ours():
            remove_empty(self.folder)  # of a deletion that was killed at its very end
            return Removed()
        removed = Published(self.run_dir).withdraw(self.study)
        self._tidy(lambda name: name.startswith(".unfinished~"))
        removed += self._remove(journal.read(self.folder))
        if not removed.left:
            journal.remove(self.folder)
        if {entry.name for entry in self.folder.iterdir()} <= {MARK}:
            remove_mark(self.folder)
        return removed

    def size(self) -> tuple[int, int]:
        """How many pieces there are, and their bytes."""
        found = [self.path(name) for name in journal.read(self.folder)] if self._is_ours() else []
        there = [path for path in found if self._real(path) and kind_of(path) == "file"]
        return len(there), sum(path.stat().st_size for path in there)

    def _is_ours(self) -> bool:
        if kind_of(self.home) != "folder" or kind_of(self.folder) != "folder":
            return False
        mark = mark_of(self.folder)
        return mark_of(self.home) is not None and mark is not None and mark.get("study") == self.study

    def _real(self, path: Path) -> bool:
        """Whether no folder between the study's and ``path`` is a link."""
        between = path.relative_to(self.folder).parents
        return all(kind_of(self.folder / parent) == "folder" for parent in between)

    def _place(self, name: str) -> Path:
        """The path of a piece, its folders made; refused where one of them is a link."""
        target = self.path(name)
        for parent in reversed(list(target.relative_to(self.folder).parents)[:-1]):
            folder = self.folder / parent
            refuse_link(folder)
            with _turn:  # no thread goes on before the name that another has made is on the disk
                if kind_of(folder) in (None, "folder") and (folder not in _synced or kind_of(folder) is None):
                    folder.mkdir(exist_ok=True)
                    sync_folder(folder.parent)
                    _synced.add(folder)
            if kind_of(folder) != "folder":
                raise ConfigError(f"{folder} is in the way: quantray needs a folder of that name; move it away")
        refuse_link(target)
        return target

    def _remove(self, known: Mapping[str, Sequence[journal.Entry]]) -> Removed:
        removed = Removed()
        folders: set[Path] = set()
        for name, entries in known.items():
            path = self.path(name)
            if kind_of(path) is None or not self._real(path):
                continue
            folders.update(self.folder / parent for parent in list(path.relative_to(self.folder).parents)[:-1])
            if journal.wrote(path, entries):
                size = path.stat().st_size
                path.unlink()
                removed += Removed(1, size)
            else:
                removed += Removed(left=(path,))
        for folder in sorted(folders, key=lambda f: len(f.parts), reverse=True):
            remove_empty(folder)
        return removed

    def _tidy(self, unfinished: Callable[[str], bool]) -> None:
        """Remove unfinished files, links never followed."""
        for place, folders, files in os.walk(self.folder):
            for name in filter(unfinished, files):
                with suppress(OSError):
                    Path(place, name).unlink()
            for name in list(filter(unfinished, folders)):
                folders.remove(name)
                shutil.rmtree(Path(place, name), ignore_errors=True)


def pieces_of(study: str, notes: Mapping[str, Any]) -> list[Pieces]:
    """The pieces of a study in every directory that its notes name."""
    return [Pieces(value["run_dir"], study) for key, value in sorted(notes.items()) if key.startswith(NOTED)]
