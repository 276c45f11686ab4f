"""One driver's place among several on one study: its seed, how much it may ask, what it notes."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantray.plan import Plan
from quantray.protocols import Counts

_NOTE = "driver/"
SOURCES = ("sampler", "memory", "database")


@dataclass(frozen=True, slots=True)
class Share:
    """Driver ``driver`` (from 0) of ``of`` that were started together."""

    driver: int = 0
    of: int = 1

    @property
    def key(self) -> str:
        """Under which it keeps its notes with the study."""
        return f"{_NOTE}{self.driver}"

    def room(self, plan: Plan, counts: Counts) -> int:
        """How many candidates it may ask for now; ``counts`` are the whole study's.

        What is claimed may become COMPLETE. Near the end each takes its part of what is missing; drivers that ask at
        the same moment may pass ``n_trials`` all the same, by less than a batch of each.
        """
        missing = plan.search.n_trials - counts.complete - counts.claimed
        missing = min(missing, plan.search.attempts - counts.attempts - counts.claimed)
        return -(-missing // self.of) if missing > 0 else missing

    def note(self, plan: Plan, seconds: float, stored: int, duplicates: Mapping[str, int]) -> dict[str, Any]:
        """What is kept with the study: who it was, its seed, what it did in all of its runs."""
        return {
            "seed": seed_of(plan.seed, self.driver), "host": socket.gethostname(), "pid": os.getpid(),
            "seconds": seconds, "stored": stored, "duplicates": dict(duplicates),
        }  # fmt: skip


def seed_of(seed: int, driver: int) -> int:
    """The seed of a driver's searcher: the plan's own for the first one, derived from (seed, driver) for others."""
    return seed if driver == 0 else int(np.random.SeedSequence([seed, driver]).generate_state(1)[0])


def drivers_of(notes: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    """What each driver of a shared study noted, by its number."""
    found = {int(key.removeprefix(_NOTE)): note for key, note in notes.items() if key.startswith(_NOTE)}
    return dict(sorted(found.items()))


def duplicates_of(notes: Mapping[str, Any]) -> dict[str, int]:
    """Duplicates by source of all drivers and runs of a study together."""
    parts = [notes.get("duplicates", {}), *(note["duplicates"] for note in drivers_of(notes).values())]
    names = [*SOURCES, *(name for part in parts for name in part)]
    return {name: sum(int(part.get(name, 0)) for part in parts) for name in dict.fromkeys(names)} if any(parts) else {}


def retried_of(notes: Mapping[str, Any]) -> int:
    """Candidates that were given to another worker because theirs died, of all drivers and runs together."""
    return sum(int(part.get("retried", 0)) for part in (notes, *drivers_of(notes).values()))
