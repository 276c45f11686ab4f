"""What a finished sweep was made of: the same request again is answered without doing any of it again.

A seal stands with the study once everything is written. It is of the whole plan, of the code and the packages, and of
the data: settings of a synthetic market, else name, size and time of change of every file. A file of the results, or a
piece that they are names of, that was touched or is gone breaks it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.digests import digest_of
from quantray.errors import UserError
from quantray.files import Pieces
from quantray.protocols import TABLE, Counts
from quantray.provenance import made_with, versions
from quantray.sweeps.identity import code_digest
from quantray.sweeps.plan import Plan

if TYPE_CHECKING:
    from quantray.ledger.sql_ledger import SqlLedger

SEALED = "sealed"  # the note of a study


@dataclass(frozen=True, slots=True)
class Standing:
    """A finished study that needs nothing: what it came to, and its files (name -> path)."""

    counts: Counts
    files: Mapping[str, Path]


def seal(plan: Plan, ledger: SqlLedger, files: Mapping[str, Path]) -> None:
    """Note that the study is finished; ``files`` are its results. Nothing where that could not be found out again."""
    digest, states, pieces = _digest(plan), _states(files.values()), _pieces(plan)
    if digest is not None and states is not None:
        told = {str(path): state for path, state in states.items()}
        ledger.note(SEALED, {"digest": digest, "files": told, "pieces": pieces})


def standing(plan: Plan) -> Standing | None:
    """The finished study of the same request, or None where there is anything to do."""
    from quantray.ledger.addresses import address
    from quantray.ledger.reader import open_reader

    if plan.fresh or plan.storage.kind == "memory" or not plan.run_dir.is_dir():
        return None
    if plan.storage.kind == "sqlite" and not Path(address(plan.storage, plan.run_dir).partition("///")[2]).is_file():
        return None
    try:
        with open_reader(address(plan.storage, plan.run_dir), plan.study) as study:
            notes, counts = study.notes(), study.counts()
    except UserError:  # the run itself says what is wrong
        return None
    kept, of_table = notes.get(SEALED), notes.get(TABLE)
    if kept is None or counts.claimed or kept["digest"] != _digest(plan) or kept.get("pieces") != _pieces(plan):
        return None
    files = [Path(name) for name in kept["files"]]
    states = _states(files)
    if states is None or {str(path): state for path, state in states.items()} != kept["files"]:
        return None
    return Standing(Counts(*of_table["counts"]) if of_table else counts, {path.name: path for path in files})


def _pieces(plan: Plan) -> list[int] | None:
    """State of the study's own pieces; None where it has none."""
    folder = Pieces(plan.run_dir, plan.study).folder
    return (_states([folder]) or {}).get(folder)


def _digest(plan: Plan) -> str | None:
    """Of everything that decides what a run does; None where data lie out of sight."""
    sources = _sources(plan)
    if sources is None:
        return None
    whole = replace(plan, fresh=False)
    told = [repr(getattr(whole, name)) for name in ("space", "strategy", "data", "fees", "capital", "constraints")]
    told += [repr(getattr(whole, name)) for name in ("search", "oos", "gates", "report", "mirror", "seed", "objective")]
    parts = plan.digests("", code_digest())
    return digest_of([*told, sorted(parts.items()), sorted(made_with().items()), sorted(versions().items()), sources])


def _sources(plan: Plan) -> list[tuple[str, list[int]]] | None:
    from quantray.files.folders import data_files

    data = plan.data
    if data.kind == "synthetic":
        return []
    if data.allow_paths:
        return None
    if data.kind == "duckdb":
        files = [Path(f"{data.duckdb}{end}").expanduser() for end in ("", ".wal")]
        files = [path for path in files if path.exists()]
    else:
        named = {key: getattr(data, key) for key in ("underlying", "chain", "options")}
        given = {key: path for key, path in named.items() if path not in (None, "synthetic")}
        files = [path for key, path in given.items() for path in data_files(key, path, archives=True)]
    states = _states(files)
    return None if states is None else sorted((str(path.absolute()), state) for path, state in states.items())


def _states(files: Iterable[Path]) -> dict[Path, list[int]] | None:
    """Size and time of change of each file; a folder's are those of what is in it. None where one is missing."""
    found: dict[Path, list[int]] = {}
    try:
        for path in files:
            inside = sorted(path.rglob("*")) if path.is_dir() else [path]
            kept = [(p.stat().st_size, p.stat().st_mtime_ns) for p in inside if p.is_file()]
            found[path] = [len(kept), sum(size for size, _ in kept), max((time for _, time in kept), default=0)]
    except OSError:
        return None
    return found
