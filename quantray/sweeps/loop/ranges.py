"""Ranges of a complete table, each worked on by one driver: kept as a study of their own beside the table's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from quantray.protocols import Batch, Ledger
from quantray.space import Candidates, candidate_digest
from quantray.trial import Trial, TrialState

Range = tuple[int, int]
#: Appended to the name of a study; no study that a user names has a slash in it.
SUFFIX = "/ranges"


class RangeClaims:
    """Who works on which range, by the ledger's claims: a driver that dies loses its own. Used by one thread.

    ``ranges`` is the whole table in order; range i is batch i, so that it may be claimed again after a death.
    """

    def __init__(self, ledger: Ledger, ranges: Sequence[Range]) -> None:
        self.ledger = ledger
        self._number = {points: i for i, points in enumerate(ranges)}
        self._stored: set[str] = set()

    def look(self) -> None:
        """See which ranges are stored: to be called before their files are looked at.

        Seen the other way round, a range that another driver stores in between would seem to have lost its file.
        """
        self._stored = {digest for pending in self.ledger.batches() for digest in pending.stored}

    def won(self, todo: Iterable[Range]) -> Iterator[Range]:
        """Those of the ranges that are this driver's to evaluate, claimed when they are asked for.

        A range that was stored at the last :meth:`look` and is asked for nevertheless (its file is gone) is anybody's.
        """
        for points in todo:
            batch = self._batch(points)
            if batch.digests[0] in self._stored or self.ledger.claim(batch)[0]:
                yield points

    def store(self, points: Range) -> None:
        """The range is evaluated, and its file written."""
        batch = self._batch(points)
        digest = batch.digests[0]
        if digest not in self._stored:
            trial = Trial(digest, batch.candidates.params(0), TrialState.COMPLETE, float(points[1] - points[0]))
            self.ledger.store(batch.number, [trial])
            self._stored.add(digest)

    @property
    def shared(self) -> bool:
        """Whether another driver works on the table, or did since this one began."""
        return self.ledger.shared

    def others(self) -> int:
        """How many drivers work on it beside this one, counted now."""
        self.ledger.reserve(0, 0, 0)
        return self.ledger.others

    def _batch(self, points: Range) -> Batch:
        start, stop = points
        candidates = Candidates.of([{"start": start, "stop": stop}])
        return Batch(self._number[points], candidates, (candidate_digest(candidates.params(0)),))
