"""Zips, unpacked one member at a time into a folder of our own, under names that cannot lead out of it."""

from __future__ import annotations

import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from quantray.errors import DataError
from quantray.files.durable import room
from quantray.intake.sources import ENDS, Item

#: Text packs to a tenth, seldom to a fiftieth: what promises more, and much of it, is no data but a trap.
MOST_PACKED, HARMLESS = 200, 100 << 20
BLOCK = 1 << 20
TEXT = (".csv", ".tsv", ".txt")
_ENCRYPTED = 0x1
_NO_NAME = re.compile(r"[^A-Za-z0-9._+@=,^~ -]")


def members(item: Item) -> list[str]:
    """Names of the members that may hold data, sorted. DataError for an archive that is damaged or a trap."""
    try:
        with zipfile.ZipFile(str(item.path)) as archive:
            found = [info for info in archive.infolist() if not info.is_dir() and not _hidden(info.filename)]
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise DataError(f"{item.name} cannot be unpacked: {error}; download it again") from None
    for info in found:
        _check(item, info)
    names = [info.filename for info in found]
    twice = next((name for name in names if names.count(name) > 1), None) if len(names) < 10_000 else None
    if twice is not None:
        raise DataError(f"{item.name} holds {twice!r} twice; unpack it and keep the right one")
    return sorted(name for name in names if PurePosixPath(name).suffix.lower() in ENDS)


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "_")) for part in PurePosixPath(name).parts if part not in ("..", "."))


def _check(item: Item, info: zipfile.ZipInfo) -> None:
    where = f"{item.name}: {info.filename!r}"
    if info.flag_bits & _ENCRYPTED:
        raise DataError(f"{where} is encrypted; unpack it with its password, and import the files")
    if info.filename.lower().endswith(".zip"):
        raise DataError(f"{where} is an archive inside an archive; unpack the outer one")
    if info.file_size > HARMLESS and info.file_size > MOST_PACKED * max(info.compress_size, 1):
        raise DataError(
            f"{where} would grow from {info.compress_size:,} to {info.file_size:,} bytes, as no market data does; if "
            "it is what it should be, unpack it by hand and import the file"
        )


@contextmanager
def unpacked(item: Item, member: str, scratch: Path, *, head: bool = False) -> Iterator[Path]:
    """A member as a file: ``scratch/NAME OF THE ZIP/NAME OF THE MEMBER``, gone when the block ends.

    ``head``: of text the first lines alone.
    """
    folder = scratch / safe_name(str(Path(str(item.path)).name))
    path = folder / safe_name(PurePosixPath(member.replace("\\", "/")).name)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with room(path, "every file that was finished before is stored", only_room=True):
            _write(item, member, path, head and path.suffix.lower() in TEXT)
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(item: Item, member: str, path: Path, head: bool) -> None:
    try:
        with zipfile.ZipFile(str(item.path)) as archive:
            info = archive.getinfo(member)
            _check(item, info)
            left = info.file_size
            with archive.open(info) as packed, path.open("xb") as file:
                while block := packed.read(BLOCK):
                    left -= len(block)
                    if head and left > 0:
                        file.write(block[: block.rfind(b"\n") + 1] or block)
                        return
                    if left < 0:
                        raise zipfile.BadZipFile("it holds more than it says")
                    file.write(block)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{item.name}: {member!r} cannot be unpacked: {error}; download the archive again") from None


def safe_name(name: str) -> str:
    """One component of a path, made of letters that mean nothing to a system or to a pattern."""
    plain = _NO_NAME.sub("_", name).strip(". ") or "unnamed"
    stem, dot, end = plain.rpartition(".")
    return plain if len(plain) <= 120 else f"{stem[:100]}{dot}{end[-20:]}"
