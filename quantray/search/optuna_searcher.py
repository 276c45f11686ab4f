"""TPE and every other Optuna sampler, asked and told in batches on a study in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import TrialState as OptunaState

from quantray.protocols import Batch, Known
from quantray.search.distributions import asked_of, candidates_of, distributions
from quantray.search.samplers import HISTORY_ONLY, sampler_maker
from quantray.search.seen import PATIENCE, Seen
from quantray.search.tpe import History, StaticTPE
from quantray.search.uniform import generator, joined, sampler_seed, uniform
from quantray.settings import Search
from quantray.space import Candidates, Space
from quantray.trial import Trial, TrialState


class OptunaSearch:
    """Only COMPLETE trials teach; the others are told as failed, so that none stays RUNNING.

    Each batch has a fresh sampler seeded (seed, number): what it asks depends on that, on what was told, and on
    what is in flight. Until ``n_startup_trials`` are COMPLETE, TPE's candidates are uniform draws over the space.
    """

    def __init__(self, search: Search, space: Space, seed: int, known: Known = ()) -> None:
        self.space, self.seed, self.batch = space, seed, search.batch
        self.seen = Seen(space, known)
        self.duplicates: Mapping[str, int] = self.seen.duplicates
        self._make = sampler_maker(search)
        first = self._make(0)
        settings = search.sampler if search.sampler is not None else {"n_startup_trials": search.n_startup_trials}
        self._startup = max(settings.get("n_startup_trials", 10), 1) if isinstance(first, TPESampler) else 0
        self._replayable = type(first) in HISTORY_ONLY
        self._distributions = distributions(space)
        self._running: dict[str, optuna.Trial] = {}
        self._batches: dict[int, tuple[str, ...]] = {}
        self._history = History()
        self._complete = 0
        self.study = _quiet_study(first)

    def ask(self, number: int, size: int | None = None) -> Batch:
        """An empty batch says that the space is exhausted. What the sampler itself raises passes through."""
        rng = generator(self.seed, number)
        self.study.sampler = self._make(sampler_seed(self.seed, number))
        if isinstance(self.study.sampler, StaticTPE):
            self.study.sampler.attach(self.space, self.seen, rng, self._history)
        parts: list[Candidates] = [uniform(self.space, rng, 0)]
        digests: tuple[str, ...] = ()
        stale = 0  # duplicate asks in a row; a uniform draw is no ask, so it does not break the row
        while len(digests) < (self.batch if size is None else size) and not self.seen.exhausted:
            point, new = self._suggest(rng)
            stale = 0 if new else stale + 1
            if stale >= PATIENCE:
                unseen = self.seen.draw(rng)
                if unseen is None:
                    break
                point, new = self._draw(unseen)
            parts, digests = [*parts, point], digests + new
        self._batches[number] = digests
        return Batch(number, joined(self.space, parts), digests)

    def tell(self, number: int, trials: Sequence[Trial]) -> None:
        """Trials of a batch in the order they were asked in; a candidate without one is told as failed."""
        for trial in trials:
            running = self._running.pop(trial.digest, None)
            if running is not None:
                self._finish(running, trial)
        self.seen.finish(trial.digest for trial in trials)
        self._drop(self._batches.pop(number, ()))

    def refuse(self, number: int, digests: Sequence[str]) -> None:
        self._drop(digests)
        self.seen.disown(digests)

    def replay(self, number: int, batch: Batch) -> None:
        """A sampler that keeps a state of its own is asked again, so that it comes to the same state."""
        rows = [batch.candidates.params(i) for i in range(len(batch.candidates))]
        if not self._replayable:
            before = dict(self.seen.duplicates)
            self.seen.forget(batch.digests, rows)
            asked = self.ask(number, len(rows)).digests
            self._drop([d for d in asked if d not in set(batch.digests)])
            self.seen.duplicates.update(before)
        for digest, params in zip(batch.digests, rows, strict=True):
            if digest not in self._running:
                self._running[digest] = self._start(asked_of(self.space, params))
        self._batches[number] = batch.digests
        self.seen.learn(rows)

    def _suggest(self, rng: np.random.Generator) -> tuple[Candidates, tuple[str, ...]]:
        if self._complete < self._startup:
            return self._draw(uniform(self.space, rng, 1))
        trial = self.study.ask(self._distributions)
        point, new = self.seen.accept(candidates_of(self.space, {k: [v] for k, v in trial.params.items()}))
        if new:
            self._running[new[0]] = trial
        else:
            self.study.tell(trial, state=OptunaState.FAIL)
        return point, new

    def _draw(self, drawn: Candidates) -> tuple[Candidates, tuple[str, ...]]:
        point, new = self.seen.accept(drawn)
        if new:
            self._running[new[0]] = self._start(asked_of(self.space, point.params(0)))
        return point, new

    def _start(self, asked: dict[str, Any]) -> optuna.Trial:
        """A RUNNING trial with given parameters; the sampler is not asked for any."""
        self.study.enqueue_trial(asked)
        return self.study.ask(self._distributions)

    def _finish(self, running: optuna.Trial, trial: Trial) -> None:
        if trial.state is not TrialState.COMPLETE:
            self.study.tell(running, state=OptunaState.FAIL)
            return
        for i, violation in enumerate(trial.violations):
            running.set_constraint(str(i), violation if violation == violation else float("inf"))
        self.study.tell(running, trial.value)
        self._complete += 1

    def _drop(self, digests: Iterable[str]) -> None:
        for digest in digests:
            running = self._running.pop(digest, None)
            if running is not None:
                self.study.tell(running, state=OptunaState.FAIL)


def _quiet_study(sampler: BaseSampler) -> optuna.Study:
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        return optuna.create_study(direction="maximize", sampler=sampler)
    finally:
        optuna.logging.set_verbosity(level)
