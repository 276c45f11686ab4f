"""Which candidates a pick was made from."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.stats.family import family_of_surface, family_of_trials
from quantray.trial import Trial, TrialState


def test_families_leave_out_what_could_not_be_picked():
    values, net = np.array([np.nan, 2.0, np.nan, 5.0]), np.arange(8.0).reshape(4, 2)
    rows, pick = family_of_surface(values, net, 3)
    assert rows.tolist() == [[2.0, 3.0], [6.0, 7.0]]
    assert pick == 1
    assert family_of_surface(values, net, None)[1] is None
    with pytest.raises(ValueError, match="point 0"):
        family_of_surface(values, net, 0)


def test_family_of_trials():
    good = [Trial(str(i), {}, TrialState.COMPLETE, 1.0 * i, session_net=(1.0 * i, 2.0), number=i) for i in range(3)]
    barred = Trial("x", {}, TrialState.COMPLETE, 9.0, (1.0,), session_net=(5.0, 5.0), number=4)
    pruned = Trial("y", {}, TrialState.PRUNED, why="too_few_trades", session_net=(7.0, 7.0), number=5)
    rows, pick = family_of_trials([barred, *good, pruned], good[2])
    assert rows.tolist() == [[0.0, 2.0], [1.0, 2.0], [2.0, 2.0]]
    assert pick == 2
    assert family_of_trials([pruned], None)[0].shape == (0, 0)
    with pytest.raises(ValueError, match="trial 4"):
        family_of_trials([barred, *good], barred)
