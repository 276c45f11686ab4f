"""Optuna's TPE on a space that is known beforehand, proposing the best point that is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.samplers._tpe.sampler import default_gamma
from optuna.trial import TrialState

from quantray.search.distributions import asked_of, candidates_of, distributions
from quantray.search.seen import PATIENCE, Seen
from quantray.space import Space

if TYPE_CHECKING:
    from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator
    from optuna.study import Study
    from optuna.trial import FrozenTrial

_NUMBER, _VALUE = attrgetter("number"), attrgetter("value")


@dataclass(slots=True)
class History:
    """What was read of a study's trials, by Optuna's number, and the estimators made of it."""

    rows: dict[int, list[float]] = field(default_factory=dict)  # parameters as TPE sees them
    excess: dict[int, float] = field(default_factory=dict)  # sum of the violations of a finished trial
    split: tuple[list[FrozenTrial], list[FrozenTrial]] = field(default_factory=lambda: ([], []))
    split_of: tuple[int, int] = (-1, -1)  # how many finished trials, and how many of them are the good ones
    made: dict[bool, tuple[tuple[int, ...], _ParzenEstimator]] = field(default_factory=dict)  # of which trials


class StaticTPE(TPESampler):
    """The estimator and its draws are Optuna's. What differs: the relative search space is given instead of looked

    for in every trial of the history; parameters of a trial are converted once, not at every ask; the history is split
    into good and bad, and estimators are made of it, when it has changed; and of the ``n_ei_candidates`` draws the best
    one that was never asked is taken. An ask whose favourite was known counts as a duplicate.
    """

    def attach(self, space: Space, seen: Seen, rng: np.random.Generator, history: History) -> None:
        """Serve one batch: ``rng`` draws from the unseen points when ``PATIENCE`` asks in a row gave nothing new.

        ``history`` goes from batch to batch of one study.
        """
        self._where, self._seen, self._draws, self._history = space, seen, rng, history
        self._static = {n: d for n, d in sorted(distributions(space).items()) if not d.single()}
        self._stale = 0
        self._favourite = 0  # status of the draw with the best score

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return self._static

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        while True:
            self._favourite = 0
            params: dict[str, Any] = super().sample_relative(study, trial, search_space)
            if not params:
                return params
            status = self._statuses({name: np.array([value]) for name, value in params.items()})[0]
            if status or self._favourite:
                self._seen.count(status or self._favourite)
            if not status:
                self._stale = 0
                return params
            self._stale += 1
            if self._stale >= PATIENCE:
                point = self._seen.draw(self._draws)
                drawn = params if point is None else asked_of(self._where, point.params(0))
                return {name: drawn[name] for name in params}

    def _compute_acquisition_func(
        self, samples: dict[str, np.ndarray], mpe_below: _ParzenEstimator, mpe_above: _ParzenEstimator
    ) -> np.ndarray:
        score = super()._compute_acquisition_func(samples, mpe_below, mpe_above)
        status = self._statuses(samples)
        self._favourite = status[int(np.argmax(score))]
        known = np.array(status) > 0
        return score if known.all() else np.where(known, -np.inf, score)

    def _sample(self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]) -> dict[str, Any]:
        """As Optuna's, of a study of one objective whose trials are COMPLETE, FAIL or RUNNING."""
        if search_space != self._static:
            return super()._sample(study, trial, search_space)
        states = (TrialState.COMPLETE, *((TrialState.RUNNING,) if self._constant_liar else ()))
        known = study._get_trials(deepcopy=False, states=states, use_cache=not self._constant_liar)
        finished = [t for t in known if t.state is TrialState.COMPLETE]
        running = [t for t in known if t.state is TrialState.RUNNING and t.number != trial.number]
        good, bad = self._parted(finished, (self._gamma or default_gamma)(len(finished)))
        below = self._estimator(study, good, below=True)
        above = self._estimator(study, sorted([*bad, *running], key=_NUMBER) if running else bad, below=False)
        samples = below.sample(self._rng.rng, self._n_ei_candidates)
        best = TPESampler._compare(samples, self._compute_acquisition_func(samples, below, above))
        return {name: held.to_external_repr(best[name]) for name, held in search_space.items()}

    def _parted(
        self, finished: Sequence[FrozenTrial], n_good: int
    ) -> tuple[list[FrozenTrial], list[FrozenTrial]]:  # fmt: skip
        """The best ``n_good``, feasible ones first, and the rest, both in the order of their numbers."""
        history, now = self._history, (len(finished), n_good)
        if history.split_of != now:
            for trial in finished:
                if trial.number not in history.excess:
                    history.excess[trial.number] = sum(v for v in trial.constraints.values() if v > 0)
            feasible = [t for t in finished if not history.excess[t.number] > 0]
            others = [t for t in finished if history.excess[t.number] > 0]
            feasible.sort(key=_VALUE, reverse=True)
            others.sort(key=lambda t: history.excess[t.number])
            ranked, n = [*feasible, *others], max(n_good, 0)
            history.split = sorted(ranked[:n], key=_NUMBER), sorted(ranked[n:], key=_NUMBER)
            history.split_of = now
        return history.split

    def _estimator(self, study: Study, trials: Sequence[FrozenTrial], *, below: bool) -> _ParzenEstimator:
        numbers, made = tuple(t.number for t in trials), self._history.made.get(below)
        if made is None or made[0] != numbers:
            fresh = self._build_parzen_estimator(study, self._static, list(trials), handle_below=below)
            made = self._history.made[below] = numbers, fresh
        return made[1]

    def _get_internal_repr(
        self, trials: list[FrozenTrial], search_space: dict[str, BaseDistribution], study: Study
    ) -> dict[str, np.ndarray]:
        if search_space != self._static:
            return super()._get_internal_repr(trials, search_space, study)
        rows = self._history.rows
        for trial in trials:
            if trial.number not in rows:
                own = super()._get_internal_repr([trial], search_space, study)
                rows[trial.number] = [own[name][0] for name in search_space]
        columns = np.array([rows[trial.number] for trial in trials]).reshape(len(trials), len(search_space))
        return {name: columns[:, i].copy() for i, name in enumerate(search_space)}

    def _statuses(self, samples: Mapping[str, np.ndarray]) -> list[int]:
        n = len(next(iter(samples.values())))
        single = {d.name: np.zeros(n) for d in self._where.dimensions if d.name not in samples}
        return self._seen.statuses(candidates_of(self._where, {**single, **samples}))
