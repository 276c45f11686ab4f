"""How far a sweep is."""

from __future__ import annotations

from typing import Any

from quantray.protocols import Counts
from quantray.sweeps.loop.progress import Progress


def event(complete: int, best: Any = None, eta: float | None = 4.0) -> Progress:
    twice = {"sampler": 7, "memory": 2, "database": 0}
    return Progress(Counts(complete, 3, 1), twice, best, 60, 12.5, 3.2, eta)
