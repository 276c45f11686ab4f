"""Whether to believe the best result: every check in one place, disbelief being the default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from quantray.arrays import FloatArray1D, FloatArray2D
from quantray.stats import judgements as judge
from quantray.stats.checks import Check, Verdict, Word

NOTHING = "No candidate had enough trades: there is nothing to believe or to doubt."
DATA_CHECKS = ("trades", "sessions", "held-out sessions")
DECISIVE = ("earns after costs", "better than luck", "out of sample")


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What a verdict looks at. Everything but the last two lines belongs to the part the search was shown.

    ``session_net`` [candidates, sessions] is the whole family the best one was picked from (the exact surface where
    there is one, else every candidate that was evaluated), ``pick`` the row of the best one, None when nothing
    completed. ``n_tried`` counts candidates, where the family is more than the rows given. ``neighbours`` are the
    objective values of the candidates one step away (NaN: no value), see :mod:`quantray.stats.neighbours`.
    """

    session_net: FloatArray2D
    pick: int | None
    value: float | None = None  # objective of the pick
    metrics: Mapping[str, float | int | None] = field(default_factory=dict)
    n_tried: int | None = None
    neighbours: FloatArray1D | Sequence[float] = ()
    quality: Mapping[str, float] = field(default_factory=dict)  # shares of quarantined quotes, prints, sessions
    oos_session_net: FloatArray1D | Sequence[float] | None = None  # [held-out sessions] of the pick; None: off
    oos_value: float | None = None
    quotes: bool = False  # fills are on standing quotes, not on prints
    seed: int = 0
    told: judge.Told = judge.PLAIN


def verdict(evidence: Evidence) -> Verdict:
    """Judge the pick. The word is

    * ``too little data`` when nothing completed, or when trades, sessions or held-out sessions are too few to tell
      (unless what there is already speaks against it);
    * ``do not believe`` when it does not earn after costs, is not better than luck given all candidates that were
      compared, or loses on the sessions held out;
    * ``believe`` when every check passes;
    * ``doubtful`` otherwise: also when a check could not be made.
    """
    e = evidence
    if e.pick is None:
        return Verdict(Word.TOO_LITTLE_DATA, NOTHING)
    own = np.asarray(e.session_net[e.pick], np.float64)
    oos = None if e.oos_session_net is None else np.asarray(e.oos_session_net, np.float64)
    n_tried = max(e.n_tried or 0, len(e.session_net))
    luck, luck_figures = judge.better_than_luck(e.session_net, e.pick, e.seed, e.told, n_tried)
    overfit, overfit_figures = judge.overfit(e.session_net)
    checks = (
        judge.earns(own, e.value, e.told),
        luck,
        judge.out_of_sample(oos, e.oos_value, e.told),
        judge.out_of_sample_bound(oos, e.seed),
        judge.trades(e.metrics.get("n_trades")),
        judge.sessions(own),
        judge.held_out(oos),
        judge.deflated(own, e.session_net, n_tried, e.told),
        overfit,
        judge.neighbourhood(e.value, np.asarray(e.neighbours, np.float64)),
        judge.one_session(own),
        judge.carried_fills(e.metrics, e.quotes),
        judge.data_quality(e.quality),
    )
    word = _word(checks)
    figures = {"n_tried": n_tried, "n_sessions": int(own.size), **luck_figures, **overfit_figures}
    return Verdict(word, _headline(word, checks), checks, figures)


def _word(checks: tuple[Check, ...]) -> Word:
    passed = {c.name: c.passed for c in checks}
    if passed["earns after costs"] is False or passed["out of sample"] is False:
        return Word.DISBELIEVE
    if any(passed[name] is False for name in DATA_CHECKS):
        return Word.TOO_LITTLE_DATA
    if any(passed[name] is False for name in DECISIVE):
        return Word.DISBELIEVE
    return Word.BELIEVE if all(passed.values()) else Word.DOUBTFUL


def _headline(word: Word, checks: tuple[Check, ...]) -> str:
    if word is Word.BELIEVE:
        return f"All {len(checks)} checks passed. That is no promise; trade it small and compare with this report."
    named = DATA_CHECKS if word is Word.TOO_LITTLE_DATA else DECISIVE
    blocking = [c.sentence for c in checks if c.name in named and c.passed is False]
    if word is not Word.DOUBTFUL:
        return " ".join(blocking)
    weak = next((c for c in checks if c.passed is False), None) or next(c for c in checks if c.passed is None)
    n_passed = sum(c.passed is True for c in checks)
    return f"{n_passed} of {len(checks)} checks passed. {weak.sentence}"
