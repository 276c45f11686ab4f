"""The code that decides results of this wing: what resume compares."""

from __future__ import annotations

from quantray import provenance

#: Rooms that decide no result.
TELLING = (
    "baseline_study", "checkpoints", "identity", "imports", "kept", "leaderboard", "notes", "offered", "opening",
    "pipeline", "progress", "report", "reported", "results", "seal", "study", "trace", "warmup",
)  # fmt: skip


def code_digest() -> str:
    """Digest of the files that stand between candles and a result."""
    return provenance.code_digest("callers", TELLING)
