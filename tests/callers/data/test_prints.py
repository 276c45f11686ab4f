"""Lone prints: what makes one, and what clipping does to it."""

import numpy as np
import pytest

from quantray.callers.data.prints import clipped, lone_prints
from tests.builders.call_slices import made
from tests.builders.changed_candles import CALLS, CLEAN, with_value
from tests.builders.fetched_candles import fetched


def test_lone_prints_compare_with_both_neighbours_of_the_same_asset(tmp_path):
    table = with_value(with_value(CLEAN, "high", 0, 5.0), "high", 599, 5.0)  # at the ends: one neighbour is no proof
    table = with_value(with_value(table, "high", 30, 1.6), "high", 31, 1.6)  # two in a row are a move
    table = with_value(with_value(table, "high", 40, 4.0), "low", 50, 0.25)
    (block,) = fetched(tmp_path, table, calls=CALLS, hold_s=3600)
    found = lone_prints(block, 1.3)
    assert np.flatnonzero(found.high).tolist() == [40]
    assert np.flatnonzero(found.low).tolist() == [50]
    assert found.worst == pytest.approx(0.999 * 1.049 / 0.25)


def test_clipping_touches_lone_prints_alone(tmp_path):
    table = with_value(with_value(CLEAN, "high", 40, 4.0), "low", 50, 0.25)
    (block,) = fetched(tmp_path, table, calls=CALLS, hold_s=3600)
    clean = clipped(block, 1.3)
    assert clean.high[40] == max(block.high[39], block.high[41])
    assert clean.low[50] == min(block.low[49], block.low[51])
    assert np.delete(clean.high, 40).tobytes() == np.delete(block.high, 40).tobytes()
    assert (clean.high >= np.maximum(clean.open, clean.close)).all()
    assert not clean.high.flags.writeable
    assert not lone_prints(clean, 1.3).high.any()
    assert not lone_prints(clean, 1.3).low.any()


@pytest.mark.slow
def test_a_slice_may_hold_clipped_candles(tmp_path):
    candles = with_value(CLEAN, "high", 40, 4.0)
    plan, _, plain = made(tmp_path, calls=CALLS, candles=candles, hold_s=3600)
    _, _, found = made(tmp_path, calls=CALLS, candles=candles, hold_s=3600, print_filter="clip")
    (raw,), (clean,) = plain.candles(plan), found.candles(plan)
    assert raw.high[40] == 4.0
    assert clean.high[40] < 1.1
    assert found.quality["worst_lone_print"] > 3.7
