"""What a check of data finds: what is wrong, how much of it, which rows show it, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from quantray.durations import iso

MOST = 5  # rows of one finding that are shown


class Severity(StrEnum):
    """``error``: a run refuses the data, or its result would be wrong. ``warning``: results may depend on it.

    ``note``: it is counted, and usual. ``ok``: it was looked for and is not there.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    OK = "ok"


ORDER = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that shows a finding: its time (UTC ns; None: the finding is about more than a row), and what it holds.

    ``place`` is where it lies in the file, once that was looked up.
    """

    ts_ns: int | None
    name: str  # contract, asset, caller or session; "" where the table has one series
    what: str
    place: str = ""

    @property
    def time(self) -> str:
        return "" if self.ts_ns is None else iso(self.ts_ns)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of one table: ``count`` things of ``of`` (0: no share), the worst rows, the meaning, the remedy."""

    check: str
    table: str
    severity: Severity
    count: int
    of: int
    means: str
    remedy: str = ""
    rows: tuple[Row, ...] = ()

    @property
    def share(self) -> float | None:
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found, in which data, of how many rows; ``quality``: what a run would count, as far as that is known."""

    source: str
    facts: Mapping[str, str]
    findings: tuple[Finding, ...]
    quality: Mapping[str, float]

    @property
    def worst(self) -> Severity:
        """The gravest severity of all."""
        return min((f.severity for f in self.findings), key=ORDER.index, default=Severity.OK)

    def number(self, severity: Severity) -> int:
        """Findings of this severity."""
        return sum(f.severity == severity for f in self.findings)


def ok(check: str, table: str, of: int, means: str) -> Finding:
    """Nothing was found among ``of`` things."""
    return Finding(check, table, Severity.OK, 0, of, means)


def graded(share: float, warning: float, error: float = np.inf) -> Severity:
    """A note up to the share ``warning``, a warning above it, an error above ``error``."""
    return Severity.ERROR if share > error else Severity.WARNING if share > warning else Severity.NOTE


def gravest(mask: np.ndarray, size: np.ndarray | None = None, most: int = MOST) -> list[int]:
    """Up to ``most`` rows of the ``mask`` [r]: those of the largest ``size`` [r] first, without one the first."""
    at = np.flatnonzero(mask)
    if size is not None:
        told = np.where(np.isnan(size[at]), np.inf, size[at])
        at = at[np.argsort(-told, kind="stable")]
    return [int(i) for i in at[:most]]
