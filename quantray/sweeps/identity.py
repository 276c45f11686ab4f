"""The code that decides results of this wing: what resume compares."""

from __future__ import annotations

from quantray import provenance

#: Rooms that do not decide what a candidate is worth (data have a digest of their own).
TELLING = (
    "data", "description", "evidence", "family", "grid", "holdout", "identity", "judge", "lanes", "loop", "plan",
    "prepare", "report", "results", "search", "study", "survivors",
)  # fmt: skip


def code_digest() -> str:
    """Digest of the kernels and of what stands between them and a metric."""
    return provenance.code_digest("sweeps", TELLING)
