"""Ranges of a table whose points share one preparation: the market is read once for all of them, session by session."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from itertools import groupby
from uuid import uuid4

import numpy as np

from quantray.runner.threads import worker_count
from quantray.sweeps.candidates import Prepared, prepare
from quantray.sweeps.loop.ranges import Range
from quantray.sweeps.market import Outline, Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.scores import Scores, score, score_prepared
from quantray.sweeps.signals import lists_together

#: Points that are prepared together at most: what is kept of each takes some 100 bytes.
POINTS = 2**21
#: The same of a strategy that is asked for its signals one parameter set at a time: nothing is stored meanwhile.
ALONE = 131_072
SHARE = 8  # of a stretch at least one range in so many is wanted, else each is prepared alone


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """The tables of a stretch of points, and the outline of the sessions that they were made of: no prices."""

    points: Range
    outline: Outline
    prepared: Prepared
    digest: str = field(default_factory=lambda: uuid4().hex)

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        held = (self.prepared, self.prepared.tables)
        columns = (getattr(each, one.name) for each in held if each is not None for one in fields(each))
        return sum(column.nbytes for column in columns if isinstance(column, np.ndarray))

    def score(self, plan: Plan, points: Range) -> Scores:
        """Every metric of a range of these points."""
        first = self.points[0]
        return score_prepared(plan, self.outline, self.prepared.part(points[0] - first, points[1] - first))


class Together:
    """Scores ranges, those of one stretch of the table on tables that are built when its first range is asked for.

    ``wanted`` are the ranges that will be asked for, by any thread. ``on_ray``: tasks of a Ray build the tables.
    """

    def __init__(self, plan: Plan, market: Slice, wanted: Iterable[Range], *, on_ray: bool = False) -> None:
        self._plan, self._market, self._on_ray, self._outline = plan, market, on_ray, market.outline
        self._lock = threading.Lock()
        self._most = POINTS if lists_together(plan.strategy.resolved) else ALONE
        self._points: dict[int, int] = {}
        for start, stop in wanted:
            number = start // self._most
            self._points[number] = self._points.get(number, 0) + stop - start
        self._made: tuple[Range, Prepared] | None = None

    def score(self, points: Range) -> Scores:
        """Every metric of a range."""
        stretch = self._stretch(points)
        if stretch == points:
            return score(self._plan, self._market, self._plan.space.candidates(np.arange(*points)))
        with self._lock:  # whoever comes first builds for all
            prepared = self._prepared(stretch)
        return Shared(stretch, self._outline, prepared).score(self._plan, points)

    def shared(self, todo: Iterable[Range]) -> Iterator[tuple[Shared, Iterator[Range]]]:
        """Each stretch with its tables, and those of the ranges ``todo`` that are scored on them."""
        for stretch, some in groupby(todo, self._stretch):
            yield Shared(stretch, self._outline, self._prepared(stretch)), some

    def _stretch(self, points: Range) -> Range:
        """What is prepared together with a range; itself alone where few of the others are wanted."""
        number = points[0] // self._most
        first, last = number * self._most, min((number + 1) * self._most, self._plan.space.size or 0)
        return points if points[1] > last or self._points.get(number, 0) * SHARE < last - first else (first, last)

    def _prepared(self, stretch: Range) -> Prepared:
        if self._made is None or self._made[0] != stretch:
            plan, market, candidates = self._plan, self._market, self._plan.space.candidates(np.arange(*stretch))
            workers, strategy = worker_count(plan.runner.workers, len(market)), plan.strategy.resolved
            self._made = None  # nothing is held twice
            self._made = stretch, prepare(plan, market, candidates, strategy, workers, on_ray=self._on_ray)
        return self._made[1]
