"""What a trial is judged by: a metric, arithmetic over metrics or a function of the user's, and bounds on metrics."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType

import numpy as np

from quantray import expressions
from quantray.arrays import FloatArray1D
from quantray.errors import ConfigError, near_miss
from quantray.failures import OWN, told
from quantray.plugins import resolve
from quantray.sweeps.metrics import METRICS, Metric
from quantray.sweeps.plan import Constraints
from quantray.trial import Trial

#: Metrics a search may maximise: higher is better for each of them.
OBJECTIVES = (
    "return_on_risk_percent", "expectancy", "profit_factor", "total_pnl", "sharpe", "win_rate", "median_net",
)  # fmt: skip

_MOST = np.finfo(float).max  # a violation is a finite number


#: An objective that begins so names a function: ``strategy.my_objective.calmar``.
SHELF = "strategy."


Columns = Mapping[str, np.ndarray]
#: Columns [N] -> values [N], and of the rows that have none because of an exception, its sentence.
Work = Callable[[Columns], tuple[np.ndarray, Mapping[int, str]]]


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """``text`` as it was given, the ``metrics`` that it needs, and how their columns become values; more is better."""

    text: str
    metrics: tuple[str, ...]
    work: Work

    @property
    def absent(self) -> str:
        """Why a candidate is pruned that has no value although it has trades enough."""
        return f"no_{self.text}" if self.text in OBJECTIVES else "no_objective"

    def judge(self, columns: Columns) -> tuple[FloatArray1D, Mapping[int, str]]:
        """Values [N] of candidates with these columns [N] of metrics, a new array, NaN where there is none; and the

        exceptions of a function of the user's, by row.
        """
        values, why = self.work(columns)
        found = np.array(values, np.float64)
        found[~np.isfinite(found)] = np.nan
        return found, why

    def value(self, metrics: Mapping[str, float | int | None]) -> float | None:
        """The value of one candidate with these metrics; None where there is none."""
        given = {name: metrics.get(name) for name in self.metrics}
        columns = {name: np.array([np.nan if x is None else x], np.float64) for name, x in given.items()}
        (found,), _ = self.judge(columns)
        return None if np.isnan(found) else float(found)


@lru_cache(maxsize=32)
def objective(text: str) -> Objective:
    """The objective that ``text`` stands for: a metric of which more is better, an expression, or a function.

    A function lies on the shelf (``strategy.my_objective.calmar``); its parameters are named after metrics and get
    their columns [N], float64, NaN where a candidate has none; it returns [N] values. Raises ConfigError: no metric
    of that name, or a function that does not do so, with its file and line.
    """
    name = text.strip()
    if name in OBJECTIVES:
        return Objective(name, (name,), lambda columns: (columns[name], {}))
    if name.startswith(SHELF) and all(part.isidentifier() for part in name.split(".")):
        return _function(name)
    if name.isidentifier():
        if name in METRICS and Metric[name.upper()].better < 0:
            raise ConfigError(f"objective={name}: less of it is better, and an objective is raised; write -{name}")
        raise ConfigError(f"objective: {near_miss(name, OBJECTIVES, what='objective')}")
    found = expressions.parse(name, METRICS, "objective")
    if not found.names:
        raise ConfigError(f"objective={name} names no metric, so every candidate is worth the same")
    return Objective(name, found.names, lambda columns: (found.of(columns), {}))


def _function(target: str) -> Objective:
    thing = resolve(target, "objective", _signature)
    names = tuple(inspect.signature(thing).parameters)

    def called(columns: Columns) -> np.ndarray:
        given = [np.array(columns[name], np.float64) for name in names]
        with np.errstate(all="ignore"):
            found = np.asarray(thing(*given))
        if found.shape != given[0].shape or found.dtype.kind not in "fiub":
            kind = f"{found.dtype} of shape {found.shape}"
            raise ConfigError(f"objective={target} must return one number a candidate, {given[0].shape}, got {kind}")
        return found.astype(np.float64)

    def work(columns: Columns) -> tuple[np.ndarray, Mapping[int, str]]:
        try:
            return called(columns), {}
        except OWN as error:
            if isinstance(error, ConfigError):
                raise
        n = len(columns[names[0]])
        values, why = np.full(n, np.nan), {}
        for i in range(n):  # one candidate's exception is its own
            try:
                values[i] = called({name: columns[name][i : i + 1] for name in names})[0]
            except OWN as error:
                why[i] = f"objective: {told(error)}"
        return values, why

    _try(target, names, called)
    return Objective(target, names, work)


def _signature(thing: object) -> str | None:
    """What is wrong with an object as an objective: its parameters must be names of metrics."""
    if not isinstance(thing, FunctionType):
        return "must be a function of metrics, such as def calmar(total_pnl, max_drawdown)"
    parameters = inspect.signature(thing).parameters.values()
    for p in parameters:
        if p.kind is not p.POSITIONAL_OR_KEYWORD or p.default is not p.empty:
            return f"has the parameter {str(p)!r}; each must be the plain name of a metric"
        if p.name not in METRICS:
            return f"has the parameter {p.name!r}: {near_miss(p.name, METRICS, what='metric')}"
    return None if parameters else "has no parameter; give it the metrics that it needs by their names"


def _try(target: str, names: Sequence[str], called: Callable[[Columns], np.ndarray]) -> None:
    """Call a function before any work: it must not raise, nor look at other candidates, nor make a number of nothing.

    Batches would else decide who is best.
    """
    drawn = dict(zip(names, np.random.default_rng(0).uniform(0.5, 50.0, (len(names), 4)), strict=True))
    for column in drawn.values():
        column[3] = np.nan
    try:
        whole = called(drawn)
        alone = [called({name: column[i : i + 1] for name, column in drawn.items()})[0] for i in range(4)]
    except OWN as error:
        raise error if isinstance(error, ConfigError) else ConfigError(f"objective={target}: {told(error)}") from None
    if not np.allclose(whole, alone, rtol=1e-9, equal_nan=True):
        raise ConfigError(
            f"objective={target}: a candidate's value depends on the others beside it ({whole[0]:g} with them, "
            f"{alone[0]:g} alone); use its own metrics alone"
        )
    if np.isfinite(whole[3]):
        raise ConfigError(
            f"objective={target} gives {whole[3]:g} where no metric exists (NaN); what does not exist is no number"
        )


def source_of(text: str) -> str:
    """Digest of the file in which an objective's function stands; empty for any other."""
    from quantray.plugins import source_digest

    name = objective(text).text
    return source_digest(resolve(name, "objective", _signature)) if name.startswith(SHELF) else ""


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
