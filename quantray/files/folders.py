"""Which files of a folder hold data."""

from __future__ import annotations

from pathlib import Path

from quantray.errors import DataError
from quantray.files.duckdb_file import existing

PARQUET, DELIMITED = "parquet", "delimited"
SUFFIXES = {".parquet": PARQUET, ".pq": PARQUET, ".csv": DELIMITED, ".tsv": DELIMITED}


def kind_of(path: Path) -> str | None:
    """``parquet`` or ``delimited`` by the name's end, in any case; None for any other file."""
    name = path.name.lower()
    if name.endswith(".gz"):
        return DELIMITED if SUFFIXES.get(Path(name[:-3]).suffix, DELIMITED) == DELIMITED else None
    return SUFFIXES.get(Path(name).suffix)


def data_files(key: str, given: str) -> list[Path]:
    """The file that ``data.<key>`` gives, or those of its folder in the order of their names; all of one kind.

    Names that begin with ``.`` or ``_`` are no data (``._x.csv`` of a Mac, ``_temporary`` and ``_delta_log`` of a
    writer). Raises DataError where there is no file, or files of both kinds.
    """
    path = existing(key, given)
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if kind_of(p) and p.is_file() and not _hidden(p.relative_to(path)))
    else:
        files = [path]
    kinds = {kind_of(p): p for p in files}
    if not files or None in kinds:
        what = "has no file" if path.is_dir() else "is no file"
        raise DataError(
            f"data.{key}={given} {what} that is Parquet (.parquet, .pq) or CSV (.csv, .tsv, .csv.gz); names that "
            "begin with . or _ are passed over"
        )
    if len(kinds) > 1:
        one, other = (kinds[k].relative_to(path) for k in (PARQUET, DELIMITED))
        raise DataError(f"data.{key}={given} has Parquet ({one}) and CSV ({other}); give a folder of one kind")
    return files


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)
