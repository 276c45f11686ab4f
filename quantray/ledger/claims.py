"""Claiming a batch: every candidate goes to one driver, whoever else asks for it at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from quantray.ledger import drivers, schema
from quantray.ledger.rows import encode
from quantray.ledger.schema import CLAIMED, evaluations
from quantray.protocols import Batch

_NEXT = sa.select(sa.func.coalesce(sa.func.max(evaluations.c.number) + 1, 0)).where(
    evaluations.c.study == sa.bindparam("study")
)
_KNOWN = sa.select(evaluations.c.digest, evaluations.c.state, evaluations.c.driver, evaluations.c.batch).where(
    evaluations.c.study == sa.bindparam("study"), evaluations.c.digest.in_(sa.bindparam("digests", expanding=True))
)


def claim_batch(
    connection: sa.Connection, dialect: str, study: int, driver: int, batch: Batch, now: float
) -> tuple[bool, ...]:
    """Claim inside a transaction that has locked the study; True where ``driver`` owns the candidate now.

    A batch may be claimed again: what it owns already stays its own.
    """
    first = {digest: i for i, digest in reversed(list(enumerate(batch.digests)))}
    known = connection.execute(_KNOWN, {"study": study, "digests": list(first)}).all()
    pending = [row for row in known if row.state == CLAIMED]
    mine = {row.digest for row in pending if row.driver == driver and row.batch == batch.number}
    mine |= _take_over(connection, study, driver, batch.number, [r for r in pending if r.driver != driver], now)
    taken = {row.digest for row in known}
    mine |= _insert(connection, dialect, study, driver, batch, [d for d in first if d not in taken], first, now)
    drivers.renew(connection, driver, now)
    return tuple(digest in mine and first[digest] == i for i, digest in enumerate(batch.digests))


def _insert(
    connection: sa.Connection,
    dialect: str,
    study: int,
    driver: int,
    batch: Batch,
    fresh: list[str],
    position: dict[str, int],
    now: float,
) -> set[str]:
    if not fresh:
        return set()
    number = int(connection.execute(_NEXT, {"study": study}).scalar_one())
    rows: list[dict[str, Any]] = [
        {
            "study": study, "digest": digest, "number": number + i, "batch": batch.number, "state": CLAIMED,
            "driver": driver, "attempts": 1, "claimed_at": now,
            "params": encode(batch.candidates.params(position[digest]), f"candidate {digest[:8]}"),
        }
        for i, digest in enumerate(sorted(fresh, key=position.__getitem__))
    ]  # fmt: skip
    statement = schema.insert(dialect, evaluations).on_conflict_do_nothing(index_elements=["study", "digest"])
    won = connection.execute(statement.returning(evaluations.c.digest), sorted(rows, key=lambda row: row["digest"]))
    return set(won.scalars())


def _take_over(
    connection: sa.Connection, study: int, driver: int, batch: int, claims: Sequence[Any], now: float
) -> set[str]:
    """Take those of the claims whose drivers died."""
    if not claims:
        return set()
    alive = {row.id for row in drivers.live(connection, study, now)}
    lost = sorted(claim.digest for claim in claims if claim.driver not in alive)
    if lost:
        rows = sa.update(evaluations).where(evaluations.c.study == study, evaluations.c.digest.in_(lost))
        attempts = evaluations.c.attempts + 1
        connection.execute(rows.values(driver=driver, batch=batch, claimed_at=now, attempts=attempts))
    return set(lost)
