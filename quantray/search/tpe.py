"""Optuna's TPE on a space that is known beforehand, proposing the best point that is new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler

from quantray.search.distributions import asked_of, candidates_of, distributions
from quantray.search.seen import PATIENCE, Seen
from quantray.space import Space

if TYPE_CHECKING:
    from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator
    from optuna.study import Study
    from optuna.trial import FrozenTrial


class StaticTPE(TPESampler):
    """The estimator and its draws are Optuna's. What differs: the relative search space is given instead of looked

    for in every trial of the history; parameters of a trial are converted once, not at every ask; and of the
    ``n_ei_candidates`` draws the best one that was never asked is taken. An ask whose favourite was known counts
    as a duplicate.
    """

    def attach(self, space: Space, seen: Seen, rng: np.random.Generator, rows: dict[int, list[float]]) -> None:
        """Serve one batch: ``rng`` draws from the unseen points when ``PATIENCE`` asks in a row gave nothing new.

        ``rows`` keeps the converted parameters by trial number, from batch to batch of one study.
        """
        self._where, self._seen, self._draws, self._rows = space, seen, rng, rows
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

    def _get_internal_repr(
        self, trials: list[FrozenTrial], search_space: dict[str, BaseDistribution], study: Study
    ) -> dict[str, np.ndarray]:
        if search_space != self._static:
            return super()._get_internal_repr(trials, search_space, study)
        for trial in trials:
            if trial.number not in self._rows:
                own = super()._get_internal_repr([trial], search_space, study)
                self._rows[trial.number] = [own[name][0] for name in search_space]
        columns = np.array([self._rows[trial.number] for trial in trials]).reshape(len(trials), len(search_space))
        return {name: columns[:, i].copy() for i, name in enumerate(search_space)}

    def _statuses(self, samples: Mapping[str, np.ndarray]) -> list[int]:
        n = len(next(iter(samples.values())))
        single = {d.name: np.zeros(n) for d in self._where.dimensions if d.name not in samples}
        return self._seen.statuses(candidates_of(self._where, {**single, **samples}))
