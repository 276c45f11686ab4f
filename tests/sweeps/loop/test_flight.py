"""A batch in flight: what has results, what is open, and results that are nobody's."""

from __future__ import annotations

import pytest

from quantray.errors import QuantrayError
from quantray.sweeps.loop.flight import Flight
from quantray.testing.ledger import make_batch, make_trials
from quantray.trial import TrialState
from tests.builders.fakes import SPACE


def test_results_come_in_parts_and_are_numbered_in_the_order_asked() -> None:
    batch = make_batch(4, [9, 2, 7], SPACE)
    flight = Flight(batch, first=30)
    trials = make_trials(batch)
    for trial in flight.numbered(trials[::-1]):
        if trial.digest != batch.digests[1]:
            flight.results[trial.digest] = trial
    assert not flight.done
    assert flight.open.digests == (batch.digests[1],)
    assert flight.open.candidates.params(0) == batch.candidates.params(1)
    [failed] = flight.failures("gone")
    assert (failed.state, failed.why, failed.params) == (TrialState.FAIL, "gone", batch.candidates.params(1))
    flight.results[failed.digest] = failed
    assert flight.done
    assert [t.number for t in flight.trials if t is not failed] == [30, 32]


@pytest.mark.parametrize("wrong", ["fewer", "twice", "other"])
def test_results_of_other_candidates_are_refused(wrong: str) -> None:
    batch = make_batch(4, [9, 2], SPACE)
    trials = make_trials(batch)
    given = {"fewer": trials[:1], "twice": [trials[0]] * 2, "other": make_trials(make_batch(4, [9, 3], SPACE))}[wrong]
    with pytest.raises(QuantrayError, match="has 2 candidates to evaluate"):
        Flight(batch, first=0).numbered(given)
