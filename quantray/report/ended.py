"""What a study notes of itself when its report is written: lists and overviews read it, and compute nothing again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from quantray.plain import amount
from quantray.report.words import DASH, label, metric


@dataclass(frozen=True, slots=True)
class Ended:
    """``trials`` were stored when the report was written; a study that holds another number has gone on since.

    Values are of the objective; None where there is none. A run over many callers has ``units`` instead: how many were
    asked for, are ``ranked`` and have a pick.
    """

    trials: int = 0
    table: str = ""  # SHA-256 of trials.parquet
    objective: str = ""
    best: float | None = None
    pick: float | None = None
    held_out: float | None = None  # of the pick, or of the best where there is no pick
    verdict: str = ""
    headline: str = ""
    reason: str = ""  # why the search ended
    seconds: float = 0.0
    units: int | None = None
    ranked: int = 0
    picks: int = 0
    importance: Mapping[str, float] = field(default_factory=dict)  # of each parameter
    computed_on: str = ""  # what the importance was computed on, in words

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def best_words(self) -> str:
        if self.units is not None:
            return f"{self.ranked:,} of {self.units:,} ranked" if self.objective else DASH
        return metric(self.objective, self.best)

    @property
    def pick_words(self) -> str:
        if self.units is not None:
            return f"{self.picks:,} of {self.units:,}" if self.objective else DASH
        return metric(self.objective, self.pick)

    @property
    def held_out_words(self) -> str:
        return metric(self.objective, self.held_out)

    @property
    def told(self) -> str:
        """What was looked for, and in which list: the head of its figures."""
        if self.units is not None and not self.objective:
            return amount(self.units, "caller")
        return label(self.objective)


def ended_of(note: object, stored: int | None = None) -> Ended | None:
    """The note as it was kept; None where there is none, or the study holds another number of trials by now.

    An older note has fewer fields.
    """
    if not isinstance(note, Mapping):
        return None
    known = {f.name for f in fields(Ended)}
    found = Ended(**{key: value for key, value in note.items() if key in known})
    return found if stored is None or found.trials == stored else None
