"""Which candidates to try next: pure ask and tell. Nothing here does input or output or reads a clock."""

from __future__ import annotations

from quantray.search.searcher import KINDS, check_searcher, make_searcher, searched_by

__all__ = ["KINDS", "check_searcher", "make_searcher", "searched_by"]
