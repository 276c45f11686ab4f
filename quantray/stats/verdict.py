"""Whether to believe the pick: what survives the search, what unseen units say, and what the tests take for granted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from quantray.arrays import FloatArray1D
from quantray.stats import beside, reasons
from quantray.stats.beside import Lane
from quantray.stats.checks import Check, Verdict, Word
from quantray.stats.compared import Compared
from quantray.stats.held_out import HeldOut, check_finite, held_out_test
from quantray.stats.pick import Pick
from quantray.stats.wording import CANDIDATE, SESSION, Unit

if TYPE_CHECKING:
    from quantray.stats.survivors import Survivors

#: The held-out p-value that is believed once a whole family was tested; frozen by calibration, see docs/verdict.md.
ALPHA = 0.2
#: The same where the search chose what to evaluate: then nothing else is evidence.
ADAPTIVE_ALPHA = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What a verdict looks at.

    ``survivors`` are of the whole family on the searched part; ``pick`` is one of them (None: there is none), with its
    net per unit ``searched`` [units] and ``held_out`` [units] (None or empty: nothing was held out), 0 without a
    trade. ``adaptive`` says that the search chose what to evaluate, not an exact table.
    """

    survivors: Survivors
    pick: Pick | None = None
    searched: FloatArray1D | Sequence[float] | None = None
    held_out: FloatArray1D | Sequence[float] | None = None
    n_held_out: int = 0  # held-out units, known also without a pick
    family: FloatArray1D | None = None  # mean net of the whole family, [searched units]; needed for belief
    adaptive: bool = False
    test: HeldOut | None = None  # of ``held_out``, where the caller has made it; else it is made here
    alpha: float | None = None  # the bar for the held-out p-value, where many picks are judged together
    bar: str = ""  # where that bar comes from; follows its figure in a sentence
    n_looks: int = 1  # candidates whose held-out units were looked at
    metrics: Mapping[str, float | int | None] = field(default_factory=dict)  # of the pick, searched
    quotes: bool = False  # fills are on standing quotes, not on prints
    quality: Mapping[str, float] = field(default_factory=dict)  # shares of quarantined quotes, prints, sessions
    edited: float | None = None  # share of the signals that were changed after they were given; None: unknown
    lanes: Sequence[Lane] = ()
    neighbours: FloatArray1D | Sequence[float] = ()  # objectives one step from the pick, NaN: none
    compared: Compared | None = None
    more_units: int | None = None  # units like these that are missing for the best statistic to survive
    figures: Mapping[str, Any] = field(default_factory=dict)  # further figures for the record
    unit: Unit = SESSION
    candidate: Unit = CANDIDATE
    basis: str = ""  # follows a held-out net: what it is of, where it is not the account
    account: str = ""  # a whole sentence that begins with a space: what became of the account itself
    seed: int = 0

    @property
    def level(self) -> float:
        """The held-out p-value that is believed."""
        return self.alpha if self.alpha is not None else ADAPTIVE_ALPHA if self.adaptive else ALPHA


def verdict(evidence: Evidence) -> Verdict:
    """Judge the pick. The word is

    * ``too little data`` when under 5 searched or held-out units have trades, nothing could be tested, or the tests
      cannot reach their level with these units;
    * ``do not believe`` when otherwise nothing survives, or the pick's held-out net is 0 or less;
    * ``believe`` when the pick's held-out p-value is at most alpha (an adaptive search: 5 %) and guards and clean data
      hold;
    * ``doubtful`` otherwise: also when one of these could not be judged.

    Lanes, neighbours and figures of the family are told and do not decide.
    """
    e = evidence
    return _without_pick(e) if e.pick is None else _of_pick(e, e.pick)


def _without_pick(e: Evidence) -> Verdict:
    n_held = max(e.n_held_out, 0 if e.held_out is None else len(e.held_out))
    found = reasons.survive(e.survivors, e.adaptive, e.candidate, kept=0)
    enough = reasons.held_out_units(n_held, None, e.unit)
    sentences = [found.sentence]
    if not enough.passed:
        sentences.append(enough.sentence)
    if e.more_units:
        sentences.append(f"It would take {e.unit.count(e.more_units, 'more')} like these for the best to survive.")
    few = found.passed is None or not enough.passed or e.survivors.smallest_p > e.survivors.level
    word = Word.TOO_LITTLE_DATA if few else Word.DISBELIEVE
    return Verdict(word, " ".join(sentences), (found, enough), _figures(e, None))


def _of_pick(e: Evidence, pick: Pick) -> Verdict:
    own = np.asarray(e.searched if e.searched is not None else (), np.float64)
    held = np.asarray(e.held_out if e.held_out is not None else (), np.float64)
    check_finite(own)
    test = e.test or held_out_test(held, level=e.level, n_hypotheses=e.n_looks, seed=e.seed)
    if own.size != e.survivors.n_units or held.size != test.n_units:
        raise ValueError(
            f"the pick has {own.size} searched and {held.size} held-out units, the tests {e.survivors.n_units} and "
            f"{test.n_units}"
        )
    found = reasons.survive(e.survivors, e.adaptive, e.candidate, pick.n_survivors)
    searched, enough = reasons.searched(own, e.unit), reasons.held_out_units(held.size, test, e.unit)
    earns = reasons.earns_unseen(test, e.unit, e.basis, e.account)
    luck = reasons.luck_unseen(test, e.level, e.bar)
    sound = (
        *reasons.guarded(np.concatenate([own, held]), e.unit),
        reasons.family_guarded(e.family, e.candidate),
        reasons.carried_fills(e.metrics, e.quotes),
        reasons.data_quality(e.quality),
        *(() if e.edited is None else (reasons.told_in_time(e.edited),)),
    )
    told = beside.told(
        pick, own, held, np.asarray(e.neighbours, np.float64), e.lanes, e.compared, e.unit, alpha=e.level, seed=e.seed
    )
    if not searched.passed or not enough.passed or (test.smallest_p or 0.0) > e.level or found.passed is not True:
        word = Word.TOO_LITTLE_DATA
        blocking = [c for c in (searched, enough) if not c.passed] or [found if found.passed is not True else luck]
        blocking += [earns] if test.n_traded else []
    elif not earns.passed:
        word, blocking = Word.DISBELIEVE, [found, earns]
    elif luck.passed and all(c.passed for c in sound):
        word, blocking = Word.BELIEVE, [found, earns, luck]
    else:
        word, blocking = Word.DOUBTFUL, [earns, luck, *(c for c in sound if not c.passed)]
        blocking[:0] = [found] if e.adaptive else []
    checks = (found, searched, enough, earns, luck, *sound, *told)
    return Verdict(word, _headline(word, blocking, e.lanes), checks, _figures(e, test))


def _headline(word: Word, blocking: Sequence[Check], lanes: Sequence[Lane]) -> str:
    sentences = [c.sentence for c in blocking]
    losing = [lane.phrase for lane in lanes if lane.net < 0]
    if losing:
        sentences.append(f"It loses money {_listed(losing)}.")
    if word is Word.BELIEVE:
        sentences.append("That is no promise: trade it small and compare with this report.")
    return " ".join(sentences)


def _listed(phrases: Sequence[str]) -> str:
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} or {phrases[-1]}"


def _figures(e: Evidence, test: HeldOut | None) -> dict[str, Any]:
    """Sizes, settings and results of the tests, for the record."""
    s = e.survivors
    found: dict[str, Any] = {
        "n_candidates": s.n_candidates,
        "n_distinct": s.n_distinct,
        "n_rejected": int(np.count_nonzero(s.mask)),
        "n_survivors": 0 if e.pick is None else e.pick.n_survivors,
        "n_searched": s.n_units,
        "family_level": s.level,
        "family_p": _known(s.p_family),
        "family_critical": _known(s.critical),
        "family_smallest_p": _known(s.smallest_p),
        "family_patterns": s.n_patterns,
        "family_exact": s.exact,
        "adaptive": e.adaptive,
        "more_units": e.more_units,
    }
    if test is not None:
        found |= {
            "alpha": e.level,
            "held_out_net": test.total,
            "held_out_p": test.p_value,
            "held_out_smallest_p": test.smallest_p,
            "held_out_patterns": test.n_patterns,
            "n_held_out": test.n_units,
            "n_held_out_traded": test.n_traded,
        }
    if e.compared is not None:
        found |= {
            "n_tried": e.compared.n_tried,
            "n_effective": e.compared.n_effective,
            "pbo": e.compared.overfit.pbo if e.compared.overfit else None,
        }
    return {**found, **e.figures}


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
