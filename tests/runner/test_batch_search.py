"""Batches as the trials of Ray Tune."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.objectives import EMPTY, evaluate, make_plan, open_sweep
from tests.builders.rays import own_ray

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    with own_ray():
        yield


def test_the_stopper_ends_a_trial_that_reports_a_candidate_again(tmp_path: Path) -> None:
    from quantray.runner.batch_search import DedupeStopper
    from quantray.runner.parcel import Reply

    sweep = open_sweep(make_plan(tmp_path))
    batch = sweep.next_batch()
    assert batch is not None
    stopper, trials = DedupeStopper(sweep, threading.Event()), evaluate(sweep.plan, EMPTY, batch.candidates)
    assert not stopper("a", {"reply": Reply(trials[:5])})
    assert stopper("b", {"reply": Reply(trials[3:])})
    assert stopper.repeated == 2
    assert not stopper("c", {"reply": Reply(why="ValueError: nothing")})
    assert not stopper.stop_all()
    sweep.interrupted = True
    sweep.finish(batch.number, trials)
    assert stopper.stop_all()
    sweep.ledger.close()
