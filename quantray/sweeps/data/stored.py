"""A market whose sessions lie on disk: written once, and read one at a time, as views of the files that hold them."""

from __future__ import annotations

import json
import mmap
import os
import shutil
from collections.abc import Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, overload
from weakref import WeakSet

import numpy as np

from quantray.digests import digest_of
from quantray.errors import DataError
from quantray.files.caches import Cached, cache_dir
from quantray.files.durable import digest_of_file, room, unfinished_name, write_whole
from quantray.files.folders import data_files
from quantray.files.formats import shelf
from quantray.outlets import logger
from quantray.plain import amount
from quantray.sweeps.data.settings import DataSettings
from quantray.sweeps.market import Session, Slice

_log = logger(__name__)
MARKET = "market.json"
_WHAT = "market by sessions"
_ALIGNED = 64  # bytes: where an array begins
#: Files that are views at a time; each takes a handle, of which a process has few. Further ones are read as a whole.
MOST_MAPS = 128
_maps: WeakSet[mmap.mmap] = WeakSet()


class StoredSessions(Sequence[Session]):
    """Sessions in the files ``names`` of ``folder``, each opened when it is asked for and closed with its last array.

    Pickled they are the sessions themselves: whoever gets them need not see the folder.
    """

    def __init__(self, folder: Path, dates: Sequence[str]) -> None:
        self.folder, self.dates = folder, tuple(dates)

    def __len__(self) -> int:
        return len(self.dates)

    @overload
    def __getitem__(self, k: int) -> Session: ...
    @overload
    def __getitem__(self, k: slice) -> StoredSessions: ...
    def __getitem__(self, k: int | slice) -> Session | StoredSessions:
        if isinstance(k, slice):
            return type(self)(self.folder, self.dates[k])
        return read_session(self.folder / _name(self.dates[k]))

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (list(self),)

    def named(self) -> NamedSessions:
        return NamedSessions(Path(os.path.abspath(self.folder)), self.dates)

    def whole(self, digests: Sequence[str]) -> bool:
        """Whether every file is there as it was written, and sessions of these ``digests`` in them."""
        try:
            folder = Cached(self.folder.parent, self.folder.name, _WHAT).find(_log.debug)
        except (DataError, OSError):
            return False
        if folder is None:
            return False
        about = json.loads((folder / MARKET).read_text(encoding="utf-8"))
        known = dict(zip(about["dates"], about["digests"], strict=True))
        return [known.get(date) for date in self.dates] == list(digests)


class NamedSessions(StoredSessions):
    """The same for who sees the folder: pickled they are the names of its files."""

    nbytes = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return NamedSessions, (self.folder, self.dates)


def found_market(settings: DataSettings) -> Slice | None:
    """The market of the settings where it was stored before; None where it was not."""
    if not _home(settings).is_dir():  # nothing was ever stored: no file need be read for its name
        return None
    cached = cached_market(settings)
    folder = None if cached is None else cached.find(_log.warning)
    return None if folder is None else read_market(folder, settings.memory_gb)


def cached_market(settings: DataSettings) -> Cached | None:
    """Where the market of the settings lies if it takes too much memory.

    It is named by the settings, the content of their files, the formats, and the code that makes sessions. None for a
    DuckDB file whose views reach other files: nobody knows when these change.
    """
    if settings.kind == "duckdb":
        if settings.allow_paths or settings.duckdb is None:
            return None
        beside = [Path(f"{settings.duckdb}{end}") for end in ("", ".wal", "-wal")]  # what is not yet in the file itself
        files = [file for file in beside if file.is_file()]
    else:
        given = {key: getattr(settings, key) for key in ("underlying", "chain", "options")}
        named = {key: name for key, name in given.items() if name not in (None, "synthetic")}
        files = [file for key, name in named.items() for file in data_files(key, name, archives=True)]
    own = replace(settings, cache=None, memory_gb=0.0)
    name = digest_of(_code(), own, shelf(), [digest_of_file(file) for file in files])[:16]
    return Cached(_home(settings), f"market-{name}", _WHAT)


def _home(settings: DataSettings) -> Path:
    return cache_dir(settings.cache) / "sessions"


def _code() -> str:
    """Digest of the code that makes sessions of tables."""
    package = Path(__file__).parents[2]
    files = [*(package / "sweeps" / "data").glob("*.py"), *(package / "files").glob("**/*.py")]
    files += [package / "sweeps" / "market.py", package / "sweeps" / "hours.py"]
    return digest_of([(file.name, file.read_bytes().hex()) for file in sorted(files)])


class Shelf:
    """Takes the sessions of a market as they are made: in memory up to ``most`` bytes, from there on all on disk.

    ``settings`` say where, so that it is found again. DiskError where it has no room there, DataError where nothing can
    be written.
    """

    def __init__(self, settings: DataSettings) -> None:
        self._settings, self._most = settings, settings.memory_gb * 1e9
        self._cached: Cached | None = None
        self._alone = False  # there is no place for it on disk
        self._held: list[Session] = []
        self._work: Path | None = None
        self._dates: list[str] = []
        self._digests: list[str] = []
        self._bytes = 0

    def add(self, session: Session) -> None:
        self._bytes += session.nbytes
        self._held.append(session)
        if self._bytes <= self._most or self._alone:
            return
        if self._cached is None:
            self._cached = cached_market(self._settings)
            self._alone = self._cached is None
        if self._cached is not None:
            for each in self._held:
                self._write(self._cached, each)
            self._held.clear()

    def market(self, underlying: str, source: str, quality: Any, reading: str = "") -> Slice:
        """The slice of what was added; what lies on disk is moved to its place first."""
        if self._work is None or self._cached is None:
            return Slice(underlying, tuple(self._held), source, quality, reading=reading)
        about = {
            "underlying": underlying, "source": source, "quality": dict(quality), "dates": self._dates,
            "digests": self._digests, "reading": reading,
        }  # fmt: skip
        (self._work / MARKET).write_text(json.dumps(about), encoding="utf-8")
        work = self._work
        folder = self._cached.make(partial(_move, work))
        _log.info(
            "%s take %.1f GB, more than data.memory_gb=%g: they are read from %s", amount(len(self._dates), "session"),
            self._bytes / 1e9, self._settings.memory_gb, folder,
        )  # fmt: skip
        return read_market(folder)

    def close(self) -> None:
        """Remove what was not moved to its place."""
        if self._work is not None:
            shutil.rmtree(self._work, ignore_errors=True)

    def _write(self, cached: Cached, session: Session) -> None:
        try:
            with room(f"the {cached.what} {cached.folder}", "nothing that is stored is lost", only_room=True):
                if self._work is None:
                    self._work = cached.folder.parent / unfinished_name(cached.folder.name)
                    self._work.mkdir(parents=True)
                write_session(self._work / _name(session.date), session)
        except OSError as error:
            raise DataError(
                f"cannot write the {cached.what} to {cached.folder.parent}: {error.strerror or error}; "
                "choose another data.cache, or a larger data.memory_gb"
            ) from None
        self._dates.append(session.date)
        self._digests.append(digest_of(session))


def _move(work: Path, folder: Path) -> None:
    for path in work.iterdir():
        os.replace(path, folder / path.name)


def read_market(folder: Path, memory_gb: float = 0.0) -> Slice:
    """The slice that was written to a folder of the cache; held open as a whole up to ``memory_gb``."""
    about = json.loads((folder / MARKET).read_text(encoding="utf-8"))
    stored = StoredSessions(folder, about["dates"])
    size = sum((folder / _name(date)).stat().st_size for date in stored.dates)
    sessions: Sequence[Session] = tuple(stored) if size <= memory_gb * 1e9 else stored
    return Slice(
        about["underlying"], sessions, about["source"], about["quality"], tuple(about["digests"]), about["reading"]
    )


def write_session(path: Path, session: Session) -> None:
    """One session as a file: a line that says what and where, then the arrays, each aligned."""
    values: dict[str, Any] = {}
    arrays: dict[str, tuple[str, tuple[int, ...], int]] = {}
    at = 0
    for field in fields(session):
        value = getattr(session, field.name)
        if isinstance(value, np.ndarray):
            arrays[field.name] = value.dtype.str, value.shape, at
            at += -(-value.nbytes // _ALIGNED) * _ALIGNED
        else:
            values[field.name] = value
    head = json.dumps({"values": values, "arrays": arrays}).encode() + b"\n"
    head = head[:-1].ljust(-(-len(head) // _ALIGNED) * _ALIGNED - 1) + b"\n"
    with path.open("wb") as file:
        file.write(head)
        for name, (_, _, begin) in arrays.items():
            file.seek(len(head) + begin)
            write_whole(file, np.ascontiguousarray(getattr(session, name)))
        file.truncate(len(head) + at)


def read_session(path: Path) -> Session:
    """The session whose arrays are views of the file, which nobody can write to.

    It was checked when it was made, and the file is known by its digest: it is not checked again.
    """
    whole: mmap.mmap | bytes
    try:
        with path.open("rb") as file:
            head = file.readline()
            if len(_maps) < MOST_MAPS:
                whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                _maps.add(whole)
            else:
                file.seek(0)
                whole = file.read()
    except FileNotFoundError:
        raise DataError(
            f"{path} is gone, or not seen from here, a session of the market; the same command makes it again"
        ) from None
    about = json.loads(head)
    session = object.__new__(Session)
    for name, value in about["values"].items():
        object.__setattr__(session, name, tuple(value) if isinstance(value, list) else value)
    for name, (kind, shape, begin) in about["arrays"].items():
        dtype = np.dtype(kind)
        flat = np.frombuffer(whole, dtype, int(np.prod(shape, dtype=np.int64)), len(head) + begin)
        object.__setattr__(session, name, flat.reshape(shape))
    return session


def _name(date: str) -> str:
    return f"{date}.session"
