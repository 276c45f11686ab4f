"""Tables of a run about callers, read back."""

from __future__ import annotations

from pathlib import Path

import pandas
import pytest

from quantray.callers.report.files import write_all
from quantray.callers.report.tables import PARTS, calls_frame, parts_of, policy_table
from tests.builders.caller_results import results


@pytest.mark.slow
def test_the_best_policies_read_back_exactly(tmp_path: Path):
    r = results()
    read = pandas.read_csv(write_all(r, tmp_path)["optimal_policies.csv"]).set_index("unit")
    for unit in r.units:
        row = read.loc[unit.name]
        assert unit.policy is not None
        assert (row.tp, row.sl, row.hold_s, row.hold) == (unit.policy.tp, unit.policy.sl, 3600, "1h")
        assert (row.value_train, row.value_held_out) == (unit.value, unit.held_out_value)
        assert (row.n_calls, row.n_train, row.n_held_out) == (unit.n_calls, unit.n_train, unit.n_held_out)
        assert row.policy_number == unit.best
        assert r.plan.policies[int(row.policy_number)] == unit.policy
        for name, part in parts_of(unit):
            assert row[f"n_trades_{name}"] == part.metrics["n_trades"]
            assert row[f"max_drawdown_{name}"] == part.metrics["max_drawdown"]
        assert (row.verdict, row.collapsed) == (str(unit.verdict and unit.verdict.word), unit.collapsed)


def test_calls_say_what_became_of_each():
    r = results()
    frame, whole = calls_frame(r), r.unit("(all callers)")
    count = frame.part.value_counts()
    assert (count["train"], count["held_out"], count["dropped"]) == (whole.n_train, whole.n_held_out, whole.n_dropped)
    assert set(frame[frame.part == "excluded"].reason) == {"late_entry"}
    assert (frame.reason == "").sum() == whole.n_eligible
    assert frame[~frame.eligible].entry.isna().all()


def test_the_grid_is_asked_by_unit():
    r = results()
    mine = policy_table(r, "caller_1")
    assert len(mine) == len(r.plan.policies) * len(PARTS)
    assert len(policy_table(r)) == len(mine) * len(r.units)
    best = mine[(mine.part == "train") & (mine.policy == r.unit("caller_1").best)]
    assert best.captured_return.iloc[0] == r.unit("caller_1").value
