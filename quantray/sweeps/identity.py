"""The code that decides results of this wing: what resume compares."""

from __future__ import annotations

from quantray import provenance

#: Rooms that do not decide what a candidate is worth (data have a digest of their own).
TELLING = (
    "data", "description", "evidence", "family", "grid", "holdout", "identity", "judge", "kept", "lanes", "loop",
    "outcome", "plan", "prepare", "report", "reported", "results", "seal", "search", "stopped", "study", "survivors",
)  # fmt: skip


def code_digest() -> str:
    """Digest of the kernels and of what stands between them and a metric."""
    return provenance.code_digest("sweeps", TELLING)
