"""Stored trials as rows of Optuna's own tables: what ``add_trial`` would write for them, made many at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
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

_PARAMS, _VALUES = models.TrialParamModel.__table__, models.TrialValueModel.__table__
_USER, _SYSTEM = models.TrialUserAttributeModel.__table__, models.TrialSystemAttributeModel.__table__
_FINITE = models.TrialValueModel.TrialValueType.FINITE.name  # the ledger stores nothing else
#: What is written of a trial beside its own row.
COLUMNS: Mapping[sa.Table, Sequence[str]] = {
    _PARAMS: ("trial_id", "param_name", "param_value", "distribution_json"),
    _VALUES: ("trial_id", "objective", "value", "value_type"),
    _USER: ("trial_id", "key", "value_json"),
    _SYSTEM: ("trial_id", "key", "value_json"),
}


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
    """Rows of trials for Optuna's tables, by table: made before these are locked, when no trial has an id yet.

    Metrics, also zeros and those that do not exist, the reason, the ledger's number and the digest are user
    attributes, violations constraints.
    """

    space: Mapping[str, BaseDistribution]
    of: dict[sa.Table, list[tuple[Any, ...]]] = field(default_factory=lambda: {table: [] for table in COLUMNS})
    _written: dict[str, str] = field(default_factory=dict)  # dimension -> its distribution as JSON
    _known: dict[tuple[str, type, object], float] = field(default_factory=dict)  # choices as Optuna stores them

    def add(self, place: int, row: Row) -> None:
        """``row`` of the ledger (:data:`COPIED`), the trial at ``place`` among those that are added."""
        for name, value in json.loads(row.params).items():
            if name in self.space:
                self.of[_PARAMS].append((place, name, *self._stored(name, _choice(value))))
        if row.value is not None:
            self.of[_VALUES].append((place, 0, row.value, _FINITE))
        self.of[_USER] += [(place, key, _json(value)) for key, value in attributes(row).items()]
        if violations := json.loads(row.violations or "[]"):
            self.of[_SYSTEM].append((place, "constraints", json.dumps(violations)))

    def numbered(self, ids: Sequence[int]) -> Iterator[tuple[sa.Table, Sequence[str], list[tuple[Any, ...]]]]:
        """Table, columns and rows of trials that have these ids, in the order of their places."""
        for table, rows in self.of.items():
            yield table, COLUMNS[table], [(ids[place], *rest) for place, *rest in rows]

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
