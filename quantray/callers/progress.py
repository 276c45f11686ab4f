"""How far a run of the optimiser is."""

from __future__ import annotations

from dataclasses import dataclass

#: Stages in the order in which they run.
STAGES = ("calls", "candles", "coverage", "offers", "first touch", "scores", "ranking", "survivors", "winners")


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` rows (buckets, blocks, units) of a stage; ``reused`` of them an earlier run had done."""

    stage: str
    done: int = 0
    total: int = 0
    reused: int = 0
    elapsed: float = 0.0  # seconds since the run began
    detail: str = ""  # e.g. the best so far
