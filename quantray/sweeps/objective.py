"""What a trial is judged by (docs/config.md, "An objective of your own"), and bounds on metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from quantray.errors import ConfigError, near_miss
from quantray.objectives import Objective, read
from quantray.sweeps.metrics import Metric
from quantray.sweeps.plan import Constraints
from quantray.trial import Trial

#: Metrics a search may maximise: higher is better for each of them.
OBJECTIVES = (
    "return_on_risk_percent", "expectancy", "profit_factor", "total_pnl", "sharpe", "win_rate", "median_net",
)  # fmt: skip

_MOST = np.finfo(float).max  # a violation is a finite number


@lru_cache(maxsize=32)
def objective(text: str) -> Objective:
    """The objective that ``text`` stands for over the metrics of a sweep; see :func:`quantray.objectives.read`."""
    return read(text, Metric, OBJECTIVES)


def check_constraints(constraints: Constraints, metrics: Sequence[str]) -> None:
    """Refuse a bound on something that is no metric: keys read ``min_<metric>`` or ``max_<metric>``."""
    known = [f"{end}_{name}" for name in metrics for end in ("min", "max")] + ["min_trades"]
    for key, bound in constraints.bounds.items():
        if key not in known or not np.isfinite(bound):
            said = (
                near_miss(key, known, what="constraint") if key not in known else f"{key} must be finite, got {bound}"
            )
            raise ConfigError(f"constraints: {said}")


def violations(constraints: Constraints, columns: Mapping[str, np.ndarray], n: int) -> np.ndarray:
    """How far each of ``n`` candidates is outside each bound, [n, bounds]; feasible where <= 0.

    A metric that does not exist meets no bound: its violation is the bound's magnitude plus one.
    """
    out = np.zeros((n, len(constraints.bounds)))
    for j, (key, bound) in enumerate(constraints.bounds.items()):
        end, metric = key.split("_", 1)
        column = columns[metric].astype(float)
        gap = bound - column if end == "min" else column - bound
        out[:, j] = np.clip(np.where(np.isnan(column), abs(bound) + 1.0, gap), -_MOST, _MOST)
    return out


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    """Trials best first: feasible before infeasible, then by value, ties by number; without a value last."""
    return sorted(trials, key=lambda t: (not t.feasible, -t.value if t.value is not None else np.inf, t.number))
