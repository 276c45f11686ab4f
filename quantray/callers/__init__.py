"""Per-caller policies: from calls and candles to the policy that each caller's calls are best managed by."""

from __future__ import annotations

from quantray.callers.plan import CallerPlan
from quantray.callers.results import CallerResults, UnitResult

__all__ = ["CallerPlan", "CallerResults", "UnitResult"]
