"""The exit that comes first, and which one wins a tie."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.sweeps.kernels.touch import first_exit

TP, SL, HELD, LAST = 0, 1, 2, 3


@pytest.mark.parametrize(
    ("when", "column"),
    [
        ([5, 6, 7, 8], TP),
        ([6, 5, 7, 8], SL),
        ([7, 6, 5, 8], HELD),
        ([9, 9, 9, 8], LAST),
        ([8, 8, 8, 8], LAST),  # the emergency and the end of the day come before levels in their bar
        ([5, 5, 5, 8], TP),
        ([8, 5, 5, 8], SL),
    ],
)
def test_the_earliest_decides_and_ties_fall_in_their_order(when: list[int], column: int) -> None:
    assert first_exit(np.array(when, np.int32), TP, SL, HELD) == column
