"""Which files of a folder hold data."""

from __future__ import annotations

import glob
from pathlib import Path

from quantray.errors import DataError
from quantray.files.duckdb_file import existing

PARQUET, DELIMITED, ARCHIVE = "parquet", "delimited", "archive"
SUFFIXES = {".parquet": PARQUET, ".pq": PARQUET, ".csv": DELIMITED, ".tsv": DELIMITED}
#: Of a folder these are data where nothing else is: what lies beside data under this name is a note.
NOTES = ".txt"


def kind_of(path: Path) -> str | None:
    """``parquet``, ``delimited`` or ``archive`` by the name's end, in any case; None for any other file."""
    name = path.name.lower()
    if name.endswith(".gz"):
        inner = Path(name[:-3]).suffix
        return DELIMITED if inner == NOTES or SUFFIXES.get(inner, DELIMITED) == DELIMITED else None
    suffix = Path(name).suffix
    return {NOTES: DELIMITED, ".zip": ARCHIVE}.get(suffix) or SUFFIXES.get(suffix)


def data_files(key: str, given: str, *, archives: bool = False) -> list[Path]:
    """The file that ``data.<key>`` gives, or those of its folder or pattern in the order of their names; of one kind.

    A pattern is ``bars/*.csv``, a path that does not exist as it stands. Names that begin with ``.`` or ``_`` are no
    data (``._x.csv`` of a Mac, ``_temporary`` and ``_delta_log`` of a writer). With
    ``archives`` a zip counts as the text that it holds. DataError where there is no file, or files of both kinds.
    """
    if given and glob.has_magic(given) and not Path(given).expanduser().exists():
        path, files = Path(), _matching(key, given)
    else:
        path = existing(key, given)
        files = _in_folder(path) if path.is_dir() else [path]
    if not archives:
        files = [file for file in files if kind_of(file) != ARCHIVE]
    kinds = {DELIMITED if kind_of(p) == ARCHIVE else kind_of(p): p for p in files}
    if not files or None in kinds:
        what, note, zips = "is no file", "", ", .zip" if archives else ""
        if path.is_dir():
            what, note = "has no file", "; names that begin with . or _ are passed over"
        raise DataError(
            f"data.{key}={given} {what} that is Parquet (.parquet, .pq) or CSV (.csv, .tsv, .txt, .csv.gz{zips}){note}"
        )
    if len(kinds) > 1:
        one, other = (kinds[k].relative_to(path) for k in (PARQUET, DELIMITED))
        raise DataError(f"data.{key}={given} has Parquet ({one}) and CSV ({other}); give a folder of one kind")
    return files


def _in_folder(path: Path) -> list[Path]:
    found = sorted(p for p in path.rglob("*") if kind_of(p) and p.is_file() and not _hidden(p.relative_to(path)))
    return [p for p in found if not p.name.lower().endswith((NOTES, f"{NOTES}.gz"))] or found


def _matching(key: str, given: str) -> list[Path]:
    """Files that a pattern names; ``**`` is any depth of folders."""
    found = (Path(p) for p in glob.glob(str(Path(given).expanduser()), recursive=True))
    files = sorted(p for p in found if p.is_file() and kind_of(p) and not p.name.startswith((".", "_")))
    if not files:
        raise DataError(f"data.{key}={given} matches no file of data; a pattern in quotes is not opened by the shell")
    return files


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)
