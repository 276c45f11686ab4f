"""Plan, coverage and slice of a run, one after the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from quantray.callers.data import CallsData
from quantray.callers.policies import read_policy
from quantray.callers.prepare import covered, market_needs, planned, prepare, sliced
from quantray.callers.results import GROUP
from quantray.errors import DataError
from tests.builders.call_plans import plan_on


def test_a_caller_may_not_be_named_as_the_group(data: CallsData, tmp_path: Path) -> None:
    plan = plan_on(data, tmp_path)
    plan = replace(plan, calls=replace(plan.calls, aliases={"caller_0": GROUP}))
    for stage in (prepare, planned):
        with pytest.raises(DataError, match=r"as the group is; give calls\.aliases"):
            stage(plan)


@pytest.mark.slow
def test_plan_coverage_and_slice_come_one_by_one(data: CallsData, tmp_path: Path) -> None:
    plan = plan_on(data, tmp_path)
    whole = prepare(plan)
    windows = planned(plan)
    assert windows.digest == whole.windows.digest
    assert sliced(plan, windows).folder == whole.slice.folder
    alone = covered(plan, windows)
    for name in ("reason", "entry_ns", "present", "silent"):
        assert (getattr(alone, name) == getattr(whole.coverage, name)).all()
    assert not list(tmp_path.iterdir())


def test_the_policies_say_how_much_of_the_market_is_needed(data: CallsData, tmp_path: Path) -> None:
    plan = plan_on(data, tmp_path)
    needs = market_needs(plan, 60)
    assert (needs.max_hold_s, needs.max_dip_wait_s, needs.warmup_s) == (3 * 3600, 1800, 33 * 60)
    assert market_needs(replace(plan, entry="close"), 60).max_hold_s == 3 * 3600 + 60
    endless = replace(plan, policies=(read_policy({"sl": 0.9}), read_policy({"sl": 0.9, "hold": "1h"})))
    assert market_needs(endless, 60).max_hold_s == 48 * 3600
