"""The ledger's tables, in terms that SQLite and Postgres share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

    #: A row of any query, its columns by name.
    Row = sa.Row[*tuple[Any, ...]]

#: Raised by one whenever a table changes, with a step in ``upgrading.UPGRADES``; a newer one is refused.
VERSION = 3

#: The state of a candidate that a driver took and has not stored; the others are ``types.TrialState``'s.
CLAIMED = "CLAIMED"

metadata = sa.MetaData()
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

meta = sa.Table(
    "quantray_meta",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

studies = sa.Table(
    "quantray_studies",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("name", sa.String(512), nullable=False, unique=True),
    sa.Column("digests", sa.Text, nullable=False),  # JSON: part of the plan -> digest
    sa.Column("described", sa.Text, nullable=False),  # JSON: the plan's sections as a human reads them
    sa.Column("created_at", sa.Double, nullable=False),
)

drivers = sa.Table(
    "quantray_drivers",
    metadata,
    *(
        sa.Column("id", _ID, primary_key=True),
        sa.Column("study", _ID, nullable=False, index=True),
        sa.Column("host", sa.String(256), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("born", sa.String(64), nullable=False),  # tells a process from a later one with its pid
        sa.Column("lease", sa.Double, nullable=False),  # seconds of the database's clock; 0: ended
        sa.Column("late", sa.Integer, nullable=False, server_default="0"),  # results that came after another's claim
        sa.Column("reserved", sa.Integer, nullable=False, server_default="0"),  # candidates it may be about to claim
    ),
)

#: Deletions that have begun. The study's rows are gone; its Optuna study and its files may not be yet.
deletions = sa.Table(
    "quantray_deletions",
    metadata,
    sa.Column("study", sa.String(512), primary_key=True),
    sa.Column("places", sa.Text, nullable=False),  # JSON: notes of the directories in which it has files
    sa.Column("host", sa.String(256), nullable=False),  # of the process that deletes, as of a driver
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("born", sa.String(64), nullable=False),
    sa.Column("lease", sa.Double, nullable=False),
)

# The wide JSON columns stand last: SQLite then counts states without reading their overflow pages.
evaluations = sa.Table(
    "quantray_evaluations",
    metadata,
    *(
        sa.Column("id", _ID, primary_key=True),
        sa.Column("study", _ID, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("batch", sa.Integer, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("feasible", sa.Boolean),
        sa.Column("value", sa.Double),
        sa.Column("driver", _ID, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),  # how often it was claimed: above 1 after a driver died
        sa.Column("claimed_at", sa.Double, nullable=False),
        sa.Column("stored_at", sa.Double),
        sa.Column("why", sa.Text),
        sa.Column("violations", sa.Text),
        sa.Column("params", sa.Text, nullable=False),
        sa.Column("metrics", sa.Text),
        sa.Column("session_net", sa.Text),
        sa.UniqueConstraint("study", "digest", name="quantray_one_evaluation_a_candidate"),
        sa.UniqueConstraint("study", "number", name="quantray_one_candidate_a_number"),
    ),
)

RANK: tuple[Any, ...] = (
    evaluations.c.feasible.desc(),
    evaluations.c.value.desc(),
    evaluations.c.number.asc(),
)

sa.Index("quantray_rank", evaluations.c.study, evaluations.c.state, *RANK)

notes = sa.Table(
    "quantray_notes",
    metadata,
    sa.Column("study", _ID, primary_key=True, autoincrement=False),
    sa.Column("key", sa.String(512), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


def now(dialect: str) -> sa.ColumnElement[float]:
    """Seconds since 1970 by the clock of the database, so that drivers with wrong clocks agree."""
    if dialect == "sqlite":
        return (sa.func.julianday("now") - 2440587.5) * 86400.0
    return sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()), sa.Double)


def insert(dialect: str, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """The dialect's ``INSERT``, which knows ``ON CONFLICT``."""
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)
