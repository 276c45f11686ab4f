"""Claiming a batch: every candidate goes to one driver, whoever else asks for it at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from quantray.ledger import bulk, drivers
from quantray.ledger.rows import encode
from quantray.ledger.schema import CLAIMED, evaluations
from quantray.protocols import Batch

_e = evaluations.c
_NEXT = sa.select(sa.func.coalesce(sa.func.max(_e.number) + 1, 0)).where(_e.study == sa.bindparam("study"))
_KNOWN = sa.select(_e.digest, _e.state, _e.driver, _e.batch).where(
    _e.study == sa.bindparam("study"), _e.digest.in_(sa.bindparam("digests", expanding=True))
)

_CLAIMS = sa.select(_e.number, _e.digest, _e.params).where(_e.state == CLAIMED).order_by(_e.number)


def claim_batch(connection: sa.Connection, study: int, driver: int, batch: Batch, now: float) -> tuple[bool, ...]:
    """Claim inside a transaction that has locked the study; True where ``driver`` owns the candidate now.

    A batch may be claimed again: what it owns already stays its own.
    """
    first = {digest: i for i, digest in reversed(list(enumerate(batch.digests)))}
    known = connection.execute(_KNOWN, {"study": study, "digests": list(first)}).all()
    pending = [row for row in known if row.state == CLAIMED]
    mine = {row.digest for row in pending if row.driver == driver and row.batch == batch.number}
    others = [row for row in pending if row.driver != driver]
    if others:
        alive = {row.id for row in drivers.live(connection, study, now)}
        lost = [row.digest for row in others if row.driver not in alive]
        take_over(connection, study, driver, batch.number, lost, now)
        mine |= set(lost)
    taken = {row.digest for row in known}
    mine |= _insert(connection, study, driver, batch, [d for d in first if d not in taken], first, now)
    return tuple(digest in mine and first[digest] == i for i, digest in enumerate(batch.digests))


def lost_claims(connection: sa.Connection, study: int, driver: int, now: float, limit: int | None) -> Sequence[Any]:
    """(number, digest, params) of claims whose drivers died, by number, and those of ``driver`` itself not."""
    alive = [row.id for row in drivers.live(connection, study, now)]
    query = _CLAIMS.where(_e.study == study, _e.driver.not_in([*alive, driver]))
    return connection.execute(query.limit(limit)).all()


def claims_of(connection: sa.Connection, study: int, driver: int, batch: int) -> Sequence[Any]:
    """What ``driver`` has claimed as ``batch`` and not stored, as :func:`lost_claims` gives it."""
    return connection.execute(_CLAIMS.where(_e.study == study, _e.driver == driver, _e.batch == batch)).all()


def take_over(
    connection: sa.Connection, study: int, driver: int, batch: int | None, digests: Sequence[str], now: float
) -> None:
    """Give claims to ``driver``, as part of ``batch`` (None: of the batch they are in); each is one attempt more."""
    values: dict[str, Any] = {"driver": driver, "claimed_at": now, "attempts": _e.attempts + 1}
    if batch is not None:
        values["batch"] = batch
    for start in range(0, len(digests), 5000):
        some = sorted(digests)[start : start + 5000]
        connection.execute(
            sa.update(evaluations).where(_e.study == study, _e.digest.in_(some), _e.state == CLAIMED).values(values)
        )


def _insert(
    connection: sa.Connection,
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
    return bulk.insert(connection, sorted(rows, key=lambda row: row["digest"]))
