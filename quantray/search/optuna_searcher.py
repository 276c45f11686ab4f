"""TPE and every other Optuna sampler, asked and told in batches on a study in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import TrialState as OptunaState

from quantray.protocols import Known
from quantray.search.distributions import distributions
from quantray.search.history_searcher import HistorySearch, bounded
from quantray.search.samplers import HISTORY_ONLY, sampler_maker
from quantray.search.tpe import History, StaticTPE
from quantray.search.uniform import sampler_seed
from quantray.settings import Search
from quantray.space import Space
from quantray.trial import Trial


class OptunaSearch(HistorySearch[optuna.Trial]):
    """Each batch has a fresh sampler on one study in memory."""

    def __init__(self, search: Search, space: Space, seed: int, known: Known = ()) -> None:
        super().__init__(space, seed, search.batch, known)
        self._make = sampler_maker(search)
        first = self._make(0)
        settings = search.sampler if search.sampler is not None else {"n_startup_trials": search.n_startup_trials}
        self._startup = max(settings.get("n_startup_trials", 10), 1) if isinstance(first, TPESampler) else 0
        self._replayable = type(first) in HISTORY_ONLY
        self._distributions = distributions(space)
        self._history = History()
        self.study = _quiet_study(first)

    def _begin(self, number: int, rng: np.random.Generator) -> None:
        self.study.sampler = self._make(sampler_seed(self.seed, number))
        if isinstance(self.study.sampler, StaticTPE):
            self.study.sampler.attach(self.space, self.seen, rng, self._history)

    def _proposed(self) -> tuple[optuna.Trial, Mapping[str, Any]]:
        trial = self.study.ask(self._distributions)
        return trial, trial.params

    def _start(self, asked: dict[str, Any]) -> optuna.Trial:
        self.study.enqueue_trial(asked)
        return self.study.ask(self._distributions)

    def _complete_with(self, running: optuna.Trial, trial: Trial) -> None:
        for name, violation in bounded(trial.violations).items():
            running.set_constraint(name, violation)
        self.study.tell(running, trial.value)

    def _fail(self, running: optuna.Trial) -> None:
        self.study.tell(running, state=OptunaState.FAIL)


def _quiet_study(sampler: BaseSampler) -> optuna.Study:
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        return optuna.create_study(direction="maximize", sampler=sampler)
    finally:
        optuna.logging.set_verbosity(level)
