"""A study that is being searched, and what was found in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quantray.failures import Reason
from quantray.protocols import Counts
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.report.reasons import everything_failed
from quantray.trial import Trial

#: How a search ended whose candidates fail.
GIVEN_UP = "more than search.max_failures={} candidates failed"


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A plan with its data and its study, ready to be searched."""

    plan: Plan
    slice: Slice
    train: Slice
    held_out: Slice | None
    digests: dict[str, str]
    ledger: Any


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a search came to; ``trials`` of a complete table are its best."""

    trials: Sequence[Trial]
    counts: Counts
    duplicates: dict[str, int]
    stop_reason: str
    exact: Any = None
    notes: tuple[str, ...] = ()
    repeated: Mapping[str, int] = field(default_factory=dict)  # see Results
    parts: Mapping[str, Path] = field(default_factory=dict)  # of a complete table: name -> piece
    reasons: Sequence[Reason] = ()  # why candidates did not complete, the commonest first
    failure: str | None = None  # why the run is no success, though it is reported


def all_failed(counts: Counts, reasons: Sequence[Reason]) -> str | None:
    """Why a run is no success: every candidate failed; None otherwise."""
    return everything_failed(counts, reasons) if 0 < counts.attempts == counts.failed else None


def claimed_again(ledger: Any) -> int:
    """Candidates (of a table: ranges) that were claimed again because the driver that had them died."""
    from quantray.ledger import open_reader

    if ledger.url is None:
        return 0
    with open_reader(ledger.url, ledger.name) as study:
        return int(study.repeated())
