"""Zips: their members are unpacked into a scratch folder, each under the archive's own name, and read like any file."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from quantray.errors import DataError, DiskError
from quantray.files.folders import ARCHIVE, DELIMITED, kind_of

BLOCK = 1 << 20


@contextmanager
def unpacked(files: Sequence[Path]) -> Iterator[list[Path]]:
    """The files with the members of zips in the place of these, until the block ends.

    A message about one of the members names the archive and the member. Raises DataError for an archive that is
    damaged, encrypted, or holds no text; DiskError where its members do not fit.
    """
    if not any(kind_of(file) == ARCHIVE for file in files):
        yield list(files)
        return
    with TemporaryDirectory(prefix="quantray-zip-") as scratch:
        told: dict[str, str] = {}
        found = [path for k, file in enumerate(files) for path in _members(file, Path(scratch) / str(k), told)]
        try:
            yield found
        except DataError as error:
            text = str(error)
            for path, shown in told.items():
                text = text.replace(path, shown)
            raise DataError(text) from None


def _members(file: Path, into: Path, told: dict[str, str]) -> Iterator[Path]:
    if kind_of(file) != ARCHIVE:
        yield file
        return
    try:
        with zipfile.ZipFile(file) as archive:
            members = [info for info in archive.infolist() if _is_data(info)]
            if not members:
                raise DataError(
                    f"{file} holds no text file (.csv, .txt, .tsv, .csv.gz); unpack it, and give what is in it"
                )
            into.mkdir()
            _check_room(file, sum(info.file_size for info in members), into)
            for k, info in enumerate(members):
                # a member's own folders are left out: a name may lead anywhere
                path = into / str(k) / file.name / PurePosixPath(info.filename).name
                path.parent.mkdir(parents=True)
                with archive.open(info) as source, path.open("wb") as target:
                    shutil.copyfileobj(source, target, BLOCK)
                told[str(path)] = f"{file}/{info.filename}"
                yield path
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise DataError(
            f"{file} cannot be unpacked: {error}; copy it again, or unpack it with the program that made it"
        ) from None
    except OSError as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise DataError(f"{file} cannot be read: {error.strerror}") from None
        raise DiskError(
            f"{file} cannot be unpacked into {into}: {error.strerror}; TMPDIR=FOLDER names another place"
        ) from None


def _is_data(info: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(info.filename)
    hidden = any(part.startswith((".", "_")) for part in path.parts)
    return not info.is_dir() and not hidden and kind_of(Path(path.name)) == DELIMITED


def _check_room(file: Path, size: int, into: Path) -> None:
    free = shutil.disk_usage(into).free
    if size > free:
        raise DiskError(
            f"{file} holds {size:,} bytes and {into.parent} has {free:,} left; TMPDIR=FOLDER names another place"
        )
