"""Quasi-random search: a scrambled Sobol sequence (Sobol 1967; scrambling by Matousek 1998, as in SciPy)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from quantray.arrays import FloatArray2D
from quantray.protocols import Batch, Known
from quantray.search.seen import Seen
from quantray.search.uniform import from_unit, generator, joined
from quantray.space import Space
from quantray.trial import Trial

if TYPE_CHECKING:
    from scipy.stats.qmc import Sobol

_SEQUENCE = 0x50B0


class QmcSearch:
    """Batch k is the k-th block of the sequence; a point whose cell was asked already is replaced by a uniform

    draw from the unseen ones, from a generator of the batch's own. No result is looked at.
    """

    def __init__(self, space: Space, seed: int, batch: int, known: Known = ()) -> None:
        self.space, self.seed, self.batch = space, seed, batch
        self.seen = Seen(space, known)
        self.duplicates: Mapping[str, int] = self.seen.duplicates
        self._sequence: Sobol | None = None
        self._head: FloatArray2D = np.empty((0, len(space.dimensions)))

    def ask(self, number: int, size: int | None = None) -> Batch:
        """Raises nothing; an empty batch says that the space is exhausted."""
        want = self.batch if size is None else size
        first, digests = self.seen.accept(from_unit(self.space, self._block(number, want)))
        parts, rng = [first], generator(self.seed, number)
        while len(digests) < want:
            point = self.seen.draw(rng)
            if point is None:
                break
            found, new = self.seen.accept(point)
            parts, digests = [*parts, found], digests + new
        return Batch(number, joined(self.space, parts), digests)

    def tell(self, number: int, trials: Sequence[Trial]) -> None:
        self.seen.finish(trial.digest for trial in trials)

    def refuse(self, number: int, digests: Sequence[str]) -> None:
        self.seen.disown(digests)

    def replay(self, number: int, batch: Batch) -> None:
        self.seen.learn(batch.candidates.params(i) for i in range(len(batch.candidates)))

    def _block(self, number: int, want: int) -> FloatArray2D:
        start = number * self.batch
        if self._sequence is None or self._sequence.num_generated > max(start, 1):
            from scipy.stats import qmc

            rng = generator(self.seed, 0, _SEQUENCE)
            self._sequence = qmc.Sobol(len(self.space.dimensions), scramble=True, rng=rng)
            self._head = self._sequence.random(1)  # alone: SciPy warns of a first draw that is no power of two
        if start == 0:
            return np.vstack([self._head, self._sequence.random(want - 1)])
        self._sequence.fast_forward(start - self._sequence.num_generated)
        block: FloatArray2D = self._sequence.random(want)
        return block
