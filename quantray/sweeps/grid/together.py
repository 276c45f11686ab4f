"""Ranges of a table whose points share one preparation: the market is read once for all of them, session by session."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import numpy as np

from quantray.runner.threads import worker_count
from quantray.sweeps.candidates import Prepared, prepare
from quantray.sweeps.loop.ranges import Range
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.scores import Scores, score, score_prepared
from quantray.sweeps.signals import lists_together

#: Points that are prepared together at most: what is kept of each takes some 100 bytes.
POINTS = 2**21
#: The same of a strategy that is asked for its signals one parameter set at a time: nothing is stored meanwhile.
ALONE = 131_072
SHARE = 8  # of a stretch at least one range in so many is wanted, else each is prepared alone


class Together:
    """Scores ranges, those of one stretch of the table on tables that are built when its first range is asked for.

    ``wanted`` are the ranges that will be asked for, by any thread.
    """

    def __init__(self, plan: Plan, market: Slice, wanted: Iterable[Range]) -> None:
        self._plan, self._market = plan, market
        self._lock = threading.Lock()
        self._most = POINTS if lists_together(plan.strategy.resolved) else ALONE
        self._points: dict[int, int] = {}
        for start, stop in wanted:
            number = start // self._most
            self._points[number] = self._points.get(number, 0) + stop - start
        self._made: tuple[int, Prepared] | None = None

    def score(self, points: Range) -> Scores:
        """Every metric of a range."""
        plan, market, (start, stop) = self._plan, self._market, points
        number = start // self._most
        first, last = number * self._most, min((number + 1) * self._most, plan.space.size or 0)
        if stop > last or self._points.get(number, 0) * SHARE < last - first:
            return score(plan, market, plan.space.candidates(np.arange(start, stop)))
        with self._lock:  # whoever comes first builds for all
            if self._made is None or self._made[0] != number:
                candidates = plan.space.candidates(np.arange(first, last))
                workers = worker_count(plan.runner.workers, len(market))
                self._made = number, prepare(plan, market, candidates, plan.strategy.resolved, workers)
            prepared = self._made[1]
        return score_prepared(plan, market, prepared.part(start - first, stop - first))
