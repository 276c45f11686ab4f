"""What is told of a pick beside its verdict and does not decide: lanes, neighbours, ranges, figures of the family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantray.arrays import FloatArray1D
from quantray.stats.checks import Check
from quantray.stats.compared import Compared
from quantray.stats.held_out import block_test, mean_range
from quantray.stats.pick import PROMISE, Pick, Rule
from quantray.stats.wording import Unit, capital, money, percent

MIN_BLOCK_UNITS = 60  # searched and held out together; below, blocks are too few to stand beside the units
MIN_DEFLATED = 0.95
MAX_PBO = 0.2
MIN_NEIGHBOUR_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Lane:
    """The pick re-simulated on the searched part under another assumption: ``one bar later``, and what is left."""

    name: str
    phrase: str  # follows "it loses money"
    net: float


def told(
    pick: Pick, own: FloatArray1D, held_out: FloatArray1D, neighbours: FloatArray1D, lanes: Sequence[Lane],
    compared: Compared | None, unit: Unit, alpha: float, seed: int,
) -> tuple[Check, ...]:  # fmt: skip
    """What is told of the pick and does not decide; ``own`` [searched units] and ``held_out`` [units] are its nets."""
    return (
        *((_promising(pick, unit), _range(held_out, unit, seed)) if held_out.size else ()),
        *_blocks(own, held_out, unit, alpha, seed),
        *(_lane(lane) for lane in lanes),
        _one_unit(own, unit),
        _neighbourhood(pick.value, neighbours),
        *(_compared(compared) if compared else ()),
    )


def _beside(name: str, value: float | None, threshold: float, passed: bool | None, sentence: str) -> Check:
    return Check(name, value, threshold, passed, sentence, decides=False)


def _promising(pick: Pick, unit: Unit) -> Check:
    passed = pick.rule is Rule.OBJECTIVE
    ahead = f"{pick.units_ahead:.0f} of the unseen {unit.many} could be expected to have trades"
    return _beside("likely to be confirmed", pick.promise, PROMISE, passed, f"{pick.reason} Before looking, {ahead}.")


def _range(held_out: FloatArray1D, unit: Unit, seed: int) -> Check:
    found = mean_range(held_out, seed=seed)
    name = f"range of unseen {unit.many}"
    if found is None:
        return _beside(name, None, 0.0, None, f"Too few unseen {unit.many} for a range around their mean.")
    sentence = f"An unseen {unit.one} earns {money(found.mean)} on average; the {percent(found.level)} range is "
    sentence += f"{money(found.low)} to {money(found.high)}."
    return _beside(name, found.low, 0.0, found.low > 0, sentence)


def _blocks(own: FloatArray1D, held_out: FloatArray1D, unit: Unit, alpha: float, seed: int) -> tuple[Check, ...]:
    if own.size + held_out.size < MIN_BLOCK_UNITS:
        return ()
    found = block_test(held_out, level=alpha, seed=seed)
    name = "luck, by blocks"
    if found is None:
        return (_beside(name, None, alpha, None, f"Too few blocks of unseen {unit.many} to test them instead."),)
    p, length = found
    sentence = (
        f"Were {length} neighbouring {unit.many} one observation, luck would do as well in {percent(p)} of cases."
    )
    return (_beside(name, p, alpha, p <= alpha, sentence),)


def _lane(lane: Lane) -> Check:
    kept = f"it still earns {money(lane.net)}" if lane.net > 0 else f"it loses {money(-lane.net)}"
    if lane.net == 0:
        kept = "nothing is left"
    return _beside(lane.name, lane.net, 0.0, lane.net > 0, f"{capital(lane.phrase)}, {kept}.")


def _one_unit(own: FloatArray1D, unit: Unit) -> Check:
    rest = float(own.sum() - own.max()) if own.size else 0.0
    kept = f"it still earns {money(rest)}" if rest > 0 else f"it loses {money(-rest)}" if rest else "nothing is left"
    return _beside(f"not one lucky {unit.one}", rest, 0.0, rest > 0, f"Without its best searched {unit.one} {kept}.")


def _neighbourhood(value: float, neighbours: FloatArray1D) -> Check:
    valued = neighbours[~np.isnan(neighbours)]
    name = "neighbours agree"
    if not valued.size or value <= 0:
        why = "No candidate one step away has a value." if value > 0 else "Its value is not above zero."
        return _beside(name, None, MIN_NEIGHBOUR_SHARE, None, why)
    share = float(np.median(valued)) / value
    passed = share >= MIN_NEIGHBOUR_SHARE
    if share <= 0:
        alone = "its one neighbour, one step away, does not earn"
        several = f"half of its {valued.size} neighbours, one step away, do not earn"
        sentence = f"An isolated peak: {alone if valued.size == 1 else several}."
    else:
        what = "keep" if passed else "keep only"
        sentence = f"Candidates one step away {what} {percent(share)} of its value (median of {valued.size})."
    return _beside(name, share, MIN_NEIGHBOUR_SHARE, passed, sentence)


def _compared(c: Compared) -> tuple[Check, ...]:
    found = [_deflated("deflated Sharpe ratio", c.deflated, f"{c.n_tried:,} independent tries")]
    if c.n_effective is not None:
        tries = f"{max(1, round(c.n_effective)):,}, as many as would vary like these,"
        found.append(_deflated("deflated Sharpe ratio, effective tries", c.deflated_effective, tries))
    if c.overfit is None:
        why = "Picking on one half and checking on the other needs 6 units and 2 candidates."
        return (*found, _beside("holds on the other half", None, MAX_PBO, None, why))
    sentence = (
        f"Picked on half of the data, the best falls into the worse half on the rest in {percent(c.overfit.pbo)} "
    )
    sentence += f"of {c.overfit.n_splits} splits."
    return (*found, _beside("holds on the other half", c.overfit.pbo, MAX_PBO, c.overfit.pbo <= MAX_PBO, sentence))


def _deflated(name: str, value: float | None, tries: str) -> Check:
    if value is None:
        return _beside(name, None, MIN_DEFLATED, None, "The Sharpe ratio cannot be judged on these.")
    sentence = f"Its Sharpe ratio beats what the best of {tries} gives by luck with a probability of {percent(value)}."
    return _beside(name, value, MIN_DEFLATED, value >= MIN_DEFLATED, sentence)
