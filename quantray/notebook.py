"""What a notebook calls: the same functions as the command line, in frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from quantray import evaluate as heart
from quantray.plan import Plan
from quantray.space import Candidates
from quantray.types import ExitReason, Slice

if TYPE_CHECKING:
    import pandas

#: Candidates evaluated when none are given: all of a space up to this size.
EVERY = 2_000_000


def evaluate(
    plan: Plan, candidates: Candidates | Sequence[Mapping[str, Any]] | None = None, *, slice: Slice | None = None
) -> pandas.DataFrame:
    """Parameters and metrics of ``candidates``, one row each; None: every point of the plan's space.

    A candidate is a mapping of parameters; ones it leaves out have the plan's fixed value or the strategy's default.
    ``slice`` defaults to the whole of the plan's data, held-out sessions included. NaN: the metric does not exist;
    the column ``why`` says what could not be evaluated.
    """
    import pandas

    if candidates is None:
        if plan.space.size is None or plan.space.size > EVERY:
            raise ValueError(f"the space has {plan.space.size or 'infinitely many'} points; name the candidates to evaluate")
        candidates = plan.space.candidates(np.arange(plan.space.size))
    elif not isinstance(candidates, Candidates):
        candidates = Candidates.of(list(candidates))
    metrics = heart.evaluate(plan, slice or data(plan), candidates)
    frame = pandas.DataFrame({name: candidates.column(name) for name in candidates.names} | dict(metrics.columns))
    frame["why"] = [metrics.why.get(i) for i in range(len(frame))] if metrics.why else None
    return frame


def trades(plan: Plan, candidate: Mapping[str, Any] | None = None, *, slice: Slice | None = None) -> pandas.DataFrame:
    """Trades of one candidate: entry and exit time, contract, prices, reason, costs, net. Times are UTC.

    ``candidate`` None: the plan's fixed values and the strategy's defaults.
    """
    import pandas

    slice = slice or data(plan)
    found = heart.trades(plan, slice, dict(candidate or {}))
    where = [slice.sessions[k] for k in found.session]

    def stamp(bars: np.ndarray) -> Any:
        ns = [int(s.ns(b)) for s, b in zip(where, bars, strict=True)]
        return pandas.to_datetime(np.array(ns, np.int64), utc=True)

    return pandas.DataFrame(
        {
            "session": [s.date for s in where],
            "signal_time": stamp(found.signal_bar),
            "entry_time": stamp(found.entry_bar),
            "exit_time": stamp(found.exit_bar),
            "contract": [s.symbol[c] if c >= 0 else None for s, c in zip(where, found.contract, strict=True)],
            "entry_price": found.entry_price,
            "exit_price": found.exit_price,
            "reason": [ExitReason(r).name.lower() for r in found.reason],
            "fees": found.fees,
            "risk": found.risk,
            "net": found.net,
            "entry_carried": found.entry_carried,
            "exit_carried": found.exit_carried,
        }
    )


def data(plan: Plan) -> Slice:
    """The plan's data, loaded once a process."""
    return _loaded(plan.data)


@lru_cache(maxsize=4)
def _loaded(settings: Any) -> Slice:
    from quantray.data import load

    return load(settings)
