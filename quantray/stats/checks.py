"""The words of a verdict: one check, and what all checks together say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from quantray.cards import Card, line


class Word(StrEnum):
    """Whether to believe a result. Disbelief is the default; belief needs every check that decides."""

    BELIEVE = "believe"
    DOUBTFUL = "doubtful"
    DISBELIEVE = "do not believe"
    TOO_LITTLE_DATA = "too little data"
    FAILED = "failed"  # nothing was measured: the candidates themselves failed
    UNJUDGED = "not judged"  # the study has not come to its end: of what is held out nothing was looked at

    @property
    def tone(self) -> str:
        """How a page colours it: good, doubt, bad or none."""
        return _TONES[self]


_TONES = {Word.BELIEVE: "good", Word.DOUBTFUL: "doubt", Word.DISBELIEVE: "bad", Word.TOO_LITTLE_DATA: "none",
          Word.FAILED: "bad", Word.UNJUDGED: "none"}  # fmt: skip
#: How a check came out, as pages and terminals mark it.
SIGNS = {True: "✓", False: "✕", None: "?"}


@dataclass(frozen=True, slots=True)
class Check:
    """One reason. ``passed`` is None when it could not be judged; the ``sentence`` then says why.

    What is told and does not decide the word has ``decides`` False.
    """

    name: str
    value: float | None
    threshold: float | None
    passed: bool | None
    sentence: str
    decides: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """A word, one headline sentence, and the checks behind it, the decisive ones first."""

    word: Word
    headline: str
    checks: tuple[Check, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)  # sizes and settings of the tests, for the record

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        checks = [{name: getattr(c, name) for name in Check.__slots__} for c in self.checks]
        return {"word": str(self.word), "headline": self.headline, "checks": checks, "figures": dict(self.figures)}

    def __repr__(self) -> str:
        return line("Verdict", str(self.word), [self.headline])

    def _repr_html_(self) -> str:
        decisive = [check for check in self.checks if check.decides and check.sentence not in self.headline]
        return Card(
            "whether to believe it", "Verdict", str(self.word), self.word.tone, [self.headline],
            rows=[(SIGNS[check.passed], check.sentence) for check in decisive],
            foot="verdict.checks are all of them; verdict.figures are the sizes of the tests",
        ).html()  # fmt: skip
