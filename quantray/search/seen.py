"""What a search has asked already: no candidate twice, and every duplicate counted by its source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from quantray.arrays import BoolArray1D, IntArray1D
from quantray.protocols import Known
from quantray.search.uniform import uniform
from quantray.space import Candidates, Digests, Space

#: Up to this many points a byte is kept for each point; above it only for those that were asked.
TABLE_POINTS = 1 << 24
#: Duplicate asks in a row after which a point is drawn uniformly from the unseen ones.
PATIENCE = 100

_NEW, _IN_FLIGHT, _FINISHED, _KNOWN = range(4)
_SOURCES = ("", "sampler", "memory", "database")


class Seen:
    """Every candidate of a search that may not be asked again.

    ``known`` holds digests of an earlier run or another driver; a mapping to trials also counts them as points,
    so that exhaustion is noticed without asking.
    """

    def __init__(self, space: Space, known: Known = ()) -> None:
        self.space = space
        self.duplicates = {"sampler": 0, "memory": 0, "database": 0}
        self._digests = Digests(space)
        self._table = bytearray(space.size) if space.size is not None and space.size <= TABLE_POINTS else None
        self._status: dict[int | str, int] = {}  # by digest, when there is no table
        self._strides = _strides(space)
        self._open: dict[str, int | str] = {}  # digest -> key of what is in flight
        self._strangers = set(known)  # digests whose points are not in the table
        self.left = space.size  # points that may still be asked; None when they are endless
        if isinstance(known, Mapping):
            self.learn([trial.params for trial in known.values()])

    @property
    def exhausted(self) -> bool:
        return self.left == 0

    def statuses(self, candidates: Candidates) -> list[int]:
        """0 where a candidate is new; else what :meth:`count` counts."""
        if self._table is not None and not self._strangers:
            return [self._table[key] for key in self.keys(candidates)]
        digests = self._digests.of(candidates)
        keys: Sequence[int | str] = self.keys(candidates) if self._table is not None else digests
        pairs = zip(keys, digests, strict=True)
        return [self._get(key) or (_KNOWN if digest in self._strangers else _NEW) for key, digest in pairs]

    def count(self, status: int) -> None:
        """An ask was a duplicate."""
        self.duplicates[_SOURCES[status]] += 1

    def accept(self, candidates: Candidates) -> tuple[Candidates, tuple[str, ...]]:
        """Those of the candidates that are new, with their digests, now in flight; the others are counted."""
        digests = self._digests.of(candidates)
        keys: Sequence[int | str] = self.keys(candidates) if self._table is not None else digests
        rows = []
        for i, (key, digest) in enumerate(zip(keys, digests, strict=True)):
            status = self._get(key)
            if status == _NEW and digest in self._strangers:
                status = _KNOWN
                self._set(key, _KNOWN)
            if status == _NEW:
                self._set(key, _IN_FLIGHT)
                self._open[digest] = key
                rows.append(i)
            else:
                self.count(status)
        if len(rows) < len(candidates):
            return candidates.take(rows), tuple(digests[i] for i in rows)
        return candidates, digests

    def draw(self, rng: np.random.Generator) -> Candidates | None:
        """One point drawn uniformly from the unseen ones, None when there is none."""
        if self.exhausted:
            return None
        for _ in range(64 if self._table is not None else 100_000):
            point = uniform(self.space, rng, 1)
            key: int | str = self.keys(point)[0] if self._table is not None else self._digests.of(point)[0]
            if self._get(key) == _NEW:
                return point
        if self._table is None:
            return None
        unseen = np.flatnonzero(np.frombuffer(self._table, np.uint8) == _NEW)
        return self.space.candidates([unseen[rng.integers(len(unseen))]])

    def finish(self, digests: Iterable[str]) -> None:
        """Candidates in flight have results now."""
        self._close(digests, _FINISHED)

    def disown(self, digests: Iterable[str]) -> None:
        """Candidates in flight turned out to be another driver's."""
        for digest in digests:
            if digest in self._open:
                self.duplicates["database"] += 1
                self._close([digest], _KNOWN)

    def learn(self, params: Iterable[Mapping[str, object]]) -> None:
        """Candidates of an earlier run, by their parameters."""
        rows = list(params)
        if not rows:
            return
        candidates = Candidates.of([{name: row[name] for name in self.space.names} for row in rows])
        digests = self._digests.of(candidates)
        keys: Sequence[int | str] = [self.space.number(row) for row in rows] if self._table is not None else digests
        self._strangers.difference_update(digests)
        for digest, key in zip(digests, keys, strict=True):
            self._open.pop(digest, None)
            self._set(key, _KNOWN)

    def forget(self, digests: Sequence[str], params: Iterable[Mapping[str, object]]) -> None:
        """Candidates that are about to be asked for again in a replay."""
        self._strangers.difference_update(digests)
        keys = [self.space.number(row) for row in params] if self._table is not None else digests
        for key in keys:
            self._set(key, _NEW)

    def keys(self, candidates: Candidates) -> list[int]:
        """Numbers of the points of a space that has a table."""
        numbers: list[int] = (candidates.codes.astype(np.int64) @ self._strides).tolist()
        return numbers

    def is_new(self, numbers: IntArray1D) -> BoolArray1D:
        """True [n] where the points ``numbers`` [n] of a space with a table are unseen."""
        new: BoolArray1D = np.frombuffer(self._table or b"", np.uint8)[numbers] == _NEW
        return new

    @property
    def has_table(self) -> bool:
        return self._table is not None

    def _get(self, key: int | str) -> int:
        if self._table is None:
            return self._status.get(key, _NEW)
        return self._table[key]  # type: ignore[index]  # with a table keys are numbers

    def _set(self, key: int | str, status: int) -> None:
        before = self._get(key)
        if self.left is not None:
            self.left += (status == _NEW) - (before == _NEW)
        if self._table is not None:
            self._table[key] = status  # type: ignore[index]
        elif status == _NEW:
            self._status.pop(key, None)
        else:
            self._status[key] = status

    def _close(self, digests: Iterable[str], status: int) -> None:
        for digest in digests:
            key = self._open.pop(digest, None)
            if key is not None:
                self._set(key, status)


def _strides(space: Space) -> IntArray1D:
    lengths = [len(d.values or ()) for d in space.dimensions]
    return np.cumprod([1, *lengths[:0:-1]], dtype=np.int64)[::-1]  # of no meaning without a table
