"""A searcher that learns: whatever engine proposes, points are new, batches seeded, and a run goes on where it stopped.

An engine keeps trials of its own. It is asked for one, begins one with given parameters, and hears how each ended.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from quantray.protocols import Batch, Known
from quantray.search.distributions import asked_of, candidates_of
from quantray.search.seen import PATIENCE, Seen
from quantray.search.uniform import generator, joined, uniform
from quantray.space import Candidates, Space
from quantray.trial import Trial, TrialState

Running = TypeVar("Running")


class HistorySearch(ABC, Generic[Running]):
    """Only COMPLETE trials teach; the others are told as failed, so that none stays RUNNING.

    Each batch has a fresh engine seeded (seed, number): what it asks depends on that, on what was told, and on
    what is in flight. Until ``startup`` are COMPLETE, candidates are uniform draws over the space.
    """

    def __init__(self, space: Space, seed: int, batch: int, known: Known = ()) -> None:
        self.space, self.seed, self.batch = space, seed, batch
        self.seen = Seen(space, known)
        self.duplicates: Mapping[str, int] = self.seen.duplicates
        self._startup = 0
        self._replayable = True  # what is asked depends on the trials and the seed, and on nothing else
        self._running: dict[str, Running] = {}
        self._batches: dict[int, tuple[str, ...]] = {}
        self._complete = 0

    @abstractmethod
    def _begin(self, number: int, rng: np.random.Generator) -> None:
        """A fresh engine for batch ``number``, on the trials there are."""

    @abstractmethod
    def _proposed(self) -> tuple[Running, Mapping[str, Any]]:
        """A trial that the engine asks for, with its parameters as the engine names them."""

    @abstractmethod
    def _start(self, asked: dict[str, Any]) -> Running:
        """A RUNNING trial with given parameters; the engine is not asked for any."""

    @abstractmethod
    def _complete_with(self, running: Running, trial: Trial) -> None:
        """The trial is COMPLETE, with its value and violations."""

    @abstractmethod
    def _fail(self, running: Running) -> None:
        """The trial taught nothing."""

    def ask(self, number: int, size: int | None = None) -> Batch:
        """An empty batch says that the space is exhausted. What the engine itself raises passes through."""
        rng = generator(self.seed, number)
        self._begin(number, rng)
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
        """An engine that keeps a state of its own is asked again, so that it comes to the same state."""
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
        running, params = self._proposed()
        point, new = self.seen.accept(candidates_of(self.space, {k: [v] for k, v in params.items()}))
        if new:
            self._running[new[0]] = running
        else:
            self._fail(running)
        return point, new

    def _draw(self, drawn: Candidates) -> tuple[Candidates, tuple[str, ...]]:
        point, new = self.seen.accept(drawn)
        if new:
            self._running[new[0]] = self._start(asked_of(self.space, point.params(0)))
        return point, new

    def _finish(self, running: Running, trial: Trial) -> None:
        if trial.state is not TrialState.COMPLETE:
            self._fail(running)
            return
        self._complete_with(running, trial)
        self._complete += 1

    def _drop(self, digests: Iterable[str]) -> None:
        for digest in digests:
            running = self._running.pop(digest, None)
            if running is not None:
                self._fail(running)


def bounded(violations: Sequence[float]) -> dict[str, float]:
    """Violations by their place, as an engine takes them: one that does not exist is the largest."""
    return {str(i): violation if violation == violation else float("inf") for i, violation in enumerate(violations)}
