"""Storing a batch: all of its outcomes or none, and none of them twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from quantray.errors import LedgerError
from quantray.ledger import bulk, drivers
from quantray.ledger.rows import outcome
from quantray.ledger.schema import CLAIMED, evaluations
from quantray.trial import Trial

if TYPE_CHECKING:
    from quantray.ledger.schema import Row

_e = evaluations.c
_CLAIMS = sa.select(_e.digest, _e.id, _e.state, _e.driver, _e.batch, _e.attempts).where(
    _e.study == sa.bindparam("study"), _e.digest.in_(sa.bindparam("digests", expanding=True))
)


def store_batch(
    connection: sa.Connection, study: int, driver: int, batch: int, trials: Sequence[Trial], now: float, again: bool
) -> tuple[bool, ...]:
    """Store inside a transaction that has locked the study; False where another driver has the candidate by now.

    ``again``: an earlier try may have stored the same, so what this driver stored under this batch is in order.
    """
    if not trials:
        return ()
    digests = [trial.digest for trial in trials]
    claims = {row.digest: row for row in connection.execute(_CLAIMS, {"study": study, "digests": digests})}
    if len(set(digests)) != len(digests):
        twice = next(d for d in digests if digests.count(d) > 1)
        raise LedgerError(f"candidate {twice[:8]} appears twice among the results of batch {batch}")
    rows, kept = [], []
    for trial in trials:
        claim = claims.get(trial.digest)
        mine = _mine(claim, trial.digest, driver, batch, again)
        kept.append(mine)
        if mine and claim is not None and claim.state == CLAIMED:
            rows.append({"row": claim.id, **outcome(trial, now)})
    if rows:
        bulk.store(connection, rows)
    if not all(kept):
        drivers.count_late(connection, driver, kept.count(False))
    return tuple(kept)


def _mine(claim: Row | None, digest: str, driver: int, batch: int, again: bool) -> bool:
    """Whether the candidate is this driver's to store under ``batch``; :class:`LedgerError` where it never was."""
    who = f"candidate {digest[:8]} of batch {batch}"
    if claim is None:
        raise LedgerError(f"{who} was never claimed; claim a batch before it is evaluated")
    if claim.attempts > 1 and (claim.driver, claim.batch) != (driver, batch):
        return False
    if claim.state != CLAIMED and not (again and (claim.driver, claim.batch) == (driver, batch)):
        raise LedgerError(f"{who} is stored already as {claim.state}; a result is stored once")
    if claim.driver != driver:
        raise LedgerError(f"{who} is another driver's; claim a batch before it is evaluated")
    if claim.batch != batch:
        raise LedgerError(f"{who} was claimed with batch {claim.batch}")
    return True
