"""A trial is whole: a value where it is complete, a reason where it is not."""

from __future__ import annotations

import pytest

from quantray.trial import Trial, TrialState


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_a_complete_trial_has_a_finite_value(value: float | None) -> None:
    with pytest.raises(ValueError, match="cannot have the value"):
        Trial("d", {}, TrialState.COMPLETE, value)


@pytest.mark.parametrize("state", [TrialState.FAIL, TrialState.PRUNED])
def test_any_other_has_none_and_says_why(state: TrialState) -> None:
    with pytest.raises(ValueError, match="cannot have the value"):
        Trial("d", {}, state, 1.0, why="x")
    with pytest.raises(ValueError, match="must say why"):
        Trial("d", {}, state)
    assert not Trial("d", {}, state, why="x").feasible


def test_feasible_is_inside_every_bound() -> None:
    assert Trial("d", {}, TrialState.COMPLETE, 1.0, (0.0, -1.0)).feasible
    assert not Trial("d", {}, TrialState.COMPLETE, 1.0, (-1.0, 1e-9)).feasible
