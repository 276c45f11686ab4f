"""Zips: their members are unpacked into a scratch folder, each under the archive's own name, and read like any file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from quantray.errors import DataError
from quantray.files.archives import TEXT, members, unpack
from quantray.files.folders import ARCHIVE, kind_of

ENDS = (*TEXT, ".gz")


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
    names = members(file, ENDS)
    if not names:
        raise DataError(f"{file} holds no text file (.csv, .txt, .tsv, .csv.gz); unpack it, and give what is in it")
    for k, name in enumerate(names):
        path = unpack(file, name, into / str(k))
        told[str(path)] = f"{file}/{name}"
        yield path
