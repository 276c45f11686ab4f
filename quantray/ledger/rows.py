"""Trials as rows: JSON that keeps every bit of a float and admits no NaN."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from quantray.errors import LedgerError
from quantray.ledger.schema import evaluations
from quantray.passwords import masked
from quantray.trial import Trial, TrialState

#: What a trial is read back from, in the order of :func:`trial_of`.
COLUMNS: tuple[sa.ColumnElement[Any], ...] = tuple(
    evaluations.c[name]
    for name in (
        "number", "batch", "digest", "state", "value", "why", "params", "violations", "metrics", "session_net",
    )
)  # fmt: skip


def encode(value: object, what: str) -> str:
    """JSON of plain values and NumPy scalars; :class:`LedgerError` names ``what`` holds a NaN or infinity."""
    if not value and isinstance(value, list):
        return "[]"
    try:
        return _encode(value)
    except (ValueError, TypeError) as error:
        raise LedgerError(f"{what} cannot be stored{_culprit(value) or f': {error}'}") from error


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "tolist"):  # NumPy scalars and arrays
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not a JSON value")


_encode = json.JSONEncoder(allow_nan=False, default=_plain, separators=(",", ":"), ensure_ascii=False).encode


def _culprit(value: object) -> str:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(item, float) and item - item != 0:
                return f", {key} is {item}; use null for a number that does not exist"
    return ""


def printable(text: str) -> str:
    """``text`` as every database takes it: an exception's message may hold NULs and halves of characters."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def outcome(trial: Trial, stored_at: float) -> dict[str, Any]:
    """The columns that storing a trial sets."""
    return {
        "state": str(trial.state),
        "feasible": trial.feasible,
        "value": None if trial.value is None else float(trial.value),
        "why": None if trial.why is None else masked(printable(trial.why)),
        "stored_at": stored_at,
        "violations": encode([float(v) for v in trial.violations], "violations"),
        "metrics": encode(trial.metrics, f"metrics of candidate {trial.digest[:8]}") if trial.metrics else "{}",
        "session_net": encode([float(v) for v in trial.session_net], "session_net"),
    }


def trial_of(row: Sequence[Any]) -> Trial:
    """A stored row, selected by :data:`COLUMNS`, as the trial that was stored."""
    number, batch, digest, state, value, why, params, violations, metrics, session_net = row
    loads = json.loads
    return Trial(
        digest=digest,
        params=loads(params),
        state=TrialState(state),
        value=value,
        violations=tuple(loads(violations)),
        metrics=loads(metrics),
        session_net=tuple(loads(session_net)),
        why=why,
        number=number,
        batch=batch,
    )
