"""What a verdict looks at: every candidate whose held-out sessions are shown counts as a look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quantray.sweeps.evidence import looks
from quantray.sweeps.judge import best_of
from quantray.sweeps.results import Chosen
from quantray.sweeps.scores import sample, score_trials
from tests.builders.sessions import tiny_slice
from tests.builders.sweep_plans import sweep_plan

MARKET = tiny_slice(3, seed=2, n_bars=1200, n_strikes=5)
PLAN = sweep_plan({"stretch_threshold": [0.0005, 0.001], "take_profit_percent": [25, 50]})


def test_who_is_looked_at_counts_once():
    trials = score_trials(PLAN, MARKET, PLAN.space.candidates(np.arange(4)))
    best = best_of(trials)
    other = next(t for t in trials if t.digest != best.digest)
    pick = Chosen("pick", 7, dict(reversed(other.params.items())), 1.0, sample(PLAN, MARKET, other.params), None)
    assert looks(best, None, []) == 1
    assert looks(best, pick, []) == 2
    assert looks(best, replace(pick, params=best.params), []) == 1
    assert looks(best, pick, trials) == 4
