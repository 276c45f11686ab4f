"""Data of any source taken into one DuckDB file of our own tables: ``quantray data import`` and ``export``.

Sources are told (:mod:`sources`, :mod:`archives`, :mod:`databases`), how each is read is decided by its head
(:mod:`planning`), its rows are taken in one transaction (:mod:`taking`) and settled with those that are there
(:mod:`overlaps`), and what was done is noted (:mod:`known`) in the file that this alone writes (:mod:`target`).
"""

from __future__ import annotations

from quantray.intake.importing import Outcome, import_data
from quantray.intake.request import CallReader, Calls, Done, Progress, Request
from quantray.intake.taking import Limits, Taken
from quantray.intake.wanted import Wanted

__all__ = ["CallReader", "Calls", "Done", "Limits", "Outcome", "Progress", "Request", "Taken", "Wanted", "import_data"]
