"""What every engine is spared: repetition, and trials that taught nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from quantray.search.history_searcher import HistorySearch, bounded
from quantray.search.seen import PATIENCE
from quantray.space import parse_space
from quantray.trial import Trial, TrialState
from tests.builders.objectives import score

SPACE = parse_space({"a": [1, 2, 3], "b": ["x", "y"]})


class Stubborn(HistorySearch[int]):
    """Proposes the first point of the space for ever, and notes what it hears."""

    def __init__(self) -> None:
        super().__init__(SPACE, 1, 3)
        self.began: list[int] = []
        self.proposals = self.number = 0
        self.ended: dict[int, str] = {}

    def _begin(self, number: int, rng: np.random.Generator) -> None:
        self.began.append(number)

    def _proposed(self) -> tuple[int, Mapping[str, Any]]:
        self.proposals += 1
        return self._start({}), {"a": 0, "b": 0}

    def _start(self, asked: dict[str, Any]) -> int:
        self.number += 1
        return self.number

    def _complete_with(self, running: int, trial: Trial) -> None:
        self.ended[running] = "complete"

    def _fail(self, running: int) -> None:
        self.ended[running] = "failed"


def test_an_engine_that_repeats_itself_is_counted_and_replaced_by_a_draw() -> None:
    engine = Stubborn()
    batch = engine.ask(0)
    assert len(set(batch.digests)) == 3
    assert engine.began == [0]
    assert engine.duplicates["sampler"] == engine.proposals - 1 == PATIENCE + 1  # a draw does not break the row
    assert {d for k in (1, 2) for d in engine.ask(k).digests}.isdisjoint(batch.digests)
    assert engine.ask(3).digests == ()


def test_every_trial_ends_and_only_complete_ones_teach() -> None:
    engine = Stubborn()
    batch = engine.ask(0)
    first, second = (score(batch.candidates.params(i)) for i in range(2))
    done = Trial(first.digest, first.params, TrialState.COMPLETE, 1.0)
    pruned = Trial(second.digest, second.params, TrialState.PRUNED, why="too_few_trades")
    engine.tell(0, [done, pruned])  # the third was lost
    assert sorted(engine.ended) == list(range(1, engine.number + 1))
    assert list(engine.ended.values()).count("complete") == 1


def test_a_violation_that_does_not_exist_is_the_largest() -> None:
    assert bounded((0.5, math.nan, -1.0)) == {"0": 0.5, "1": math.inf, "2": -1.0}
