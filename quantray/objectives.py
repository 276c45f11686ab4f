"""What candidates of either wing are judged by: a metric, arithmetic over metrics, or a function of the user's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType

import numpy as np

from quantray import expressions
from quantray.arrays import FloatArray1D
from quantray.errors import ConfigError, near_miss
from quantray.failures import OWN, placed, told
from quantray.measures import Measure
from quantray.plugins import Check, resolve, source_digest

#: An objective that begins so names a function: ``strategy.my_objective.calmar``.
SHELF = "strategy."

Columns = Mapping[str, np.ndarray]
#: Columns [N] -> values [N], and of the rows that have none because of an exception, its sentence.
Work = Callable[[Columns], tuple[np.ndarray, Mapping[int, str]]]


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """``text`` as it was given, the ``metrics`` that it needs, and how their columns become values; more is better.

    ``source`` is the digest of the file in which its function stands, empty for any other.
    """

    text: str
    metrics: tuple[str, ...]
    work: Work
    source: str = ""

    @property
    def absent(self) -> str:
        """Why a candidate is pruned that has no value although it has trades enough."""
        return f"no_{self.text}" if self.metrics == (self.text,) else "no_objective"

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


def read(text: str, metrics: type[Measure], offered: Sequence[str]) -> Objective:
    """The objective that ``text`` stands for over a wing's ``metrics``: one that is ``offered``, an expression, or a

    function on the shelf (``strategy.my_objective.calmar``), whose parameters are named after metrics and get their
    columns [N], float64, NaN where a candidate has none; it returns [N] values. Raises ConfigError: no metric of that
    name, or a function that does not do so, with its file and line.
    """
    name, known = text.strip(), tuple(metric.key for metric in metrics)
    if name in offered:
        return Objective(name, (name,), lambda columns: (columns[name], {}))
    if name.startswith(SHELF) and all(part.isidentifier() for part in name.split(".")):
        return _function(name, known)
    if name.isidentifier():
        if name in known and metrics[name.upper()].better < 0:
            raise ConfigError(f"objective={name}: less of it is better, and an objective is raised; write -{name}")
        raise ConfigError(f"objective: {near_miss(name, offered, what='objective')}")
    found = expressions.parse(name, known, "objective")
    if not found.names:
        raise ConfigError(f"objective={name} names no metric, so every candidate is worth the same")
    return Objective(name, found.names, lambda columns: (found.of(columns), {}))


def _function(target: str, known: Sequence[str]) -> Objective:
    thing = resolve(target, "objective", _signature(known))
    names = tuple(inspect.signature(thing).parameters)

    def called(columns: Columns) -> np.ndarray:
        given = [np.array(columns[name], np.float64) for name in names]
        with np.errstate(all="ignore"):
            found = np.asarray(thing(*given))
        if found.shape != given[0].shape or found.dtype.kind not in "fiub":
            kind = f"{found.dtype} of shape {found.shape}"
            said = f"objective={target} must return one number a candidate, {given[0].shape}, got {kind}"
            raise ConfigError(placed(said, thing))
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

    said = _tried(target, names, called)
    if said is not None:
        raise ConfigError(placed(said, thing))
    return Objective(target, names, work, source_digest(thing))


def _signature(known: Sequence[str]) -> Check:
    """What is wrong with an object as an objective: its parameters must be names of metrics."""

    def wrong(thing: object) -> str | None:
        if not isinstance(thing, FunctionType):
            return "must be a function of metrics, such as def calmar(total_return, max_drawdown)"
        parameters = inspect.signature(thing).parameters.values()
        for p in parameters:
            if p.kind is not p.POSITIONAL_OR_KEYWORD or p.default is not p.empty:
                return f"has the parameter {str(p)!r}; each must be the plain name of a metric"
            if p.name not in known:
                return f"has the parameter {p.name!r}: {near_miss(p.name, known, what='metric')}"
        return None if parameters else "has no parameter; give it the metrics that it needs by their names"

    return wrong


def _tried(target: str, names: Sequence[str], called: Callable[[Columns], np.ndarray]) -> str | None:
    """What is wrong with a function, called before any work: it must not look at other candidates, nor make a number of

    nothing. Batches would else decide who is best. ConfigError where it raises.
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
        return (
            f"objective={target}: a candidate's value depends on the others beside it ({whole[0]:g} with them, "
            f"{alone[0]:g} alone); use its own metrics alone"
        )
    if np.isfinite(whole[3]):
        return f"objective={target} gives {whole[3]:g} where no metric exists (NaN); what does not exist is no number"
    return None
