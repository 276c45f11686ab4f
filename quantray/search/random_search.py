"""Uniform draws without repetition: a seeded permutation of a finite table, else independent draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from quantray.arrays import IntArray1D
from quantray.protocols import Batch, Known
from quantray.search.seen import PATIENCE, Seen
from quantray.search.uniform import generator, joined, uniform
from quantray.space import Candidates, Space
from quantray.trial import Trial

_ORDER = 0x0DE5  # apart from every batch's own key, which is one number


class RandomSearch:
    """Batch k of a table is the k-th piece of its permutation, what is known left out.

    No result is looked at, so a batch does not depend on what was told.
    """

    def __init__(self, space: Space, seed: int, batch: int, known: Known = ()) -> None:
        self.space, self.seed, self.batch = space, seed, batch
        self.seen = Seen(space, known)
        self.duplicates: Mapping[str, int] = self.seen.duplicates
        self._order: IntArray1D | None = None
        self._cursor = 0  # how much of the order was handed out
        if self.seen.has_table and space.size is not None:
            self._order = generator(seed, 0, _ORDER).permutation(np.arange(space.size, dtype=np.int32))

    def ask(self, number: int, size: int | None = None) -> Batch:
        """Raises nothing; an empty batch says that the space is exhausted."""
        want = self.batch if size is None else size
        if self._order is not None:
            return Batch(number, *self._next(self._order, want))
        rng = generator(self.seed, number)
        parts: list[Candidates] = [uniform(self.space, rng, 0)]
        digests: tuple[str, ...] = ()
        stale = 0  # draws in a row that gave nothing new
        while len(digests) < want and not self.seen.exhausted and stale < PATIENCE:
            found, new = self.seen.accept(uniform(self.space, rng, want - len(digests)))
            parts, digests = [*parts, found], digests + new
            stale = 0 if new else stale + 1
        return Batch(number, joined(self.space, parts), digests)

    def tell(self, number: int, trials: Sequence[Trial]) -> None:
        self.seen.finish(trial.digest for trial in trials)

    def refuse(self, number: int, digests: Sequence[str]) -> None:
        self.seen.disown(digests)

    def replay(self, number: int, batch: Batch) -> None:
        """Marks the points as known, and passes over those at the head of the permutation."""
        self.seen.learn(batch.candidates.params(i) for i in range(len(batch.candidates)))
        if self._order is not None:
            self._cursor = self._first_new(self._order)

    def _first_new(self, order: IntArray1D) -> int:
        for begin in range(self._cursor, len(order), 4096):
            new = self.seen.is_new(order[begin : begin + 4096])
            if new.any():
                return begin + int(new.argmax())
        return len(order)

    def _next(self, order: IntArray1D, want: int) -> tuple[Candidates, tuple[str, ...]]:
        parts: list[Candidates] = [self.space.candidates([])]
        digests: tuple[str, ...] = ()
        while len(digests) < want and self._cursor < len(order):
            window = order[self._cursor : self._cursor + want - len(digests)]
            self._cursor += len(window)
            found, new = self.seen.accept(self.space.candidates(window))
            parts, digests = [*parts, found], digests + new
        return joined(self.space, parts), digests
