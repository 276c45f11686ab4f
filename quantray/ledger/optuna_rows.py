"""Stored trials as rows of Optuna's own tables: what ``add_trial`` would write for them, made many at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, distribution_to_json
from optuna.storages._rdb import models
from optuna.trial import TrialState

from quantray.ledger.schema import evaluations
from quantray.space import Dimension, parse_space

if TYPE_CHECKING:
    from quantray.ledger.schema import Row

#: What a row of the ledger must hold to be copied. Nets per session stay in the ledger.
COPIED: tuple[sa.ColumnElement[Any], ...] = tuple(
    evaluations.c[name]
    for name in (
        "number", "digest", "state", "value", "why", "params", "violations", "metrics", "claimed_at", "stored_at",
    )
)  # fmt: skip


def distributions(space: Mapping[str, object]) -> dict[str, BaseDistribution]:
    """The dimensions as Optuna knows them: the real values, never indices."""
    return {d.name: _distribution(d) for d in parse_space(space).dimensions}


def _distribution(d: Dimension) -> BaseDistribution:
    if d.values is not None:
        return CategoricalDistribution(tuple(_choice(v) for v in d.values))
    return FloatDistribution(float(d.low or 0.0), float(d.high or 0.0), log=d.log)


def _choice(value: object) -> bool | int | float | str | None:
    return value if value is None or isinstance(value, bool | int | float | str) else json.dumps(value)


@dataclass(slots=True)
class Rows:
    """Rows of trials for each of Optuna's tables, made before these are locked; :meth:`numbered` then enters ids.

    Metrics, also zeros and those that do not exist, the reason, the ledger's number and the digest are user
    attributes, violations constraints.
    """

    space: Mapping[str, BaseDistribution]
    params: list[dict[str, Any]] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)
    user: list[dict[str, Any]] = field(default_factory=list)
    system: list[dict[str, Any]] = field(default_factory=list)
    _written: dict[str, str] = field(default_factory=dict)  # dimension -> its distribution as JSON
    _known: dict[tuple[str, type, object], float] = field(default_factory=dict)  # choices as Optuna stores them

    def add(self, place: int, row: Row) -> None:
        """``row`` of the ledger (:data:`COPIED`), the trial at ``place`` among those that are added."""
        for name, value in json.loads(row.params).items():
            if name in self.space:
                number, written = self._stored(name, _choice(value))
                self.params.append(
                    {"trial_id": place, "param_name": name, "param_value": number, "distribution_json": written}
                )
        if row.value is not None:
            kind = models.TrialValueModel.TrialValueType.FINITE  # the ledger stores nothing else
            self.values.append({"trial_id": place, "objective": 0, "value": row.value, "value_type": kind})
        for key, value in attributes(row).items():
            self.user.append({"trial_id": place, "key": key, "value_json": _json(value)})
        if violations := json.loads(row.violations or "[]"):
            self.system.append({"trial_id": place, "key": "constraints", "value_json": json.dumps(violations)})

    def numbered(self, ids: Sequence[int]) -> None:
        """The trials have these ids, in the order of their places."""
        for rows in (self.params, self.values, self.user, self.system):
            for entry in rows:
                entry["trial_id"] = ids[entry["trial_id"]]

    def _stored(self, name: str, value: bool | int | float | str | None) -> tuple[float, str]:
        distribution = self.space[name]
        if name not in self._written:
            self._written[name] = distribution_to_json(distribution)
        if not isinstance(distribution, CategoricalDistribution):
            return distribution.to_internal_repr(value), self._written[name]
        key = (name, type(value), value)
        if key not in self._known:
            self._known[key] = distribution.to_internal_repr(value)
        return self._known[key], self._written[name]


def rows_of(stored: Sequence[Row], space: Mapping[str, BaseDistribution]) -> Rows:
    """All rows of these trials but those of ``trials`` itself (:func:`head`)."""
    rows = Rows(space)
    for place, row in enumerate(stored):
        rows.add(place, row)
    return rows


def attributes(row: Row) -> dict[str, Any]:
    """The user attributes of a trial."""
    found: dict[str, Any] = json.loads(row.metrics or "{}")
    found |= {"digest": row.digest, "number": row.number}
    if row.why:
        found["why"] = row.why
    return found


def head(row: Row, study: int, number: int) -> dict[str, Any]:
    """The row of ``trials``; Optuna keeps times without a zone, in UTC."""
    return {
        "number": number,
        "study_id": study,
        "state": TrialState[row.state],
        "datetime_start": datetime.fromtimestamp(row.claimed_at, UTC).replace(tzinfo=None),
        "datetime_complete": datetime.fromtimestamp(row.stored_at, UTC).replace(tzinfo=None),
    }


def _json(value: object) -> str:
    """As ``json.dumps``, which takes four times as long for a number."""
    kind = type(value)
    return repr(value) if kind is int or (kind is float and value - value == 0) else json.dumps(value)  # type: ignore[operator]
