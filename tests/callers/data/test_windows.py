import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.callers.data import CallSettings, Needs, load_calls, needs_of, plan_calls
from quantray.callers.data.windows import merged
from quantray.errors import ConfigError
from tests.builders.call_tables import call_rows, data_of, minute


def test_windows_are_delay_lag_wait_and_hold_whatever_the_interval(tmp_path):
    calls = load_calls(data_of(tmp_path, call_rows(("a", "X", 100.5))))
    needs = needs_of(CallSettings(delay="30s", max_entry_lag="4m"), 3600, max_dip_wait_s=600, warmup_s=1800)
    plan = plan_calls(calls, 60, needs)
    assert plan.start_ns.tolist() == [minute(70.5)]
    assert plan.entry_from_ns.tolist() == [minute(101)]
    assert plan.entry_until_ns.tolist() == [minute(105)]
    assert plan.end_ns.tolist() == [minute(105 + 10 + 60)]
    for interval in (60, 300, 900):
        assert plan_calls(calls, interval, Needs(3600)).end_ns.tolist() == [minute(100.5 + interval / 30 + 60)]


def test_a_hold_of_nothing_is_refused():
    with pytest.raises(ConfigError, match="longest hold must be at least 1 s, got 0"):
        Needs(0)
    with pytest.raises(ConfigError, match="warmup must be >= 0, got -1"):
        Needs(60, warmup_s=-1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60), st.integers(0, 25)), max_size=25))
def test_merged_stretches_are_disjoint_and_cover_the_same_points(rows):
    asset = np.array([r[0] for r in rows], np.int32)
    start = np.array([r[1] for r in rows], np.int64)
    end = start + np.array([r[2] for r in rows], np.int64)
    spans = merged(("X", "Y", "Z"), asset, start, end)
    for number in range(3):
        wanted = {t for a, s, e in zip(asset, start, end, strict=True) if a == number for t in range(s, e)}
        mine = spans.of(range(number, number + 1))
        covered = [t for s, e in zip(mine.start_ns, mine.end_ns, strict=True) for t in range(s, e)]
        assert len(covered) == len(set(covered))
        assert set(covered) == wanted
        assert (mine.start_ns[1:] > mine.end_ns[:-1]).all()
