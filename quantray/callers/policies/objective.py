"""Which policy is best: constraints, objectives, ties, collapsed callers. Arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from quantray.arrays import FloatArray1D, FloatArray2D, IntArray1D
from quantray.callers.metrics import Metric
from quantray.errors import ConfigError, near_miss
from quantray.objectives import Objective, read

FORBID: dict[str, str] = {"extra": "forbid"}
#: Metrics that may be maximised: higher is better for each of them.
OBJECTIVES = (
    "captured_return", "final_capital", "median_return", "expectancy", "profit_factor", "sharpe", "sortino",
    "capture_ratio",
)  # fmt: skip
#: Metrics that need the account's equity on every day; with that at every close; that exist on an account alone.
DAILY = frozenset({"sharpe", "sortino"})
FOLLOWED = DAILY | {"max_drawdown"}
OF_ACCOUNT = FOLLOWED | {"final_capital", "total_return"}
#: What decides between equal objectives: metric or column -> +1 if higher wins, -1 if lower does.
TIES = {"max_drawdown": -1, "stop_outs": -1, "n_parts": -1, "final_capital": 1, "n_trades": 1, "captured_return": 1}
DEFAULT_TIES = ("max_drawdown", "stop_outs", "n_parts")
NO_TRADES, UNRANKED, INFEASIBLE, RANKED = "no_trades", "unranked", "infeasible", "ranked"

Drawdowns = Callable[[IntArray1D], FloatArray1D]


@lru_cache(maxsize=32)
def objective(text: str) -> Objective:
    """The objective that ``text`` stands for over the metrics of a policy; see :func:`quantray.objectives.read`."""
    return read(text, Metric, OBJECTIVES)


def judged(columns: Mapping[str, np.ndarray], text: str) -> dict[str, np.ndarray]:
    """The columns [P] of metrics with that of the objective under its own text."""
    return dict(columns) if text in columns else {**columns, text: objective(text).judge(columns)[0]}


def check_ties(names: Sequence[str]) -> tuple[str, ...]:
    """The names, when each may break a tie; grid order is always the last."""
    for name in names:
        if name not in TIES:
            raise ConfigError(f"ties: {near_miss(name, TIES, what='tie breaker')}")
    return tuple(names)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The ``constraints`` section; null is no bound. A policy is feasible when every violation is <= 0."""

    __pydantic_config__: ClassVar = FORBID
    min_trades: int = 10
    max_drawdown: float | None = None
    min_win_rate: float | None = None
    max_stop_out_rate: float | None = None
    max_p95_adverse: float | None = None
    max_time_exposed: float | None = None  # seconds

    def __post_init__(self) -> None:
        if isinstance(self.min_trades, bool) or not isinstance(self.min_trades, int) or self.min_trades < 0:
            raise ConfigError(f"constraints.min_trades must be a whole number >= 0, got {self.min_trades!r}")
        for name in ("max_drawdown", "min_win_rate", "max_stop_out_rate", "max_p95_adverse"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise ConfigError(f"constraints.{name} is a fraction in [0, 1] or null, got {value!r}")
        if self.max_time_exposed is not None and not 0 < self.max_time_exposed < float("inf"):
            raise ConfigError(f"constraints.max_time_exposed must be above 0 s or null, got {self.max_time_exposed!r}")

    @property
    def given(self) -> tuple[tuple[str, str, int, float], ...]:
        """(name, metric, sign, bound) of each that is set; violated where sign * (metric - bound) > 0."""
        rows = [
            ("min_trades", "n_trades", -1, self.min_trades), ("max_drawdown", "max_drawdown", 1, self.max_drawdown),
            ("min_win_rate", "win_rate", -1, self.min_win_rate),
            ("max_stop_out_rate", "stop_out_rate", 1, self.max_stop_out_rate),
            ("max_p95_adverse", "p95_adverse", 1, self.max_p95_adverse),
            ("max_time_exposed", "time_exposed", 1, self.max_time_exposed),
        ]  # fmt: skip
        return tuple((name, metric, sign, float(b)) for name, metric, sign, b in rows if b is not None)


def violations(bounds: Bounds, columns: Mapping[str, np.ndarray]) -> FloatArray2D:
    """How far each policy is outside each bound that is given, [P, bounds]; NaN where the metric is not known."""
    gaps = [sign * (np.asarray(columns[metric], float) - bound) for _, metric, sign, bound in bounds.given]
    return np.stack(gaps, axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """``order`` are the rows that have a place, best first; ``state`` [P] says of each row why it has one or not."""

    order: IntArray1D
    state: tuple[str, ...]
    violations: FloatArray2D
    drawdown: FloatArray1D  # [P] NaN where nothing asked for it

    @property
    def best(self) -> int | None:
        return int(self.order[0]) if len(self.order) else None


def rank(
    columns: Mapping[str, np.ndarray], n_parts: IntArray1D, by: str, bounds: Bounds,
    ties: Sequence[str] = DEFAULT_TIES, drawdowns: Drawdowns | None = None, places: int = 1,
) -> Ranking:  # fmt: skip
    """Rank policies by (objective ``by``, ties, grid order), from ``columns`` [P] of metrics; equality is exact.

    ``drawdowns`` measures the account drawdown of some rows: best objective first, and only where a bound or a tie
    asks for it, until ``places`` places are certain. Rows behind them keep the order of their objectives, and
    a row whose drawdown was never measured counts as meeting that bound.
    """
    value = np.asarray(judged(columns, by)[by], float)
    known = {**columns, "n_parts": n_parts, "max_drawdown": np.array(columns["max_drawdown"], float)}
    n = len(value)
    trades = np.asarray(columns["n_trades"])
    usable = (trades > 0) & np.isfinite(value)
    cheap = violations(bounds, {**known, "max_drawdown": np.full(n, -np.inf)})
    fits = usable & np.all(cheap <= 0, axis=1)  # a metric that does not exist meets no bound: NaN is not <= 0
    rows = np.flatnonzero(fits)
    rows = rows[np.argsort(-value[rows], kind="stable")]
    placed: list[int] = []
    at = 0
    while at < len(rows) and len(placed) < places:
        end = at + int(np.searchsorted(-value[rows[at:]], -value[rows[at]], side="right"))
        group = rows[at:end]
        wants = bounds.max_drawdown is not None or ("max_drawdown" in ties and len(group) > 1)
        missing = group[np.isnan(known["max_drawdown"][group])]
        if wants and drawdowns is not None and len(missing):
            known["max_drawdown"][missing] = drawdowns(missing)
        placed += _in_order(group, value, known, ties, bounds)
        at = end
    placed += _in_order(rows[at:], value, known, ties, bounds)
    outside = violations(bounds, known)
    state = np.where(trades == 0, NO_TRADES, np.where(~np.isfinite(value), UNRANKED, INFEASIBLE)).tolist()
    for i in placed:
        state[i] = RANKED
    return Ranking(np.array(placed, np.int64), tuple(state), outside, known["max_drawdown"])


def _in_order(
    group: IntArray1D, value: FloatArray1D, known: Mapping[str, np.ndarray], ties: Sequence[str], bounds: Bounds
) -> list[int]:
    """Rows by objective and ties, best first, without those whose drawdown is known to be too large."""
    if bounds.max_drawdown is not None:
        group = group[~(known["max_drawdown"][group] > bounds.max_drawdown)]
    keys = [np.nan_to_num(-TIES[name] * np.asarray(known[name], float)[group], nan=np.inf) for name in ties]
    ordered: list[int] = group[np.lexsort((group, *reversed(keys), -value[group]))].tolist()
    return ordered


def collapsed(final_capital: FloatArray1D, n_trades: IntArray1D, initial: float) -> str:
    """``no_trades``, ``collapsed`` when no policy [P] ends with the capital it began with, else ``kept``."""
    traded = np.asarray(n_trades) > 0
    if not traded.any():
        return NO_TRADES
    return "collapsed" if float(np.max(np.asarray(final_capital)[traded])) < initial else "kept"


def mean_levels(tp: FloatArray1D, sl: FloatArray1D, weights: IntArray1D | None = None) -> tuple[float, float]:
    """Mean of the callers' best targets and stops [callers], plain or weighted by their trades [callers]."""
    if len(tp) == 0 or np.isnan(np.concatenate([tp, sl])).any():
        raise ConfigError("grouped: a mean of levels needs a target and a stop of every caller; use grouped=pool")
    if weights is not None and not np.sum(weights) > 0:
        raise ConfigError("grouped: no caller has a trade to weigh by")
    return float(np.average(tp, weights=weights)), float(np.average(sl, weights=weights))
