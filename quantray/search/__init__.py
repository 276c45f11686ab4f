"""Which candidates to try next: pure ask and tell. Nothing here does input or output or reads a clock."""

from __future__ import annotations

from quantray.search.making import KINDS, make_searcher

__all__ = ["KINDS", "make_searcher"]
