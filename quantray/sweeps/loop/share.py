"""One driver's place among several on one study: its seed, how much it may ask, what it notes."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_NOTE = "driver/"
SOURCES = ("sampler", "memory", "database")


@dataclass(frozen=True, slots=True)
class Share:
    """Driver ``driver`` (from 0) of several that were started together."""

    driver: int = 0

    @property
    def key(self) -> str:
        """Under which it keeps its notes with the study."""
        return key_of(self.driver)


def note_of(seed: int, seconds: float, stored: int, duplicates: Mapping[str, int], retried: int) -> dict[str, Any]:
    """What a driver keeps with a study that it shares: who it was, its seed, what it did in all of its runs."""
    return {
        "seed": seed, "host": socket.gethostname(), "pid": os.getpid(),
        "seconds": seconds, "stored": stored, "duplicates": dict(duplicates), "retried": retried,
    }  # fmt: skip


def key_of(driver: int) -> str:
    """Under which a driver keeps its notes."""
    return f"{_NOTE}{driver}"


def seed_of(seed: int, driver: int) -> int:
    """The seed of a driver's searcher: the plan's own for the first one, derived from (seed, driver) for others."""
    return seed if driver == 0 else int(np.random.SeedSequence([seed, driver]).generate_state(1)[0])


def drivers_of(notes: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    """What each driver of a shared study noted, by its number."""
    found = {int(key.removeprefix(_NOTE)): note for key, note in notes.items() if key.startswith(_NOTE)}
    return dict(sorted(found.items()))


def duplicates_of(notes: Mapping[str, object]) -> dict[str, int]:
    """Duplicates by source of all drivers and runs of a study together."""
    parts = [notes.get("duplicates", {}), *(note["duplicates"] for note in drivers_of(notes).values())]
    names = [*SOURCES, *(name for part in parts for name in part)]
    return {name: sum(int(part.get(name, 0)) for part in parts) for name in dict.fromkeys(names)} if any(parts) else {}


def retried_of(notes: Mapping[str, object]) -> int:
    """Candidates that were given to another worker because theirs died, of all drivers and runs together."""
    return sum(int(part.get("retried", 0)) for part in (notes, *drivers_of(notes).values()))
