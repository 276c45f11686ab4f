"""Finished studies in experiment trackers: one run a study, never one a trial, and never at the cost of a result."""

from __future__ import annotations

from quantray.tracking.record import Record, asked, figures, study_digest, texts
from quantray.tracking.telling import publish, tell

__all__ = ["Record", "asked", "figures", "publish", "study_digest", "tell", "texts"]
