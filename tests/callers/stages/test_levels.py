"""Levels of policies, and what lies one step apart in a grid."""

from __future__ import annotations

from quantray.callers.policies import grid, read_policy
from quantray.callers.stages.levels import AXES, Steps, levels_of, used_axes
from tests.builders.call_plans import POLICIES


def test_every_policy_has_its_own_levels() -> None:
    rows = [tuple(levels_of(p).values()) for p in POLICIES]
    assert len(set(rows)) == len(POLICIES)
    assert all(len(row) == len(AXES) for row in rows)


def test_levels_are_named_as_in_the_grid() -> None:
    policy = read_policy({"sl": 0.9, "tp": 2, "hold": "48h", "trailing": {"activation": 0.2, "trail": 0.05}})
    found = {axis: level for axis, level in levels_of(policy).items() if level is not None}
    assert found == {"tp": 2, "sl": 0.9, "hold_s": 172_800, "activation": 0.2, "trail": 0.05}
    assert used_axes([policy]) == ["tp", "sl", "hold_s", "activation", "trail"]


def test_neighbours_are_one_step_away_on_one_axis() -> None:
    policies = grid("v1")
    steps = Steps(policies)
    best = policies.index(read_policy({"tp": 2, "sl": 0.9, "hold": "48h"}))
    assert {change for _, change in steps.around(best)} == {
        "tp 2 -> 1.5", "tp 2 -> 2.5", "sl 0.9 -> 0.88", "sl 0.9 -> 0.92",
    }  # fmt: skip
    for i, _ in steps.around(best):
        assert best in [j for j, _ in steps.around(i)]


def test_no_target_lies_above_all_targets_and_no_stop_below_all_stops() -> None:
    policies = grid("fixed")
    steps = Steps(policies)
    far = policies.index(read_policy({"tp": 3, "sl": 0.95, "hold": "48h"}))
    assert "tp 3 -> none" in {change for _, change in steps.around(far)}
    near = policies.index(read_policy({"tp": 1.5, "sl": 0.95, "hold": "48h"}))
    assert "tp 1.5 -> none" not in {change for _, change in steps.around(near)}


def test_every_other_ladder_is_a_step() -> None:
    policies = grid("ladder")
    found = Steps(policies).around(0)
    assert sum(change.startswith("ladder") for _, change in found) == 2


def test_corners_have_fewer_neighbours() -> None:
    steps = Steps(grid("trailing"))
    counts = {len(steps.around(i)) for i in range(len(steps.rows))}
    assert min(counts) == 3
    assert max(counts) == 6
