"""A stored trial as Optuna's public API takes it: the slow twin of quantray.ledger.optuna_rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import optuna


def add(study: Any, row: Any, space: Mapping[str, Any]) -> None:
    """``row`` of the ledger by ``add_trial``."""
    params = {name: value for name, value in json.loads(row.params).items() if name in space}
    params = {name: json.dumps(v) if isinstance(v, list | dict) else v for name, v in params.items()}
    attributes = {**json.loads(row.metrics or "{}"), "digest": row.digest, "number": row.number}
    if row.why:
        attributes["why"] = row.why
    violations = json.loads(row.violations)
    trial = optuna.trial.create_trial(
        state=optuna.trial.TrialState[row.state],
        value=row.value,
        params=params,
        distributions={name: space[name] for name in params},
        user_attrs=attributes,
        system_attrs={"constraints": violations} if violations else {},
    )
    trial.datetime_start = datetime.fromtimestamp(row.claimed_at)
    trial.datetime_complete = datetime.fromtimestamp(row.stored_at)
    study.add_trial(trial)
