"""A run over policies while it goes on: its table fills with what calls offered, then with what is ranked."""

from __future__ import annotations

import pytest

from quantray.callers.progress import STAGES, Progress
from quantray.callers.results import GROUP
from quantray.callers.study import CallerStudy
from quantray.cli.tui.finished import finished_source
from quantray.cli.tui.live_policies import LivePolicies


@pytest.mark.slow
def test_the_table_fills_stage_by_stage(policies: CallerStudy, events: list[Progress]) -> None:
    source = LivePolicies(policies.plan)
    assert source.callers() == []
    assert "preparing" in source.head().progress
    offered, ranked = [], []
    for event in events:
        source.take(event)
        rows = source.callers()
        offered.append(sum(row.get("median_ath_multiple") is not None for row in rows))
        ranked.append(sum(row["value"] is not None for row in rows))
        assert source.head().stages.count("›") == 1
    assert offered == sorted(offered)
    assert ranked == sorted(ranked)
    assert offered[-1] == 3
    assert ranked[-1] == len(policies.results.ranked)
    assert source.version == len(events)


def test_the_end_of_the_run_says_what_its_folder_says(policies: CallerStudy, events: list[Progress]) -> None:
    source, stored = LivePolicies(policies.plan), finished_source(policies.plan.run_dir)
    source.take(events[-1])
    assert events[-1].stage == STAGES[-1]
    last = {row["caller"]: row for row in stored.callers()}
    for row in source.callers():
        for key in ("n", "value", "held_out", "policy", "median_ath_multiple", "median_time_to_ath_s"):
            if row["caller"] != GROUP or key in ("value", "held_out", "policy"):
                assert row[key] == last[row["caller"]][key]
    assert source.head().medians == stored.head().medians
    call = source.calls("caller_0")[0]
    assert source.picture(call, None).marks == stored.picture(stored.calls("caller_0")[0], None).marks
