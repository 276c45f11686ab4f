"""The alert baseline: what every call did after it was made, without any policy."""

from __future__ import annotations

from quantray.callers.baseline.plan import BaselinePlan, BaselineSettings
from quantray.callers.baseline.progress import BaselineProgress
from quantray.callers.baseline.results import BaselineResults

__all__ = ["BaselinePlan", "BaselineProgress", "BaselineResults", "BaselineSettings"]
