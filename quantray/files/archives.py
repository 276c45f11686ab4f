"""Zips that others packed: members are unpacked one by one, under names that lead nowhere, to sizes that fit."""

from __future__ import annotations

import re
import shutil
import zipfile
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path, PurePosixPath

from quantray.errors import DataError, DiskError
from quantray.files.durable import room

#: Text packs to a tenth, seldom to a fiftieth: what promises more, and much of it, is no data but a trap.
MOST_PACKED, HARMLESS = 200, 100 << 20
BLOCK = 1 << 20
#: Ends of names of what may be data in a zip; of the first, the head alone can be unpacked.
TEXT = (".csv", ".tsv", ".txt")
ENDS = (*TEXT, ".gz", ".parquet", ".pq", ".json", ".feather")
_ENCRYPTED = 0x1
_NO_NAME = re.compile(r"[^A-Za-z0-9._+@=,^~ -]")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError, ValueError)


def members(
    archive: Path, ends: tuple[str, ...] = ENDS, empty: Callable[[str], object] = lambda name: None
) -> list[str]:  # fmt: skip
    """Names of the members that may hold data, sorted; ``empty`` is told those in which nothing is.

    DataError for an archive that is damaged or a trap.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            found = [info for info in packed.infolist() if not info.is_dir() and not _hidden(info.filename)]
    except (OSError, *_BROKEN) as error:
        raise DataError(f"{archive} cannot be unpacked: {error}; copy it again") from None
    for info in found:
        _check(archive, info)
    names = sorted(info.filename for info in found)
    twice = next((a for a, b in pairwise(names) if a == b), None)
    if twice is not None:
        raise DataError(f"{archive} holds {twice!r} twice; unpack it and keep the right one")
    names = [name for name in names if PurePosixPath(name).suffix.lower() in ends]
    nothing = {info.filename for info in found if not info.file_size}
    for name in names:
        if name in nothing:
            empty(name)
    return [name for name in names if name not in nothing]


def unpack(archive: Path, member: str, into: Path, *, head: bool = False) -> Path:
    """Write a member to ``into/NAME OF THE ZIP/NAME OF THE MEMBER``, both made harmless; ``head``: of text the start.

    DataError for one that is damaged or a trap, DiskError without room.
    """
    path = into / safe_name(archive.name) / safe_name(PurePosixPath(member.replace("\\", "/")).name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with room(path, "every file that was finished before is stored", only_room=True):
        try:
            _write(archive, member, path, head and path.suffix.lower() in TEXT)
        except _BROKEN as error:
            raise DataError(f"{archive}: {member!r} cannot be unpacked: {error}; copy the archive again") from None
    return path


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "_")) for part in PurePosixPath(name).parts if part not in ("..", "."))


def _check(archive: Path, info: zipfile.ZipInfo) -> None:
    where = f"{archive}: {info.filename!r}"
    if info.flag_bits & _ENCRYPTED:
        raise DataError(f"{where} is encrypted; unpack it with its password, and give the files")
    if info.filename.lower().endswith(".zip"):
        raise DataError(f"{where} is an archive inside an archive; unpack the outer one")
    if info.file_size > HARMLESS and info.file_size > MOST_PACKED * max(info.compress_size, 1):
        raise DataError(
            f"{where} would grow from {info.compress_size:,} to {info.file_size:,} bytes, as no market data does; if "
            "it is what it should be, unpack it by hand and give the file"
        )


def _write(archive: Path, member: str, path: Path, head: bool) -> None:
    with zipfile.ZipFile(archive) as packed:
        info = packed.getinfo(member)
        _check(archive, info)
        free = shutil.disk_usage(path.parent).free
        if not head and info.file_size > free:
            raise DiskError(f"{archive}: {member!r} takes {info.file_size:,} bytes and {path.parent} has {free:,} left")
        left = info.file_size
        with packed.open(info) as source, path.open("wb") as file:
            while block := source.read(BLOCK):
                left -= len(block)
                if left < 0:
                    raise zipfile.BadZipFile("it holds more than it says")
                if head and left > 0:
                    file.write(block[: block.rfind(b"\n") + 1] or block)
                    return
                file.write(block)


def safe_name(name: str) -> str:
    """One component of a path, made of letters that mean nothing to a system or to a pattern.

    >>> safe_name("../a'b;[c].csv"), safe_name("..")
    ('_a_b__c_.csv', 'unnamed')
    """
    plain = _NO_NAME.sub("_", name).strip(". ") or "unnamed"
    stem, dot, end = plain.rpartition(".")
    return plain if len(plain) <= 120 else f"{stem[:100]}{dot}{end[-20:]}"
