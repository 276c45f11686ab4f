"""Questions about the studies of a database, answered by SQL without parsing what is not asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from quantray.errors import LedgerError, near_miss
from quantray.failures import Reason, counted
from quantray.ledger.database import Database
from quantray.ledger.drivers import live, who
from quantray.ledger.rows import COLUMNS, trial_of
from quantray.ledger.schema import CLAIMED, RANK, drivers, evaluations, studies
from quantray.ledger.schema import notes as note_table
from quantray.protocols import Counts
from quantray.trial import Trial

if TYPE_CHECKING:
    from quantray.ledger.schema import Row

_PAGE = 5000
_e = evaluations.c


def counts(connection: sa.Connection, study: int) -> Counts:
    rows = connection.execute(
        sa.select(_e.state, sa.func.count()).where(_e.study == study).group_by(_e.state)
    )  # fmt: skip
    found = {state: int(count) for state, count in rows}
    return Counts(found.get("COMPLETE", 0), found.get("PRUNED", 0), found.get("FAIL", 0), found.get(CLAIMED, 0))


def notes(connection: sa.Connection, study: int) -> dict[str, Any]:
    rows = connection.execute(
        sa.select(note_table.c.key, note_table.c.value).where(note_table.c.study == study).order_by(note_table.c.key)
    )
    return {key: json.loads(value) for key, value in rows}


def pages(database: Database, study: int, *, claims_of: int | None = None) -> Iterator[Row]:
    """Stored rows (:data:`COLUMNS`) by number, and with them the claims of one driver.

    Each page is a transaction of its own: a slow consumer holds nothing.
    """
    wanted = _e.state != CLAIMED
    if claims_of is not None:
        wanted = sa.or_(wanted, _e.driver == claims_of)
    after = -1
    while True:
        query = sa.select(*COLUMNS).where(_e.study == study, _e.number > after, wanted).order_by(_e.number).limit(_PAGE)
        rows = database.rows(query)
        yield from rows
        if len(rows) < _PAGE:
            return
        after = rows[-1][0]


class Reader:
    """One study as a bystander sees it: nothing is claimed and nothing written."""

    def __init__(self, database: Database, row: Row) -> None:
        self.database, self.study, self.name = database, int(row.id), str(row.name)
        self.digests: Mapping[str, str] = json.loads(row.digests)
        self.described: Mapping[str, Any] = json.loads(row.described)
        self.created_at = float(row.created_at)

    def counts(self) -> Counts:
        return self.database.run(lambda connection, _: counts(connection, self.study))

    def notes(self) -> Mapping[str, Any]:
        return self.database.run(lambda connection, _: notes(connection, self.study))

    def trials(self) -> Iterator[Trial]:
        """Stored trials in the order of their numbers."""
        return map(trial_of, pages(self.database, self.study))

    def ranked(self, limit: int | None = None) -> list[Trial]:
        """COMPLETE trials: feasible first, value descending, ties by number."""
        query = sa.select(*COLUMNS).where(_e.study == self.study, _e.state == "COMPLETE").order_by(*RANK).limit(limit)
        return [trial_of(row) for row in self.database.rows(query)]

    def reasons(self) -> list[Reason]:
        """Why candidates did not complete, the commonest first; the database counts equal ones."""
        given = sa.select(sa.func.min(_e.number), _e.state, _e.why, sa.func.count())
        given = given.where(_e.study == self.study, _e.state.in_(("PRUNED", "FAIL")), _e.why != "")
        given = given.group_by(_e.state, _e.why)

        def work(connection: sa.Connection, _: bool) -> list[Reason]:
            rows = connection.execution_options(yield_per=1000).execute(given)
            return counted((int(number), str(state), str(why), int(n)) for number, state, why, n in rows)

        return self.database.run(work)

    def latest(self, limit: int) -> list[Trial]:
        """The COMPLETE trials with the highest numbers, latest first."""
        query = sa.select(*COLUMNS).where(_e.study == self.study, _e.state == "COMPLETE")
        return [trial_of(row) for row in self.database.rows(query.order_by(_e.number.desc()).limit(limit))]

    def history(self) -> list[tuple[int, float, bool]]:
        """(number, value, feasible) of the COMPLETE trials by number."""
        query = sa.select(_e.number, _e.value, _e.feasible).where(_e.study == self.study, _e.state == "COMPLETE")
        return sorted((int(n), float(v), bool(f)) for n, v, f in self.database.rows(query))

    def repeated(self) -> int:
        """Candidates that were claimed again because the driver that had them died."""
        query = sa.select(sa.func.count()).where(_e.study == self.study, _e.attempts > 1)
        return int(self.database.rows(query)[0][0])

    def late(self) -> int:
        """Results that were dropped, because their driver had given no sign of life and another had taken over."""
        if self.database.scheme < 2:
            return 0
        query = sa.select(sa.func.coalesce(sa.func.sum(drivers.c.late), 0)).where(drivers.c.study == self.study)
        return int(self.database.rows(query)[0][0])

    def drivers(self) -> list[str]:
        """Who works on the study at this moment, in words."""
        with self.database.read() as connection:
            return [who([row]) for row in live(connection, self.study, self.database.now(connection))]

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def study_names(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(sa.select(studies.c.name).order_by(studies.c.id)).scalars())


def readers(database: Database) -> list[Reader]:
    """Every study of a database, in the order of their creation."""
    with database.read() as connection:
        return [Reader(database, row) for row in connection.execute(sa.select(studies).order_by(studies.c.id))]


def reader(database: Database, name: str | None) -> Reader:
    """The study called ``name``; None means the only one. A wrong name is answered with the near miss."""
    with database.read() as connection:
        rows = {row.name: row for row in connection.execute(sa.select(studies).order_by(studies.c.id))}
    if name is None and len(rows) == 1:
        name = next(iter(rows))
    if name is None:
        raise LedgerError(f"{database.name} holds {len(rows)} studies; name one of: {', '.join(rows) or 'none'}")
    if name not in rows:
        raise LedgerError(f"{database.name}: {near_miss(name, rows, what='study')}")
    return Reader(database, rows[name])


def open_reader(url: str, name: str | None = None) -> Reader:
    """Read one study of the database at ``url`` (an SQLAlchemy URL); close it after use."""
    database = Database(url)
    try:
        return reader(database, name)
    except BaseException:
        database.close()
        raise
