"""Where studies are stored: a ledger file, a run's directory, a directory of runs (``outputs``), or an address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.errors import LedgerError, near_miss

if TYPE_CHECKING:
    from quantray.ledger.reader import Reader

OUTPUTS = "outputs"  # where runs write unless they are told otherwise


def place_of(where: str | None, name: str | None) -> tuple[str, str | None]:
    """Where to look, and for which study: as it was said, or, without ``where``, in the place that stands for a name.

    A name that is an address, a path, or a file or folder and no study of ``outputs``, is such a place.
    """
    if where is None and name is not None:
        place = "/" in name or Path(name).exists()
        if "://" in name or (place and name not in known(OUTPUTS)):
            return name, None
    return where or OUTPUTS, name


def known(where: str) -> list[str]:
    """Names of the studies at ``where``."""
    if not Path(where).is_dir():
        return []
    from quantray.ledger.addresses import found_in

    return [name for url in found_in(Path(where)) for name in _names(url, strict=False)]


def databases(where: str | Path) -> list[str]:
    """SQLAlchemy URLs of the ledgers at ``where``. Raises :class:`LedgerError` when there is none."""
    from quantray.ledger.addresses import FILE, found_in

    if "://" in str(where):
        return [str(where)]
    path = Path(where)
    if path.is_dir():
        found = found_in(path)
        if not found:
            raise LedgerError(f"{path} holds no {FILE}, nor do the directories in it; give a run's directory or a file")
        return found
    if not path.exists():
        raise LedgerError(f"{path} does not exist; give a ledger file, a run's directory or a database address")
    return [f"sqlite:///{path.absolute()}"]


def inner(name: str) -> bool:
    """A study that belongs to another one, such as the claims of its ranges: not a user's business."""
    return "/" in name


@contextmanager
def open_study(where: str | Path, name: str | None = None) -> Iterator[Reader]:
    """The study called ``name``, or the only one. A wrong name is answered with the near miss of all that exist."""
    from quantray.ledger.reader import open_reader

    url, exact = find(databases(where), name, where)
    with open_reader(url, exact) as study:
        yield study


def find(urls: Sequence[str], name: str | None, where: str | Path) -> tuple[str, str]:
    found = [(url, known) for url in urls for known in _names(url, strict=len(urls) == 1)]
    names = [known for _, known in found]
    matches = found if name is None else [pair for pair in found if pair[1] == name]
    if len(matches) == 1:
        return matches[0]
    if not matches and name is not None:
        raise LedgerError(f"{where}: {near_miss(name, names, what='study')}")
    if name is None:
        raise LedgerError(f"{where} holds {len(names)} studies; name one of: {', '.join(names) or 'none'}")
    places = ", ".join(url.removeprefix("sqlite:///") for url, _ in matches)
    raise LedgerError(f"study {name!r} is in several ledgers; give one of them: {places}")


def _names(url: str, *, strict: bool) -> list[str]:
    from quantray.ledger.database import Database
    from quantray.ledger.reader import study_names

    try:
        database = Database(url)
    except LedgerError:
        if strict:
            raise
        return []
    try:
        return [name for name in study_names(database) if not inner(name)]
    finally:
        database.close()
