"""What a finished study leaves beside its report: its results, to be opened again, and a seal for the same request.

Both are noted with the study, and gone as soon as somebody opens it to work on it: results that are kept are those of
everything that it holds. A seal is of all that decides what a run does, and of the files of the results: one of them
that was touched or is gone breaks it, a piece that they are names of does too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from quantray.digests import digest_of
from quantray.errors import ConfigError, DataError, DiskError, UserError
from quantray.files import Pieces
from quantray.files.objects import Keep, Objects, Unkept, write_objects
from quantray.files.pieces import WHOLE
from quantray.ledger.sql_ledger import SqlLedger
from quantray.protocols import Counts, Say
from quantray.settings import Storage

#: The notes of a study.
KEPT, SEALED = "kept", "sealed"
_FILE = "results.npz"


@dataclass(frozen=True, slots=True)
class Standing:
    """A finished study that needs nothing: what it holds and notes, and the files of its results (name -> path)."""

    counts: Counts
    notes: Mapping[str, Any]
    files: Mapping[str, Path]


class Found(Protocol):
    """What a run found."""

    @property
    def study(self) -> str: ...
    @property
    def digests(self) -> Mapping[str, str]: ...


def begin(ledger: SqlLedger) -> None:
    """Somebody works on the study from here on: what an earlier run left of its end is of the past."""
    notes = ledger.notes()
    for key in (KEPT, SEALED):
        if notes.get(key) is not None:
            ledger.note(key, None)


def keep(
    ledger: SqlLedger, run_dir: Path, results: Found, files: Mapping[str, Path], stand_ins: Keep, say: Say
) -> None:  # fmt: skip
    """Keep the ``results`` as a piece of the study; ``files`` are those of its report (name -> path).

    ``say`` hears where that cannot be: the run is finished all the same.
    """
    pieces, digests = Pieces(run_dir, results.study), results.digests
    name = f"{digest_of(dict(digests))[:12]}/{_FILE}"
    parts = {"results": results, "files": list(files), "run_dir": str(run_dir)}
    try:
        ledger.note(*pieces.open().noted)
        note = pieces.write(name, lambda path: write_objects(path, parts, stand_ins))
    except (Unkept, DiskError, ConfigError) as error:
        say(f"the results of {pieces.study} are not kept for qr.load, which opens finished runs again: {error}")
        return
    ledger.note(KEPT, [name, note.as_json()])


def kept(notes: Mapping[str, Any], pieces: Pieces, again: str) -> Objects:
    """What :func:`keep` kept. DataError where it is gone or damaged; ``again`` makes it once more."""
    name, note = notes[KEPT]
    state = pieces.state(name, note)
    if state != WHOLE:
        raise DataError(f"the results of {pieces.study} in {pieces.path(name)} are {state}; {again} makes them again")
    return Objects(pieces.path(name))


def seal(ledger: SqlLedger, pieces: Pieces, digest: str | None, files: Mapping[str, Path]) -> None:
    """Note that the study is finished; ``digest`` is of its request, None where that cannot be known again."""
    states = _states(files.values())
    if digest is not None and states is not None:
        told = {str(path): state for path, state in states.items()}
        ledger.note(SEALED, {"digest": digest, "files": told, "pieces": _pieces(pieces)})


def standing(storage: Storage, pieces: Pieces, digest: Callable[[], str | None]) -> Standing | None:
    """The finished study of the same request, or None where there is anything to do."""
    from quantray.ledger.addresses import address
    from quantray.ledger.reader import open_reader

    if storage.kind == "memory" or not pieces.run_dir.is_dir():
        return None
    url = address(storage, pieces.run_dir)
    if storage.kind == "sqlite" and not Path(url.partition("///")[2]).is_file():
        return None
    try:
        with open_reader(url, pieces.study) as study:
            notes, counts = study.notes(), study.counts()
    except UserError:  # the run itself says what is wrong
        return None
    sealed = notes.get(SEALED)
    if sealed is None or counts.claimed or sealed.get("pieces") != _pieces(pieces) or sealed["digest"] != digest():
        return None
    files = [Path(name) for name in sealed["files"]]
    states = _states(files)
    if states is None or {str(path): state for path, state in states.items()} != sealed["files"]:
        return None
    return Standing(counts, notes, {path.name: path for path in files})


def states_of(files: Iterable[Path]) -> list[tuple[str, list[int]]] | None:
    """Name, size and times of change of each file that a request reads; None where one is missing.

    Who gives a file of the same size its old time back cannot do so with the kernel's own (``st_ctime``).
    """
    states = _states(files, ("st_mtime_ns", "st_ctime_ns"))
    return None if states is None else sorted((str(path.absolute()), state) for path, state in states.items())


def _pieces(pieces: Pieces) -> list[int] | None:
    """State of the study's own pieces; None where it has none."""
    return (_states([pieces.folder]) or {}).get(pieces.folder)


def _states(files: Iterable[Path], times: Sequence[str] = ("st_mtime_ns",)) -> dict[Path, list[int]] | None:
    """Size and ``times`` of each file; a folder's are those of what is in it. None where one is missing."""
    found: dict[Path, list[int]] = {}
    try:
        for path in files:
            inside = sorted(path.rglob("*")) if path.is_dir() else [path]
            path.stat()  # or it is missing
            kept = [p.stat() for p in inside if p.is_file()]
            newest = [max((getattr(one, time) for one in kept), default=0) for time in times]
            found[path] = [len(kept), sum(one.st_size for one in kept), *newest]
    except OSError:
        return None
    return found
