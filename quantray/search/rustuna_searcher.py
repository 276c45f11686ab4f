"""Rustuna's TPE, the same algorithm in Rust by Optuna's own organisation, and experimental by its own word."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from quantray.errors import ConfigError, Unfinished
from quantray.protocols import Known
from quantray.search.history_searcher import HistorySearch, bounded
from quantray.search.uniform import sampler_seed
from quantray.settings import RUSTUNA, Search
from quantray.space import Dimension, Space
from quantray.trial import Trial

if TYPE_CHECKING:
    import rustuna

_STUDY = "quantray"


class RustunaSearch(HistorySearch["rustuna.Trial"]):
    """Each batch loads the one study in memory again, with a fresh sampler."""

    def __init__(self, search: Search, space: Space, seed: int, known: Known = ()) -> None:
        check_installed()
        import rustuna
        from rustuna.storages import InMemoryStorage

        super().__init__(space, seed, search.batch, known)
        self._startup = max(search.n_startup_trials, 1)
        self._storage = InMemoryStorage()
        rustuna.create_study(study_name=_STUDY, storage=self._storage, direction="maximize")
        self._suggestions = {d.name: _suggestion(d) for d in space.dimensions}
        self._study = self._loaded(0)

    def _loaded(self, seed: int) -> rustuna.Study:
        import rustuna

        sampler = rustuna.samplers.TPESampler(seed=seed, n_startup_trials=self._startup, multivariate=True)
        return rustuna.load_study(study_name=_STUDY, storage=self._storage, sampler=sampler)

    def _begin(self, number: int, rng: np.random.Generator) -> None:
        self._study = self._loaded(sampler_seed(self.seed, number))

    def _proposed(self) -> tuple[rustuna.Trial, Mapping[str, Any]]:
        try:
            trial = self._study.ask()
            return trial, {name: suggest(trial) for name, suggest in self._suggestions.items()}
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # of Rust's, which is no Exception
                raise
            raise Unfinished(f"Rustuna gave up ({error}); search=tpe asks the same of Optuna") from error

    def _start(self, asked: dict[str, Any]) -> rustuna.Trial:
        self._study.enqueue_trial(asked)
        return self._proposed()[0]

    def _complete_with(self, running: rustuna.Trial, trial: Trial) -> None:
        if trial.violations:
            running.set_constraints(bounded(trial.violations))
        self._study.tell(running.number, trial.value)

    def _fail(self, running: rustuna.Trial) -> None:
        from rustuna.trial import TrialState

        self._study.tell(running.number, state=TrialState.FAIL)


def check_installed() -> None:
    """ConfigError with the remedy unless the version is there whose points a study stands for."""
    try:
        found = importlib.metadata.version("rustuna")
    except importlib.metadata.PackageNotFoundError:
        raise ConfigError("search=rustuna needs a package: pip install 'quantray[rustuna]'") from None
    if found != RUSTUNA:
        raise ConfigError(
            f"search=rustuna: rustuna {found} is installed, and another version may propose other points; "
            f"pip install rustuna=={RUSTUNA}"
        )


def _suggestion(dim: Dimension) -> Callable[[rustuna.Trial], object]:
    """Ordered numbers as an integer index, other values as categories, ranges as floats: as Optuna is asked."""
    name = dim.name
    if dim.values is None:
        assert dim.low is not None
        assert dim.high is not None
        low, high, log = dim.low, dim.high, dim.log
        return lambda trial: trial.suggest_float(name, low, high, log=log)
    last = len(dim.values) - 1
    if dim.ordered:
        return lambda trial: trial.suggest_int(name, 0, last)
    choices: list[Any] = list(range(last + 1))
    return lambda trial: trial.suggest_categorical(name, choices)
