"""What a finished run about callers was made of: the same request again is answered without doing any of it again.

As of a sweep (``ledger.ending``): of the whole plan, of the code and the packages, and of the data: settings of a
synthetic market, else name, size and times of change of every file that is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.callers.baseline.plan import BaselinePlan
from quantray.callers.identity import code_digest
from quantray.callers.kept import keep
from quantray.callers.plan import CallerPlan
from quantray.digests import digest_of
from quantray.errors import LedgerError, UserError
from quantray.files import Pieces
from quantray.protocols import Say
from quantray.provenance import made_with, versions

if TYPE_CHECKING:
    from quantray.callers.baseline.results import BaselineResults
    from quantray.callers.results import CallerResults
    from quantray.ledger.ending import Standing

#: What decides where and how fast a run works, and nothing that it comes to.
_SILENT = ("fresh", "runner", "storage", "tracking", "asked")


def finish(
    results: CallerResults | BaselineResults, files: Mapping[str, Path], say: Say, *, whole: bool = True
) -> None:
    """Keep the results, and note that the study is finished; ``files`` are those of its report.

    ``whole``: the report was written into the run's own directory. Nothing is noted where another process works on the
    study by now, or where nothing keeps notes.
    """
    from quantray.ledger import ending, open_ledger

    plan = results.plan
    if plan.storage.kind == "memory":
        return
    pieces = Pieces(plan.run_dir, plan.study)
    with suppress(LedgerError), pieces.open().held():
        described = _described(plan)
        ledger = open_ledger(plan.storage, plan.run_dir, plan.study, results.digests, described=described, say=say)
        with closing(ledger):
            keep(results, ledger, files, say)
            if whole:
                ending.seal(ledger, pieces, _digest(plan), files)


def standing(plan: CallerPlan | BaselinePlan) -> Standing | None:
    """The finished study of the same request, or None where there is anything to do."""
    from quantray.ledger import ending

    if plan.fresh:
        return None
    return ending.standing(plan.storage, Pieces(plan.run_dir, plan.study), lambda: _digest(plan))


def _described(plan: CallerPlan | BaselinePlan) -> dict[str, Any]:
    from quantray.callers.baseline import pipeline
    from quantray.callers.stages import checkpoints

    return checkpoints.described(plan) if isinstance(plan, CallerPlan) else pipeline.described(plan)


def _digest(plan: CallerPlan | BaselinePlan) -> str | None:
    """Of everything that decides what a run does; None where data lie out of sight."""
    from quantray.ledger.ending import states_of

    try:
        files = _files(plan)
    except UserError:  # the run itself says what is wrong
        return None
    sources = None if files is None else states_of(files)
    if sources is None:
        return None
    told = [f"{f.name}={getattr(plan, f.name)!r}" for f in fields(plan) if f.name not in _SILENT]
    parts = plan.digests("", "", code_digest())
    return digest_of([*told, sorted(parts.items()), sorted(made_with().items()), sorted(versions().items()), sources])


def _files(plan: CallerPlan | BaselinePlan) -> list[Path] | None:
    """Every file that is read: of the market, and lists that settings name; None where a view may read others."""
    from quantray.files.folders import data_files

    data = plan.data
    if data.allow_paths:
        return None
    found = list(_lists(plan))
    if data.kind == "duckdb":
        found += [path for end in ("", ".wal") if (path := Path(f"{data.duckdb}{end}").expanduser()).exists()]
    if data.kind == "parquet":
        for key in ("calls", "candles"):
            path = Path(str(getattr(data, key))).expanduser()
            if key == "calls" and data.format_of("calls") is not None:
                if not path.exists():  # a pattern
                    return None
                found.append(path)
            else:
                found += data_files(key, str(path), archives=True)
    return found


def _lists(plan: CallerPlan | BaselinePlan) -> Iterator[Path]:
    """Files of groups, aliases and outages; a setting that names no file says itself what it says."""
    calls = plan.calls
    groups = [calls.groups] if isinstance(calls.groups, str) else calls.groups
    named = [calls.group_file, calls.aliases, plan.coverage.outages, *(groups if isinstance(groups, tuple) else ())]
    for name in named:
        if isinstance(name, str) and (path := Path(name.partition("#")[0]).expanduser()).is_file():
            yield path
