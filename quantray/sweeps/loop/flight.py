"""One batch between being asked and being told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from quantray.errors import QuantrayError
from quantray.protocols import Batch
from quantray.trial import Trial, TrialState


@dataclass(slots=True)
class Flight:
    """``batch`` holds what this driver owns of it; ``first`` is the trial number of its first candidate."""

    batch: Batch
    first: int
    results: dict[str, Trial] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        return len(self.results) == len(self.batch.digests)

    @property
    def trials(self) -> list[Trial]:
        """Results in the order in which the candidates were asked."""
        return [self.results[digest] for digest in self.batch.digests]

    def numbered(self, trials: Sequence[Trial]) -> list[Trial]:
        """New results with their numbers. QuantrayError when they are not of this batch's open candidates."""
        by_digest: Mapping[str, Trial] = {trial.digest: trial for trial in trials}
        wanted = [d for d in self.batch.digests if d not in self.results]
        if set(by_digest) != set(wanted) or len(trials) != len(wanted):
            raise QuantrayError(
                f"batch {self.batch.number} has {len(wanted)} candidates to evaluate, and the evaluation returned "
                f"{len(trials)} trials, {len(set(by_digest) - set(wanted))} of them of other candidates"
            )
        place = {digest: self.first + i for i, digest in enumerate(self.batch.digests)}
        return [replace(by_digest[d], number=place[d], batch=self.batch.number) for d in wanted]

    def failures(self, why: str) -> list[Trial]:
        """FAIL for every candidate without a result."""
        rows = enumerate(self.batch.digests)
        params = self.batch.candidates.params
        return [Trial(d, params(i), TrialState.FAIL, why=why) for i, d in rows if d not in self.results]

    @property
    def open(self) -> Batch:
        """The part of the batch that has no results yet."""
        rows = [i for i, digest in enumerate(self.batch.digests) if digest not in self.results]
        if len(rows) == len(self.batch.digests):
            return self.batch
        return part(self.batch, rows)


def part(batch: Batch, rows: Sequence[int]) -> Batch:
    """Some candidates of a batch, under the same number."""
    return Batch(batch.number, batch.candidates.take(list(rows)), tuple(batch.digests[i] for i in rows))
