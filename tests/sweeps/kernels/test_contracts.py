"""Which contract is bought."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quantray.sweeps.kernels.columns import Choice
from quantray.sweeps.kernels.contracts import Mode, choose, ladder
from quantray.sweeps.market import CALL, PUT
from tests.builders.sessions import tiny_slice

STRIKES = np.array([98.0, 99.0, 100.0, 101.0, 102.0])


@pytest.mark.parametrize(
    ("spot", "call", "mode", "depth", "strike"),
    [
        (100.4, True, Mode.ITM, 1, 100.0),
        (100.4, True, Mode.ITM, 2, 99.0),
        (100.4, True, Mode.ITM, 9, 98.0),  # clipped to the last
        (100.4, False, Mode.ITM, 1, 101.0),
        (100.4, True, Mode.OTM, 1, 101.0),
        (100.4, False, Mode.OTM, 1, 100.0),
        (100.0, True, Mode.ITM, 1, 99.0),  # strict
        (100.0, False, Mode.ITM, 1, 101.0),
        (97.0, True, Mode.ITM, 1, 98.0),  # nothing on that side: the nearest
        (103.0, False, Mode.ITM, 1, 102.0),
        (100.5, True, Mode.ATM, 1, 100.0),  # the lower at equal distance
        (100.6, False, Mode.ATM, 1, 101.0),
    ],
)
def test_the_contract_follows_mode_and_depth(spot, call, mode, depth, strike):
    assert STRIKES[choose(STRIKES, spot, call, Choice(mode, depth))] == strike


@pytest.mark.parametrize("mode", [Mode.ITM, Mode.OTM, Mode.ATM])
def test_without_a_spot_there_is_no_contract(mode):
    assert choose(STRIKES, np.nan, True, Choice(mode, 1)) == choose(STRIKES, np.nan, False, Choice(mode, 1)) == -1


def test_expiries():
    first = tiny_slice(1).sessions[0]
    later = tiny_slice(1, next_day=True).sessions[0]
    today, _ = ladder(later, CALL, True)
    tomorrow_only = replace(first, expiry=first.expiry + 1)
    assert len(today)
    assert len(ladder(tomorrow_only, CALL, True)[0]) == 0
    strikes, rows = ladder(tomorrow_only, PUT, False)
    assert len(strikes) == len(set(strikes)) == len(rows)
    assert (first.right[rows] == PUT).all()
