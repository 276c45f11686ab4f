"""What TPE is told and what it is not."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.search.optuna_searcher import OptunaSearch
from quantray.settings import Search
from quantray.space import parse_space
from quantray.trial import Trial, TrialState


@pytest.mark.slow
def test_it_learns_after_startup() -> None:
    space = parse_space({"a": list(range(30)), "b": list(range(30))})
    searcher = OptunaSearch(Search(batch=10, n_startup_trials=20), space, 5)
    values = []
    for k in range(20):
        batch = searcher.ask(k)
        found = [
            Trial(
                d, p := batch.candidates.params(i), TrialState.COMPLETE, -float((p["a"] - 7) ** 2 + (p["b"] - 21) ** 2)
            )
            for i, d in enumerate(batch.digests)
        ]
        values += [t.value for t in found]
        searcher.tell(k, found)
    assert max(values[:20]) < max(values)
    assert max(values) >= -1.0
    assert np.median(values[-50:]) > np.median(values[:20]) + 50
