"""From stored trials to what the report says: the best, its trades in and out of sample, the surface, the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from quantray.failures import Reason
from quantray.protocols import Counts
from quantray.space import Candidates
from quantray.stats.checks import Verdict, Word
from quantray.stats.family import family_of_surface, family_of_trials
from quantray.stats.judgements import Told
from quantray.stats.neighbours import neighbours
from quantray.stats.surface import Regret, SurfaceSummary, regret, summarise, summarise_space
from quantray.stats.verdict_of_the_peak import Evidence, verdict
from quantray.sweeps.grid.points import Surface
from quantray.sweeps.market import Slice
from quantray.sweeps.objective import ranked
from quantray.sweeps.plan import Plan
from quantray.sweeps.report.reasons import nothing
from quantray.sweeps.results import Row
from quantray.sweeps.scores import Sample, sample, score
from quantray.trial import Trial, TrialState


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """Everything that is derived from the trials once the search is over."""

    verdict: Verdict
    best: Trial | None = None
    in_sample: Sample | None = None
    out_of_sample: Sample | None = None
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
    """Look at the held-out sessions once, for the best trials only, and say whether to believe the best.

    ``exact`` is the whole surface on ``train`` where it was computed; ``counts`` are of every evaluated candidate,
    ``reasons`` of those that did not complete.
    """
    best = best_of(trials)
    if best is None:
        summary = summarise_space(plan.space, exact.values) if exact is not None else None
        failed = bool(reasons) and reasons[0].state == TrialState.FAIL and not counts.complete
        word = Word.FAILED if failed else Word.TOO_LITTLE_DATA
        return Judgement(Verdict(word, nothing(counts, reasons, plan)), surface=summary)
    values = np.array([np.nan if t.value is None or not t.feasible else t.value for t in trials])
    candidates = Candidates.of([t.params for t in trials])
    inside = sample(plan, train, best.params)
    outside = sample(plan, held_out, best.params) if held_out is not None else None
    if exact is not None:
        family, pick = family_of_surface(exact.values, exact.session_net, plan.space.number(best.params))
        summary, missed = summarise_space(plan.space, exact.values), regret(exact.values, best.value or 0.0)
    else:
        family, pick = family_of_trials(trials, best)
        summary, missed = summarise(candidates, values), None
    evidence = Evidence(
        session_net=family,
        pick=pick,
        value=best.value,
        metrics=inside.metrics,
        n_tried=counts.attempts,
        neighbours=_around(plan, train, best),
        quality=train.quality,
        oos_session_net=None if outside is None else outside.session_net,
        oos_value=None if outside is None else outside.value,
        quotes=train.has_quotes,
        seed=plan.seed,
        told=Told("candidates" if exact is None else "candidates of the whole table"),
    )
    return Judgement(
        verdict(evidence),
        best,
        inside,
        outside,
        _top(plan, held_out, trials) if held_out is not None else {},
        summary,
        missed,
    )


def _around(plan: Plan, market: Slice, best: Trial) -> np.ndarray:
    """Objective of the candidates one step from the best, NaN where they have none."""
    near = neighbours(plan.space, best.params)
    if near is None:
        return np.empty(0)
    return score(plan, market, near).value


def _top(plan: Plan, held_out: Slice, trials: Sequence[Trial]) -> dict[int, Row]:
    """Metrics on the held-out sessions of the trials the report lists."""
    top = ranked([t for t in trials if t.state is TrialState.COMPLETE])[: plan.report.top]
    if not top:
        return {}
    metrics = score(plan, held_out, Candidates.of([t.params for t in top])).metrics
    return {trial.number: metrics.row(i) for i, trial in enumerate(top)}
