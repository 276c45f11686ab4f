"""What ``quantray study list|show|export|plot|delete`` do: functions that return data; rendering is elsewhere.

``where`` is a ledger file, a run's directory, a directory of runs (``outputs``), or an SQLAlchemy URL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.errors import LedgerError
from quantray.failures import Reason
from quantray.ledger.ending import KEPT, SEALED
from quantray.protocols import REPORTED, REQUEST, TABLE, Counts
from quantray.report.ended import Ended, ended_of
from quantray.space import Space, parse_space
from quantray.sweeps.report.studies.places import databases, find, inner, open_study
from quantray.trial import Trial, TrialState

if TYPE_CHECKING:
    from quantray.ledger.reader import Reader

#: Notes that are told in words of their own, or are of no use to a reader.
_OURS = ("duplicates", TABLE, REPORTED, REQUEST, KEPT, SEALED)


@dataclass(frozen=True, slots=True)
class StudyRow:
    """One line of the list; ``error`` instead of figures where a file cannot be read."""

    name: str
    where: str
    counts: Counts = Counts()
    best: float | None = None  # of the feasible ones, else of all
    created_at: float = 0.0  # seconds since 1970, by the database's clock
    error: str | None = None
    units: Mapping[str, str] | None = None  # of a study about callers: unit -> state; None for a sweep
    buckets: int | None = None  # of an alert baseline: buckets of assets that are measured
    ended: Ended | None = None  # what its report said of all that is stored; None: there is no such report


@dataclass(frozen=True, slots=True)
class StudySummary:
    """Everything ``show`` shows. Candidates are counted in ``counts``; duplicates were never launched."""

    name: str
    where: str
    created_at: float
    counts: Counts
    duplicates: Mapping[str, int]  # source -> count: sampler | memory | database
    pruned: Mapping[str, int]  # reason -> count, most frequent first
    failed: Mapping[str, int]  # first message of its kind -> count, most frequent first
    repeated: int  # evaluated again, because the driver that had claimed them died
    best: Trial | None
    metrics: tuple[str, ...]  # stored with the best trial
    digests: Mapping[str, str]
    described: Mapping[str, Any]
    notes: Mapping[str, Any]
    units: Mapping[str, str] | None = None  # of a study about callers: unit -> state; None for a sweep
    drivers: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)  # of a study that had several, by number
    retried: int = 0  # evaluated again, because the worker that had them died
    late: int = 0  # results that were dropped, because another driver had taken the candidate over
    ended: Ended | None = None  # what its report said of all that is stored; None: there is no such report


def about_callers(study: Reader) -> bool:
    """Whether it is of the callers wing, whose studies keep finished stages instead of trials."""
    return "policy" in study.described or "baseline" in study.described


def buckets_of(described: Mapping[str, Any], notes: Mapping[str, Any]) -> int | None:
    """Buckets of assets that an alert baseline has measured; None for every other study."""
    return sum(key.startswith("callers/alerts/") for key in notes) if "baseline" in described else None


def units_of(notes: Mapping[str, Any]) -> dict[str, str]:
    """Unit (a caller, or all of them) -> state, as far as the ranking has come."""
    places = [note["places"] for key, note in notes.items() if key.startswith("callers/ranking/")]
    return {place["name"]: place["state"] for some in places for place in some}


def list_studies(where: str | Path) -> list[StudyRow]:
    """Every study at ``where``, in the order of files and of their creation.

    Among several files one that cannot be read is a row with its error; a single one raises it.
    """
    urls = databases(where)
    rows: list[StudyRow] = []
    for url in urls:
        try:
            rows.extend(_list(url))
        except LedgerError as error:
            if len(urls) == 1:
                raise
            rows.append(StudyRow("?", url.removeprefix("sqlite:///"), error=str(error)))
    return rows


def show_study(where: str | Path, name: str | None = None) -> StudySummary:
    """Counts, reasons and the best trial of one study; ``name`` may be left out where there is only one."""
    with open_study(where, name) as study:
        from quantray.sweeps.loop.share import drivers_of, duplicates_of, retried_of

        notes = dict(study.notes())
        best = next(iter(study.ranked(1)), None)
        stored, reasons = study.counts(), _reasons(study, notes)
        return StudySummary(
            name=study.name,
            where=study.database.name,
            created_at=study.created_at,
            counts=_counts(stored, notes),
            duplicates=duplicates_of(notes),
            drivers=drivers_of(notes),
            retried=retried_of(notes),
            late=study.late(),
            ended=_ended(study, stored, notes),
            pruned={r.first: r.n for r in reasons if r.state == TrialState.PRUNED},
            failed={r.first: r.n for r in reasons if r.state == TrialState.FAIL},
            repeated=study.repeated(),
            best=best,
            metrics=tuple(best.metrics) if best else (),
            digests=study.digests,
            described=study.described,
            notes={key: value for key, value in notes.items() if key not in _OURS},
            units=units_of(notes) if about_callers(study) else None,
        )


def export_csv(where: str | Path, name: str | None, path: str | Path, top: int | None = None) -> int:
    """Write the ``top`` best completed trials (None: all) as ``top_trials.csv``; returns how many rows.

    Columns: rank, number, value, parameters in the order of the space, metrics, feasible. Ranking: feasible first,
    value falling, ties by number. A directory as ``path`` gets ``top_trials.csv`` in it.
    """
    from quantray.sweeps.report.tables import trials_frame, write_top_csv

    if top is not None and top < 1:
        raise LedgerError(f"top must be >= 1, got {top}")
    with open_study(where, name) as study:
        refuse_callers(study)
        frame = trials_frame(study.ranked(top), space_of(study))
    target = Path(path) / "top_trials.csv" if Path(path).is_dir() else Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_top_csv(frame, target, max(len(frame), 1))
    return len(frame)


def refuse_callers(study: Reader) -> None:
    """A study about callers has no trials. LedgerError says where its tables are."""
    if about_callers(study):
        table = "alerts.csv" if "baseline" in study.described else "optimal_policies.csv"
        raise LedgerError(
            f"{study.name} is about callers and has no trials; ask results.duckdb of its run directory, or open {table}"
        )


def study_deletion(where: str | Path, name: str | None = None) -> str:
    """What :func:`delete_study` would delete, in one line."""
    from quantray.ledger.deletion import inventory

    with open_study(where, name) as study:
        return f"deleting {inventory(study.database, study.name)}"


def delete_study(where: str | Path, name: str, *, yes: bool = False) -> str:
    """Delete one study with its Optuna mirror, if ``yes``; returns the line that says what was deleted.

    Raises :class:`LedgerError` without ``yes``, saying what would be deleted, and while a run drives the study.
    """
    from quantray.ledger.database import Database
    from quantray.ledger.deletion import delete

    if finished := _finished(where, name):
        return finished
    line = study_deletion(where, name)
    if not yes:
        raise LedgerError(f"{line} needs --yes; nothing was deleted")
    url, exact = find(databases(where), name, where)
    said: list[str] = []
    with closing(Database(url, create=True)) as database:
        delete(database, exact, say=said.append)
    return "\n".join([line, *said])


def _finished(where: str | Path, name: str) -> str | None:
    """Finish a deletion of the study in which an earlier command died; what was done, None where there is none."""
    from quantray.ledger.database import Database
    from quantray.ledger.deletion import settle, unfinished

    for url in databases(where):
        with closing(Database(url)) as database:
            if name in unfinished(database):
                said: list[str] = []
                settle(database, name, said.append)
                return "\n".join([*said, f"study {name!r} in {database.name} is deleted"])
    return None


def _counts(stored: Counts, notes: Mapping[str, Any]) -> Counts:
    """How many candidates are in which state: of a table, all of its points, of which the trials are the best."""
    return Counts(*notes[TABLE]["counts"]) if TABLE in notes else stored


def _reasons(study: Reader, notes: Mapping[str, Any]) -> list[Reason]:
    """Why candidates did not complete, the commonest first."""
    if TABLE in notes:
        return [Reason(state, n, why, number) for state, n, why, number in notes[TABLE]["reasons"]]
    return study.reasons()


def _ended(study: Reader, stored: Counts, notes: Mapping[str, Any]) -> Ended | None:
    """What the last report said; None where trials have come since, or none was ever written."""
    return ended_of(notes.get(REPORTED), None if about_callers(study) else stored.attempts)


def space_of(study: Reader) -> Space | None:
    """The space the study searched, as it was described when it was created."""
    spec = study.described.get("space")
    return parse_space(spec) if spec else None


def _list(url: str) -> Iterator[StudyRow]:
    from quantray.ledger.database import Database
    from quantray.ledger.reader import readers

    database = Database(url)
    try:
        for study in readers(database):
            if inner(study.name):
                continue
            stored = study.counts()
            best = next(iter(study.ranked(1)), None)
            value = best.value if best else None
            notes = study.notes()
            units = units_of(notes) if about_callers(study) else None
            yield StudyRow(
                study.name, database.name, _counts(stored, notes), value, study.created_at, units=units,
                buckets=buckets_of(study.described, notes), ended=_ended(study, stored, notes),
            )  # fmt: skip
    finally:
        database.close()
