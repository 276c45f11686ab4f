"""The baseline while it goes on: what is drawn of each event, and that the last one is what the folder holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.callers.baseline import BaselineProgress
from quantray.callers.baseline_study import baseline
from quantray.cli.tui.finished import finished_source
from quantray.cli.tui.live_baseline import LiveBaseline
from quantray.errors import DataError
from tests.builders.baselines import plan_on
from tests.builders.call_plans import market


@pytest.mark.slow
def test_every_event_can_be_drawn_and_the_last_one_is_the_result(tmp_path: Path) -> None:
    told: list[BaselineProgress] = []
    plan = plan_on(market(tmp_path, n_calls=90, length=600, bucket_rows=100), tmp_path / "run")
    baseline(plan, progress=told.append, say=lambda sentence: None)
    source = LiveBaseline(plan)
    with pytest.raises(DataError, match="not there yet"):
        source.picture({}, None)
    filled = []
    for event in told:
        source.take(event)
        filled.append(sum(row["n"] for row in source.callers()))
        head = source.head()
        assert event.stage in head.stages
        assert len(head.progress) <= 80
        assert len(head.medians) <= 80
        for row in source.callers():
            waiting = [call for call in source.calls(row["caller"]) if call["state"] == "waiting"]
            measured = [call for call in source.calls(row["caller"]) if call["ath_multiple"] is not None]
            assert len(measured) == row["n"]
            assert not [call for call in waiting if call["ath_multiple"] is not None]
    assert filled == sorted(filled)
    stored = finished_source(plan.run_dir)
    assert source.head().medians == stored.head().medians
    last = {row["caller"]: row for row in stored.callers()}
    for row in source.callers():
        assert {key: last[row["caller"]][key] for key in row} == row
        for mine, theirs in zip(source.calls(row["caller"]), stored.calls(row["caller"]), strict=True):
            assert mine == theirs
            if mine["status"] == "ok":
                assert source.exits(mine) == stored.exits(theirs)
                shown = [found.picture(mine, "simple trade") for found in (source, stored)]
                assert (shown[0].marks, shown[0].facts, shown[0].exits) == (
                    shown[1].marks,
                    shown[1].facts,
                    shown[1].exits,
                )
