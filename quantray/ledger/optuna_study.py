"""The Optuna study that mirrors a study of the ledger: opened, filled and deleted in Optuna's own tables.

Each of the three is one transaction through the model classes of the Optuna that is installed: nobody ever sees half a
trial, and a process that is killed leaves none. Trials get the numbers that ``add_trial`` would give them, whoever else
adds some to the study meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import optuna
import sqlalchemy as sa
from optuna.distributions import BaseDistribution
from optuna.storages._rdb import models
from optuna.study import StudyDirection

from quantray.errors import LedgerError
from quantray.ledger import bulk, optuna_rows, schema
from quantray.ledger.database import Database
from quantray.ledger.reader import Reader
from quantray.ledger.schema import evaluations
from quantray.ledger.sqlite_file import TIMEOUT_S

if TYPE_CHECKING:
    from quantray.ledger.schema import Row

MARK = "quantray"  # a user attribute of the Optuna studies that are ours: which study they mirror
#: Optuna's tables as this module fills them: the revision they have in the database, and their columns.
REVISION = "v3.2.0.a"
FILLED: Mapping[str, frozenset[str]] = {
    "studies": frozenset({"study_id", "study_name"}),
    "study_directions": frozenset({"study_direction_id", "direction", "study_id", "objective"}),
    "study_user_attributes": frozenset({"study_user_attribute_id", "study_id", "key", "value_json"}),
    "study_system_attributes": frozenset({"study_system_attribute_id", "study_id", "key", "value_json"}),
    "trials": frozenset({"trial_id", "number", "study_id", "state", "datetime_start", "datetime_complete"}),
    "trial_params": frozenset({"param_id", "trial_id", "param_name", "param_value", "distribution_json"}),
    "trial_values": frozenset({"trial_value_id", "trial_id", "objective", "value", "value_type"}),
    "trial_user_attributes": frozenset({"trial_user_attribute_id", "trial_id", "key", "value_json"}),
    "trial_system_attributes": frozenset({"trial_system_attribute_id", "trial_id", "key", "value_json"}),
}
_METRIC_NAMES = "study:metric_names"  # where Optuna keeps what set_metric_names is told

_studies = models.StudyModel.__table__
_directions = models.StudyDirectionModel.__table__
_marks = models.StudyUserAttributeModel.__table__
_settings = models.StudySystemAttributeModel.__table__
_trials = models.TrialModel.__table__
_user = models.TrialUserAttributeModel.__table__
_DIGESTS = sa.select(_trials.c.trial_id, _user.c.value_json).outerjoin(
    _user, sa.and_(_user.c.trial_id == _trials.c.trial_id, _user.c.key == "digest")
)


def make_tables(url: str) -> None:
    """Make Optuna's tables where there are none. LedgerError where they are others than this module fills."""
    have = models.BaseModel.metadata.tables
    changed = [name for name, columns in FILLED.items() if name not in have or set(have[name].c.keys()) != columns]
    lite = url.startswith("sqlite")
    arguments = {"timeout": TIMEOUT_S, "isolation_level": "IMMEDIATE"} if lite else {}
    tables = optuna.storages.RDBStorage(url, engine_kwargs={"connect_args": arguments})
    try:
        revision = tables.get_current_version()
    finally:
        tables.remove_session()
        tables.engine.dispose()
    if changed or revision != REVISION:
        raise LedgerError(
            f"Optuna {optuna.__version__} keeps studies in tables of revision {revision}"
            f"{', with other columns in ' + ', '.join(changed) if changed else ''}, and quantray fills those of "
            f"{REVISION}; install optuna==5.0.*, or give mirror.enabled=false"
        )


def identity(reader: Reader) -> str:
    """What tells the study from an earlier or later one of its name in the same database."""
    return f"study {reader.study} of {reader.created_at!r}"


class OptunaStudy:
    """The mirror of the reader's study, made where there is none; Optuna's tables must be there (:func:`make_tables`).

    A study of that name that somebody else made is refused with :class:`LedgerError`. The mirror of an earlier study of
    that name, which a process that died may have left or begun too late, is replaced. ``done`` are the digests that it
    holds.
    """

    def __init__(self, reader: Reader) -> None:
        self.done: set[str] = set()
        self._reader, self._last = reader, -1  # the highest id of a trial that was looked at
        self._space: Mapping[str, BaseDistribution] = optuna_rows.distributions(reader.described.get("space") or {})
        self._id = reader.database.run(lambda connection, _: self._opened(connection), write=True)

    def add(self, rows: Sequence[Row]) -> int:
        """Add trials of the ledger (:data:`optuna_rows.COPIED`) that are not there yet; how many they were."""

        made = optuna_rows.rows_of(rows, self._space)  # before the study is locked, and nobody else can write

        def work(connection: sa.Connection, again: bool) -> tuple[int, set[str]]:
            self._look(connection)  # another driver's mirror may have been here, or the answer to this was lost
            missing = [row for row in rows if row.digest not in self.done]
            if not missing:
                return self._last, set()
            fits = len(missing) == len(rows) and not again
            kept = made if fits else optuna_rows.rows_of(missing, self._space)
            return self._insert(connection, missing, kept), {row.digest for row in missing}

        last, added = self._reader.database.run(work, write=True)
        self._last = last
        self.done |= added
        return len(added)

    def _look(self, connection: sa.Connection) -> None:
        """Lock the study, as Optuna does to number a trial, and enter what was added since the last look."""
        lock = sa.select(_studies.c.study_id).where(_studies.c.study_id == self._id).with_for_update()
        if connection.execute(lock).first() is None:
            raise LedgerError(f"the Optuna study {self._reader.name!r} was deleted while it was filled")
        newer = connection.execute(_DIGESTS.where(_trials.c.study_id == self._id, _trials.c.trial_id > self._last))
        for trial, digest in newer:
            self._last = max(self._last, trial)
            if digest is not None:  # else somebody else's
                self.done.add(json.loads(digest))

    def _insert(self, connection: sa.Connection, missing: Sequence[Row], rows: optuna_rows.Rows) -> int:
        query = sa.select(sa.func.count()).select_from(_trials).where(_trials.c.study_id == self._id)
        first = connection.execute(query).scalar_one()
        heads = [optuna_rows.head(row, self._id, first + i) for i, row in enumerate(missing)]
        entered = sa.insert(_trials).returning(_trials.c.trial_id, sort_by_parameter_order=True)
        ids = connection.execute(entered, heads).scalars().all()
        for table, columns, some in rows.numbered(ids):
            if some:
                bulk.append(connection, table, columns, some)
        return int(max(ids))

    def _opened(self, connection: sa.Connection) -> int:
        name, mark = self._reader.name, identity(self._reader)
        found = _named(connection, name)
        if found is not None and found.mark is not None and not self._ours(connection, found):
            remove(connection, found)
            found = None
        if found is None and (made := self._made(connection)) is not None:
            return made
        found = found or _named(connection, name)  # made by another driver's mirror at this moment
        if found is None or found.mark is None:
            raise LedgerError(f"the database holds an Optuna study {name!r} of its own; it was left as it is")
        connection.execute(
            sa.update(_marks)
            .where(_marks.c.study_id == found.study_id, _marks.c.key == MARK)
            .values(value_json=json.dumps(mark))
        )
        return int(found.study_id)

    def _made(self, connection: sa.Connection) -> int | None:
        """A new study with its mark; None where another process has just made one of its name."""
        reader, dialect = self._reader, self._reader.database.dialect
        statement = schema.insert(dialect, _studies).values(study_name=reader.name).on_conflict_do_nothing()
        study = connection.execute(statement.returning(_studies.c.study_id)).scalar_one_or_none()
        if study is None:
            return None
        connection.execute(
            sa.insert(_directions), {"study_id": study, "direction": StudyDirection.MAXIMIZE, "objective": 0}
        )
        objective = reader.described.get("objective")
        if isinstance(objective, str):
            named = {"study_id": study, "key": _METRIC_NAMES, "value_json": json.dumps([objective])}
            connection.execute(sa.insert(_settings), named)
        marked = {"study_id": study, "key": MARK, "value_json": json.dumps(identity(reader))}
        connection.execute(sa.insert(_marks), marked)
        return int(study)

    def _ours(self, connection: sa.Connection, found: Row) -> bool:
        """Whether it mirrors the reader's study; the mark of release 0.1.0 did not say so, its trials do."""
        mark = json.loads(found.mark)
        if mark == identity(self._reader) or str(mark).startswith("study "):
            return bool(mark == identity(self._reader))
        kept = connection.execute(_DIGESTS.where(_trials.c.study_id == found.study_id)).all()
        own = evaluations.c.study == self._reader.study
        known = set(connection.execute(sa.select(evaluations.c.digest).where(own)).scalars())
        return {json.loads(digest) for _, digest in kept if digest is not None} <= known


def _named(connection: sa.Connection, name: str) -> Row | None:
    """The Optuna study of a name, with its mark as JSON (None where it is somebody else's), locked."""
    query = (
        sa.select(_studies.c.study_id, _studies.c.study_name, _marks.c.value_json.label("mark"))
        .outerjoin(_marks, sa.and_(_marks.c.study_id == _studies.c.study_id, _marks.c.key == MARK))
        .where(_studies.c.study_name == name)
    )
    return connection.execute(query.with_for_update(of=_studies)).first()


def delete_mirrored(database: Database, name: str) -> str | None:
    """Delete the Optuna study ``name`` if it is a mirror; one that somebody else made stays.

    Where somebody added trials of their own it stays too, under the name that is returned.
    """

    def work(connection: sa.Connection, _: bool) -> str | None:
        found = _named(connection, name)
        return None if found is None or found.mark is None else remove(connection, found)

    return database.run(work, write=True)


def remove(connection: sa.Connection, found: Row) -> str | None:
    """Delete a mirror with its trials, or keep it as ``<name>.kept-1`` where there are others in it."""
    study = found.study_id
    theirs = _DIGESTS.where(_trials.c.study_id == study, _user.c.value_json.is_(None)).limit(1)
    if connection.execute(theirs).first() is not None:
        return _kept(connection, study, found.study_name)
    trials = sa.select(_trials.c.trial_id).where(_trials.c.study_id == study)
    there = set(sa.inspect(connection).get_table_names())
    for table in reversed(models.BaseModel.metadata.sorted_tables):
        if table.name not in there:
            continue
        if "trial_id" in table.c and table is not _trials:
            connection.execute(sa.delete(table).where(table.c.trial_id.in_(trials)))
        elif "study_id" in table.c:
            connection.execute(sa.delete(table).where(table.c.study_id == study))
    return None


def _kept(connection: sa.Connection, study: int, name: str) -> str:
    taken = set(connection.execute(sa.select(_studies.c.study_name)).scalars())
    free = next(kept for k in range(1, len(taken) + 2) if (kept := f"{name[:480]}.kept-{k}") not in taken)
    connection.execute(sa.update(_studies).where(_studies.c.study_id == study).values(study_name=free))
    connection.execute(sa.delete(_marks).where(_marks.c.study_id == study, _marks.c.key == MARK))
    return free
