"""What a SOURCE of an import means: files, folders, patterns, zips and tables of databases, each as single items."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from quantray.errors import ConfigError, DataError, near_miss
from quantray.files import archives
from quantray.files.duckdb_file import MAGIC
from quantray.plain import amount, one_line

#: Ends of names of files that may hold data; what else lies in a folder is passed over and counted.
ENDS = (*archives.ENDS, ".zip")
SQLITE = b"SQLite format 3"
FILE, ZIP, DUCKDB, SQLITE_FILE, POSTGRES = "file", "zip", "duckdb", "sqlite", "postgres"
DATABASES = (DUCKDB, SQLITE_FILE, POSTGRES)
SCHEMES = ("sqlite", "postgresql", "postgres", "duckdb")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to read: a file, or a table or query (``part``) of a database; ``name`` is what sentences call it."""

    kind: str
    name: str
    path: Path | None = None  # where it lies; None for a server
    part: str = ""  # member of a zip, table, or query
    address: str = ""  # of a server

    @property
    def known_as(self) -> str:
        """By what the file knows it again: where it lies, without a password."""
        from quantray.passwords import masked

        return masked(self.address) if self.path is None else os.path.realpath(self.path)


@dataclass(slots=True)
class Found:
    """Items in a fixed order, each once, and what was passed over: reason -> names."""

    items: list[Item] = field(default_factory=list)
    passed: dict[str, list[str]] = field(default_factory=dict)

    def pass_over(self, reason: str, name: str) -> None:
        self.passed.setdefault(reason, []).append(name)


def expand(given: Sequence[str], target: Path) -> Found:
    """The items of every source, whatever order they are given in. ConfigError or DataError for what is none."""
    found, seen = Found(), set[tuple[str, str]]()
    for source in sorted(dict.fromkeys(given)):
        for item in _of(source, target, found):
            mark = item.known_as, item.part
            if mark not in seen:
                seen.add(mark)
                found.items.append(item)
    if not found.items:
        passed = [f"{amount(len(names), 'file')} passed over ({reason})" for reason, names in found.passed.items()]
        what = ", ".join(map(one_line, given))
        raise DataError(": ".join([what, "there is nothing to import", *(["; ".join(passed)] if passed else [])]))
    found.items.sort(key=lambda item: (item.name, item.part))
    return found


def _of(source: str, target: Path, found: Found) -> Iterator[Item]:
    scheme = source.partition("://")[0] if "://" in source else ""
    if scheme:
        yield _addressed(source, scheme)
        return
    path = Path(source).expanduser()
    file, mark, part = source.rpartition("#")
    if path.is_dir():
        yield from _folder(path, target, found)
    elif path.exists():
        yield from _file(path, target, found, asked=True)
    elif mark and Path(file).expanduser().is_file():
        yield _table(Path(file).expanduser(), part, target)
    elif glob.has_magic(source):
        paths = sorted(Path(p) for p in glob.glob(str(path), recursive=True))
        if not paths:
            raise DataError(f"{source}: no file matches; check the pattern, and that the shell left it in quotes")
        for one in paths:
            yield from _folder(one, target, found) if one.is_dir() else _file(one, target, found, asked=False)
    else:
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = f": {near_miss(path.name, beside, what='file')}" if beside else "; give files, folders or patterns"
        raise DataError(f"{source} does not exist{hint}")


def _folder(folder: Path, target: Path, found: Found) -> Iterator[Item]:
    """Files of a folder and its sub-folders in the order of their names; links to folders are not followed."""
    try:
        paths = sorted(p for p in folder.rglob("*") if p.is_file())
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror}; check its permissions") from None
    for path in paths:
        if any(part.startswith((".", "_")) for part in path.relative_to(folder).parts):
            found.pass_over("its name begins with . or _", str(path))
        else:
            yield from _file(path, target, found, asked=False)


def _file(path: Path, target: Path, found: Found, *, asked: bool) -> Iterator[Item]:
    """A single file. What is no data is passed over where nobody named it, and refused where it was ``asked`` for."""
    if _same(path, target):
        if asked:
            raise ConfigError(f"{path} is the file that --into names; give a source beside it")
        return
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}; check its permissions") from None
    database = "a DuckDB file" if head[8:12] == MAGIC else "an SQLite database" if head.startswith(SQLITE) else ""
    end = path.suffix.lower()
    if database and asked:
        raise DataError(f"{path} is {database}: say which of its tables is meant with {path}#TABLE")
    if database or (end not in ENDS and not asked):
        reason = f"{database}: name a table with #TABLE" if database else "no kind of data by its name"
        found.pass_over(reason, str(path))
    elif not head:
        if asked:
            raise DataError(f"{path} is empty; the program that writes it did not finish, or there is no data")
        found.pass_over("empty", str(path))
    elif head.startswith(b"PK\x03\x04") or end == ".zip":
        yield Item(ZIP, str(path), path)
    else:
        yield Item(FILE, str(path), path)


def _table(file: Path, part: str, target: Path) -> Item:
    if _same(file, target):
        raise ConfigError(f"{file} is the file that --into names; give a source beside it")
    with file.open("rb") as content:
        head = content.read(16)
    kind = DUCKDB if head[8:12] == MAGIC else SQLITE_FILE if head.startswith(SQLITE) else ""
    if not kind:
        raise DataError(f"{file}#{part}: that is no DuckDB file and no SQLite database; give the file without #{part}")
    if not part:
        raise DataError(f"{file}#: say which of its tables is meant with {file}#TABLE")
    return Item(kind, f"{file}#{part}", file, part)


def _addressed(source: str, scheme: str) -> Item:
    """``sqlite:///file.db#table``, ``postgresql://user@host/database#schema.table``; or a query behind the #."""
    if scheme not in SCHEMES:
        raise ConfigError(f"{source}: {near_miss(scheme, SCHEMES, what='scheme')}; download what lies elsewhere first")
    address, mark, part = source.partition("#")
    part = unquote(part).strip()
    if not mark or not part:
        raise ConfigError(f"{source}: say which table is meant with #TABLE, or write a query behind the #")
    if scheme in ("sqlite", "duckdb"):
        rest = address.partition("://")[2]
        path = Path(unquote(rest.removeprefix("/"))).expanduser()
        if not path.is_file():
            raise DataError(f"{address}: there is no file {path}; a full path has four slashes, as in sqlite:////x.db")
        return Item(DUCKDB if scheme == "duckdb" else SQLITE_FILE, f"{path}#{part}", path, part)
    if not urlsplit(address).hostname and "host=" not in address:
        raise ConfigError(f"{address}: write postgresql://USER@HOST/DATABASE#SCHEMA.TABLE")
    from quantray.passwords import masked

    return Item(POSTGRES, f"{masked(address)}#{part}", None, part, address)


def _same(path: Path, target: Path) -> bool:
    """Whether a file is the target or what DuckDB keeps beside it."""
    here = os.path.realpath(path)
    return here in {os.path.realpath(target), os.path.realpath(target) + ".wal"}


def is_query(part: str) -> bool:
    """Whether what stands behind a # is a query and no name."""
    return part.split(maxsplit=1)[0].upper() in ("SELECT", "WITH", "FROM", "TABLE") and " " in part.strip()
