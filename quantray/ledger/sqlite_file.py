"""Is this file ours to write? Looked at without changing a byte of it."""

from __future__ import annotations

import os
import sqlite3
from errno import EACCES, EDQUOT, ENOSPC
from pathlib import Path
from urllib.parse import quote

from quantray.errors import LedgerError, LedgerStalled

TIMEOUT_S = 60.0  # how long a transaction waits for another writer
#: Words of a database that is in order and gave out: no room, a lock that another program holds too long.
STALLED = ("locked", "is full", "disk full", "disk i/o error", "no space left", "lock timeout", "quota")
_MAGIC = b"SQLite format 3\0"


def check_file(path: Path, *, create: bool) -> None:
    """Raise :class:`LedgerError` unless ``path`` is a ledger, or may become one when ``create``."""
    try:
        if path.is_dir():
            raise LedgerError(f"{path} is a directory; the ledger needs a file")
        size = path.stat().st_size
        if size and not os.access(path, os.R_OK):
            raise PermissionError(EACCES, os.strerror(EACCES))
    except FileNotFoundError:
        if create:
            _check_folder(path)
            return
        raise LedgerError(f"{path} does not exist; is the study's directory spelled right?") from None
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror}; choose a writable run_dir or storage.url") from error
    if size == 0 and create:
        return
    if create and frozen(path):
        raise LedgerError(f"{path} may only be read; choose a writable run_dir or storage.url")
    _check_tables(path, create=create)


def _check_folder(path: Path) -> None:
    """Whether a file may be made at ``path``, its folders included; none is made."""
    place = path.absolute().parent
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        what = "cannot be written" if place.is_dir() else "is a file"
        raise LedgerError(f"{path}: {place} {what}; choose a writable run_dir or storage.url")


def make_folder(path: Path) -> None:
    """The folder of a ledger that is about to be made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        kind = LedgerStalled if error.errno in (ENOSPC, EDQUOT) else LedgerError
        raise kind(f"{path.parent}: {error.strerror}; choose a writable run_dir or storage.url") from error


def frozen(path: Path) -> bool:
    """Whether nobody here may write the file or beside it: a write-ahead log then cannot be kept."""
    return path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def uri(path: Path) -> str:
    """How SQLite opens the file for reading; one that cannot change is taken as it lies there."""
    return f"file:{quote(str(path))}?mode=ro{'&immutable=1' if frozen(path) else ''}"


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(_MAGIC))


def _check_tables(path: Path, *, create: bool) -> None:
    """By SQLite alone: to open and close the file otherwise would take away this process's locks on it, and with

    them the write-ahead log of a ledger that is open here (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    try:
        connection = sqlite3.connect(uri(path), uri=True, timeout=TIMEOUT_S)
        try:
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        if _head(path) != _MAGIC:  # no ledger that could be open here
            raise LedgerError(
                f"{path} is not a SQLite database and was left as it is; choose another storage.url"
            ) from error
        kind = LedgerStalled if any(word in str(error).lower() for word in STALLED) else LedgerError
        raise kind(f"{path}: {error}; {remedy(str(error))}") from error
    if "quantray_meta" in tables or (create and not tables):
        return
    if not tables:
        raise LedgerError(f"{path} holds no quantray study; is it the right file?")
    owner = "an Optuna study" if {"studies", "trials"} <= set(tables) else "another program's database"
    shown = ", ".join(sorted(tables)[:4]) + (", …" if len(tables) > 4 else "")
    raise LedgerError(f"{path} is {owner} (tables {shown}) and was left as it is; choose another storage.url")


def remedy(cause: str) -> str:
    """What to do about SQLite's words."""
    if "locked" in cause:
        return f"another program held it for more than {TIMEOUT_S:.0f} s; end that program and start again to resume"
    if "readonly" in cause or "unable to open" in cause:
        return "choose a writable run_dir or storage.url"
    if "malformed" in cause or "not a database" in cause:
        return "the file is damaged: restore a copy or choose another run_dir or storage.url"
    if "full" in cause or "I/O" in cause:
        return (
            "nothing of this step was stored: free some space, or raise the limit on the size of files (ulimit -f) or "
            "of the database, and start again to resume"
        )
    return "check storage.url"
