"""What a finished sweep was made of: the same request again is answered without doing any of it again.

A seal stands with the study once everything is written (``ledger.ending``). It is of the whole plan, of the code and
the packages, and of the data: settings of a synthetic market, else name, size and times of change of every file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.digests import digest_of
from quantray.files import Pieces
from quantray.protocols import TABLE, Counts
from quantray.provenance import made_with, versions
from quantray.sweeps.identity import code_digest
from quantray.sweeps.plan import Plan

if TYPE_CHECKING:
    from quantray.ledger.ending import Standing
    from quantray.ledger.sql_ledger import SqlLedger


def seal(plan: Plan, ledger: SqlLedger, files: Mapping[str, Path]) -> None:
    """Note that the study is finished; ``files`` are its results. Nothing where that could not be found out again."""
    from quantray.ledger import ending

    ending.seal(ledger, Pieces(plan.run_dir, plan.study), _digest(plan), files)


def standing(plan: Plan) -> Standing | None:
    """The finished study of the same request, or None where there is anything to do."""
    from quantray.ledger import ending

    if plan.fresh:
        return None
    found = ending.standing(plan.storage, Pieces(plan.run_dir, plan.study), lambda: _digest(plan))
    if found is None or (of_table := found.notes.get(TABLE)) is None:
        return found
    return replace(found, counts=Counts(*of_table["counts"]))


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
    from quantray.ledger.ending import states_of

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
    return states_of(files)
