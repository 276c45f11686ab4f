"""``quantray import-results``: results of other tools beside one's own, in one DuckDB file.

Files are read (:mod:`reading`), their columns matched with ours (:mod:`matching`), each row turned into one of ours or
refused with a reason (:mod:`rows`), and stored once (:mod:`storing`).
"""

from __future__ import annotations

from quantray.callers.imports.database import Imported, import_results

__all__ = ["Imported", "import_results"]
