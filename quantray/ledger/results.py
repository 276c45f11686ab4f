"""Storing a batch: all of its outcomes or none, and none of them twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from quantray.errors import LedgerError
from quantray.ledger import drivers
from quantray.ledger.rows import outcome
from quantray.ledger.schema import CLAIMED, evaluations
from quantray.types import Trial

_CLAIMS = (
    sa.select(evaluations.c.digest, evaluations.c.id, evaluations.c.state, evaluations.c.driver, evaluations.c.batch)
    .where(
        evaluations.c.study == sa.bindparam("study"), evaluations.c.digest.in_(sa.bindparam("digests", expanding=True))
    )
    .order_by(evaluations.c.digest)
    .with_for_update()
)
_STORE = (
    sa.update(evaluations)
    .where(evaluations.c.id == sa.bindparam("row"))
    .values(
        {
            name: sa.bindparam(name)
            for name in ("state", "feasible", "value", "why", "stored_at", "violations", "metrics", "session_net")
        }
    )
)


def store_batch(
    connection: sa.Connection, study: int, driver: int, batch: int, trials: Sequence[Trial], now: float
) -> None:
    """Store inside a transaction that has locked the study."""
    if not trials:
        return
    digests = [trial.digest for trial in trials]
    claims = {row.digest: row for row in connection.execute(_CLAIMS, {"study": study, "digests": digests})}
    if len(set(digests)) != len(digests):
        twice = next(d for d in digests if digests.count(d) > 1)
        raise LedgerError(f"candidate {twice[:8]} appears twice among the results of batch {batch}")
    for digest in digests:
        _check(claims.get(digest), digest, driver, batch)
    rows = [{"row": claims[trial.digest].id, **outcome(trial, now)} for trial in trials]
    connection.execute(_STORE, rows)
    drivers.renew(connection, driver, now)


def _check(claim: Any, digest: str, driver: int, batch: int) -> None:
    who = f"candidate {digest[:8]} of batch {batch}"
    if claim is None:
        raise LedgerError(f"{who} was never claimed; claim a batch before it is evaluated")
    if claim.state != CLAIMED:
        raise LedgerError(f"{who} is stored already as {claim.state}; a result is stored once")
    if claim.driver != driver:
        raise LedgerError(f"{who} was taken over by another driver, because this one gave no sign of life in time")
    if claim.batch != batch:
        raise LedgerError(f"{who} was claimed with batch {claim.batch}")
