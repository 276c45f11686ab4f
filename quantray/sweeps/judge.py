"""From stored trials to what the report says: peak, survivors and pick, what the pick stands, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from quantray.failures import Reason
from quantray.protocols import Counts
from quantray.space import Candidates
from quantray.stats.checks import Verdict, Word
from quantray.stats.held_out import standard_error
from quantray.stats.pick import Pick, choose
from quantray.stats.surface import Regret, SurfaceSummary, regret, summarise, summarise_space
from quantray.stats.survivors import Survivors, survivors
from quantray.stats.verdict import verdict
from quantray.stats.wording import SESSION
from quantray.sweeps.audit import audited
from quantray.sweeps.evidence import evidence_of, looks
from quantray.sweeps.family import Family, family_of
from quantray.sweeps.grid.surface import Surface
from quantray.sweeps.lanes import Stress, stress
from quantray.sweeps.market import Slice
from quantray.sweeps.objective import ranked
from quantray.sweeps.plan import Plan
from quantray.sweeps.report.reasons import nothing
from quantray.sweeps.results import Chosen, Row
from quantray.sweeps.scores import Sample, resampled, sample, score
from quantray.sweeps.survivors import Surviving, surviving
from quantray.trial import Trial, TrialState


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """Everything that is derived from the trials once the search is over."""

    verdict: Verdict
    best: Trial | None = None
    in_sample: Sample | None = None
    out_of_sample: Sample | None = None
    pick: Chosen | None = None
    surviving: Surviving | None = None
    stress: Stress | None = None
    more_sessions: int | None = None
    top_oos: Mapping[int, Row] = field(default_factory=dict)
    surface: SurfaceSummary | None = None
    regret: Regret | None = None


def best_of(trials: Sequence[Trial]) -> Trial | None:
    """The feasible trial of the highest value; the first of equals."""
    best: Trial | None = None
    for trial in trials:
        if trial.feasible and (best is None or (trial.value or 0.0) > (best.value or 0.0)):
            best = trial
    return best


def judge(
    plan: Plan, train: Slice, held_out: Slice | None, trials: Sequence[Trial], exact: Surface | None, counts: Counts,
    reasons: Sequence[Reason] = (),
) -> Judgement:  # fmt: skip
    """Find who survives and pick one of them; look at the held-out sessions once, for pick and peak; give the word.

    ``exact`` is the whole surface on ``train`` where it was computed; ``counts`` are of every evaluated candidate,
    ``reasons`` of those that did not complete.
    """
    best = best_of(trials)
    if best is None and not counts.complete:
        return _of_nothing(plan, exact, counts, reasons)
    family = family_of(plan, train, trials, exact)
    tested = survivors(family.nets, seed=plan.seed, unit=SESSION)
    if best is None:
        return _outside_bounds(plan, train, held_out, family, tested, exact)
    choice = _choice(plan, train, family, tested, 0 if held_out is None else len(held_out))
    pick = made = None
    if choice is not None:
        pick = _picked(plan, train, held_out, family, choice)
        made = stress(plan, train, pick.params, pick.inside, family.around(choice.number))
    top = {} if held_out is None or plan.report.held_out == "pick" else _top(plan, held_out, trials)
    evidence = evidence_of(plan, train, held_out, family, tested, choice, pick, made)
    word = verdict(replace(evidence, n_looks=looks(best, pick, [t for t in trials if t.number in top])))
    peak = sample(plan, train, best.params)
    return Judgement(
        verdict=audited(plan, train, word, best, peak, pick),
        best=best,
        in_sample=peak,
        out_of_sample=None if held_out is None else sample(plan, held_out, best.params),
        pick=pick,
        surviving=surviving(family, tested, plan.space, _row_of(plan, family, best)),
        stress=made,
        more_sessions=evidence.more_units,
        top_oos=top,
        surface=summarised(plan, trials, exact),
        regret=None if exact is None else regret(exact.values, best.value or 0.0),
    )


def _of_nothing(plan: Plan, exact: Surface | None, counts: Counts, reasons: Sequence[Reason]) -> Judgement:
    """The word where no candidate completed."""
    failed = bool(reasons) and reasons[0].state == TrialState.FAIL and not counts.complete
    word = Word.FAILED if failed else Word.TOO_LITTLE_DATA
    summary = None if exact is None else summarise_space(plan.space, exact.values)
    return Judgement(Verdict(word, nothing(counts, reasons, plan)), surface=summary)


def _outside_bounds(
    plan: Plan, train: Slice, held_out: Slice | None, family: Family, tested: Survivors, exact: Surface | None
) -> Judgement:
    """The word where candidates completed and none meets every bound: the family is tested all the same."""
    evidence = evidence_of(plan, train, held_out, family, tested, None, None, None)
    return Judgement(
        verdict(evidence),
        surviving=surviving(family, tested, plan.space, None),
        surface=None if exact is None else summarise_space(plan.space, exact.values),
    )


def summarised(plan: Plan, trials: Sequence[Trial], exact: Surface | None) -> SurfaceSummary:
    """What each level gave: over the whole surface, or over the trials."""
    if exact is not None:
        return summarise_space(plan.space, exact.values)
    values = np.array([np.nan if t.value is None or not t.feasible else t.value for t in trials])
    return summarise(Candidates.of([t.params for t in trials]), values)


def _choice(plan: Plan, train: Slice, family: Family, tested: Survivors, n_out: int) -> Pick | None:
    """Which survivor is put to the held-out test; of the held-out part its length alone is known here."""

    def spread(row: int) -> float:
        made = sample(plan, train, family.params(row))
        return standard_error(partial(resampled, plan, made), len(train), seed=plan.seed)

    return choose(
        family.values, family.nets.rows, tested, allowed=family.allowed, n_out=n_out, neighbours=family.around,
        spread=spread,
    )  # fmt: skip


def _picked(plan: Plan, train: Slice, held_out: Slice | None, family: Family, choice: Pick) -> Chosen:
    params = family.params(choice.number)
    return Chosen(
        "pick", int(family.numbers[choice.number]), params, choice.value, sample(plan, train, params),
        None if held_out is None else sample(plan, held_out, params), choice.statistic,
        reason=choice.reason, objective=plan.objective,
    )  # fmt: skip


def _row_of(plan: Plan, family: Family, trial: Trial) -> int | None:
    return family.row(plan.space.number(trial.params) if family.whole else trial.number)


def _top(plan: Plan, held_out: Slice, trials: Sequence[Trial]) -> dict[int, Row]:
    """Metrics on the held-out sessions of the trials the report lists."""
    top = ranked([t for t in trials if t.state is TrialState.COMPLETE])[: plan.report.top]
    if not top:
        return {}
    metrics = score(plan, held_out, Candidates.of([t.params for t in top])).metrics
    return {trial.number: metrics.row(i) for i, trial in enumerate(top)}
