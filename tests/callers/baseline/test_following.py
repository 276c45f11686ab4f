"""What events of a run over policies hold: measured calls only grow, and what is ranked is what the run ends with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quantray.callers.baseline.following import PolicyProgress
from quantray.callers.baseline.offered import baseline_of
from quantray.callers.data import CallsData
from quantray.callers.pipeline import run
from quantray.callers.progress import Progress
from tests.builders.call_plans import plan_on


@pytest.mark.slow
def test_events_grow_into_the_results(data: CallsData, tmp_path: Path) -> None:
    told: list[Progress] = []
    results = run(plan_on(data, tmp_path, mode="both"), progress=told.append, say=lambda sentence: None)
    events = [event for event in told if isinstance(event, PolicyProgress)]
    assert len(events) == len(told)
    done = [0 if event.alerts is None else int(event.alerts.done.sum()) for event in events]
    assert done == sorted(done)
    last = events[-1]
    assert last.alerts is not None
    offered = baseline_of(results)
    assert offered is not None
    assert (last.alerts.done == offered.alerts.done).all()
    assert last.alerts.records.tobytes() == offered.alerts.records.tobytes()
    assert last.medians.ath_multiple == float(np.median(offered.alerts.real("ath_multiple")[offered.alerts.done]))
    assert {name: place["value"] for name, place in last.places.items()} == {u.name: u.value for u in results.units}
    again: list[Progress] = []
    run(plan_on(data, tmp_path, mode="both"), progress=again.append, say=lambda sentence: None)
    end = again[-1]
    assert isinstance(end, PolicyProgress)
    assert end.places == last.places
    assert end.medians == last.medians
