"""One candidate with its outcome: what searches are told and ledgers store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from quantray.cards import Card, line, value_text

TOLD = 8  # metrics that a card names


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

    def __repr__(self) -> str:
        return line("Trial", self._name, [self._outcome, *(f"{k}={value_text(v)}" for k, v in self.params.items())])

    def _repr_html_(self) -> str:
        return Card(
            "candidate", f"trial {self._name}", str(self.state).lower(), "none" if self.feasible else "bad",
            [self._outcome], rows=[(name, value_text(value)) for name, value in self.params.items()],
            foot=f"trial.metrics: {', '.join([*self.metrics][:TOLD])}{', …' if len(self.metrics) > TOLD else ''}",
        ).html()  # fmt: skip

    @property
    def _name(self) -> str:
        return str(self.number) if self.number >= 0 else ""

    @property
    def _outcome(self) -> str:
        """Its value, or why it has none, in one sentence."""
        if self.value is None:
            return f"{self.state.lower()}: {self.why}"
        bounds = "" if self.feasible else ", outside the bounds"
        return f"value {value_text(self.value)}{bounds}"
