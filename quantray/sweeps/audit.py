"""Whether a strategy may be judged by its figures: it answers alike when it is asked again, and not by the future."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from quantray import folders
from quantray.space import Space
from quantray.stats.checks import Check, Verdict, Word
from quantray.sweeps.lookahead import UNABLE
from quantray.sweeps.lookahead_signals import check_signals
from quantray.sweeps.lookahead_trades import check_trades
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.results import Chosen
from quantray.sweeps.scores import Sample
from quantray.trial import Trial

BARS = 24  # behind which other futures are tried
ROUNDING = 1e-6  # of a figure, by the order in which it is added up


def audited(plan: Plan, train: Slice, verdict: Verdict, best: Trial, peak: Sample, pick: Chosen | None) -> Verdict:
    """The verdict, or disbelief where figures are no figures of this strategy.

    Peak and pick were evaluated again for the report: the search must have found the same. A strategy of the user's own
    that would be believed is asked once more about other futures (docs/strategy_check.md).
    """
    said = _unlike(train, best, peak, pick)
    if said is None and verdict.word is Word.BELIEVE and pick is not None and not _shipped(plan):
        said = _looks_ahead(plan, train, pick)
    if said is None:
        return verdict
    word = verdict.word if verdict.word is Word.TOO_LITTLE_DATA else Word.DISBELIEVE
    check = Check("strategy", None, None, False, said)
    return replace(verdict, word=word, headline=said, checks=(check, *verdict.checks))


def _unlike(train: Slice, best: Trial, peak: Sample, pick: Chosen | None) -> str | None:
    for session in train:
        arrays = [getattr(session, f.name) for f in fields(session)]
        opened = {a.flags.writeable for a in arrays if isinstance(a, np.ndarray)}
        if len(opened) > 1:  # they are made read-only together
            return f"The strategy made prices of {session.date} writable, so nobody knows which market was traded."
    for name, before, again in _pairs(best, peak, pick):
        a, b = (np.nan if x is None else float(x) for x in (before, again))
        if a != b and not (np.isnan(a) and np.isnan(b)) and not abs(a - b) <= ROUNDING * max(1.0, abs(a)):
            return (
                f"The strategy answers differently when it is asked again ({name} was {a:,.6g} and is {b:,.6g}): it is "
                "random, reads a clock or remembers, so none of its figures can be relied on."
            )
    return None


def _pairs(best: Trial, peak: Sample, pick: Chosen | None) -> Iterator[tuple[str, float | None, float | None]]:
    """A figure's name, and what it was each time that it was measured."""
    yield from ((f"{name} of the peak", value, peak.metrics.get(name)) for name, value in best.metrics.items()
                if name in peak.metrics)  # fmt: skip
    yield from _added("the peak", peak, peak.metrics)
    if pick is not None:
        yield "the objective of the pick", pick.value, pick.inside.value
        yield from _added("the pick", pick.inside, pick.metrics)


def _added(
    of: str, made: Sample, metrics: Mapping[str, float | int | None]
) -> Iterator[tuple[str, float | None, float | None]]:
    yield f"n_trades of {of}", metrics["n_trades"], len(made.trades.net)
    yield f"total_pnl of {of}", metrics["total_pnl"], float(made.trades.net.sum())


def _shipped(plan: Plan) -> bool:
    """Whether the strategy came with quantray: its own tests ask it about the future."""
    return Path(inspect.getfile(plan.strategy.resolved)).resolve().is_relative_to(folders.shipped("strategy").resolve())


def _looks_ahead(plan: Plan, train: Slice, pick: Chosen) -> str | None:
    alone: Space = object.__new__(Space)
    object.__setattr__(alone, "dimensions", ())
    fixed = replace(plan.strategy, params={**plan.strategy.params, **pick.params})
    check = check_signals if plan.strategy.gives_signals else check_trades
    found = check(replace(plan, strategy=fixed, space=alone), train, bars=BARS, points=1, seed=plan.seed)
    if found.differences:
        one = found.differences[0]
        return (
            f"The strategy looks at the future: what it decided up to {one.time} of {one.session} ({one.before}) is "
            f"something else ({one.after}) when later prices are other ones. quantray strategy check tells more."
        )
    said = next((fault for fault in found.faults if not fault.startswith(UNABLE)), None)
    return None if said is None else f"The strategy cannot be judged: {said}."
