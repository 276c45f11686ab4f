"""Candidates scored together, each found to be what it is alone."""

from __future__ import annotations

from quantray.space import Candidates
from quantray.sweeps.plan import Constraints
from quantray.sweeps.scores import score_trials
from tests.builders.sessions import tiny_slice

NEAR = {"stretch_threshold": [0.0005, 0.001], "reclaim_percentage": [0.6], "cooldown_period_seconds": [60, 90]}
ANY = Constraints(min_trades=0)
SLICE = tiny_slice(3, n_bars=4000)


def bits(trial) -> tuple:  # type: ignore[no-untyped-def]
    return trial.state, trial.why, trial.value, tuple(trial.metrics.items()), trial.session_net, trial.violations


def same_alone(plan, rows) -> list:  # type: ignore[no-untyped-def]
    """The trials of a batch, each found to be what it is alone."""
    together = score_trials(plan, SLICE, Candidates.of(rows))
    for row, trial in zip(rows, together, strict=True):
        assert bits(score_trials(plan, SLICE, Candidates.of([row]))[0]) == bits(trial), row
    return together
