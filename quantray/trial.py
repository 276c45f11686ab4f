"""One candidate with its outcome: what searches are told and ledgers store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np


class TrialState(StrEnum):
    """COMPLETE has a value; PRUNED was measured and must not be learned from; FAIL could not be measured."""

    COMPLETE = "COMPLETE"
    PRUNED = "PRUNED"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Trial:
    """One candidate with its outcome, as the ledger stores it. ``violations`` are feasible when all <= 0."""

    digest: str
    params: Mapping[str, Any]
    state: TrialState
    value: float | None = None
    violations: tuple[float, ...] = ()
    metrics: Mapping[str, float | int | None] = field(default_factory=dict)
    session_net: tuple[float, ...] = ()
    why: str | None = None
    number: int = -1  # its place in the study: the order in which candidates were claimed
    batch: int = -1

    def __post_init__(self) -> None:
        finite = self.value is not None and np.isfinite(self.value)
        if (self.state is TrialState.COMPLETE) != finite:
            raise ValueError(f"a {self.state} trial cannot have the value {self.value!r}")
        if self.state is not TrialState.COMPLETE and not self.why:
            raise ValueError(f"a {self.state} trial must say why")

    @property
    def feasible(self) -> bool:
        return self.state is TrialState.COMPLETE and all(v <= 0 for v in self.violations)
