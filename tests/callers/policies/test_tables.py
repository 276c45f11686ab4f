"""Windows and tables: what they refuse, entering later, buckets put together, and part of a program."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.callers.policies.program import compile_policies
from quantray.callers.policies.tables import Tables, Windows, build_tables
from quantray.errors import ConfigError
from tests.builders.candles import MINUTE, POLICIES, candles, columns, whole
from tests.builders.policy_markets import compare, windows_of

FIELDS = ("ts", "open", "high", "low", "close", "volume")


def test_windows_refuse_what_cannot_be():
    with pytest.raises(ValueError, match="2 entries, 1 stops"):
        Windows(np.array([0, 1]), np.array([3]), np.array([0, 0]))
    with pytest.raises(ValueError, match="warm <= entry < stop"):
        Windows(np.array([3]), np.array([3]), np.array([0]))
    with pytest.raises(ConfigError, match="did you mean 'close'"):
        build_tables(candles(9), whole(candles(9)), compile_policies(POLICIES).levels, 60, entry="closed")


def test_one_candle_late():
    c = columns(np.arange(6) * MINUTE, *np.array([[1, 2, 3, 0, np.nan, 6]] * 4, float))
    windows = Windows(np.array([0, 1, 2, 3, -1, 4]), np.array([6, 2, 6, 6, 6, 6]), np.zeros(6))
    late = windows.later(c.open)
    # its window ends before, the price is 0, the price is none, it could not trade before either
    assert late.entry.tolist() == [1, -1, -1, -1, -1, 5]
    assert (late.stop.tolist(), late.warm.tolist()) == (windows.stop.tolist(), windows.warm.tolist())
    assert windows.later(c.open, 0).entry.tolist() == [0, 1, 2, -1, -1, -1]
    with pytest.raises(ValueError, match="in the past"):
        windows.later(c.open, -1)
    market = candles(400, seed=7)
    count, _ = compare(market, windows_of(market, 60, seed=8).later(market.open), POLICIES)
    assert count > 700


def test_buckets_put_together():
    """Tables of two buckets, joined, are the tables of the candles, joined."""
    one, two = candles(200, seed=1), candles(300, seed=2)
    program = compile_policies(POLICIES)
    parts = [(c, windows_of(c, 30, seed=5)) for c in (one, two)]
    tables = Tables.join([build_tables(c, w, program.levels, 60) for c, w in parts], [0, 200])
    both = columns(*(np.concatenate([getattr(one, k), getattr(two, k)]) for k in FIELDS))
    rows = [np.concatenate([getattr(parts[0][1], k), getattr(parts[1][1], k) + 200]) for k in ("entry", "stop", "warm")]
    whole_ = build_tables(both, Windows(*rows), program.levels, 60)
    for name in ("keys", "fill", "worst", "time", "peaks", "price", "entry_ns", "start"):
        np.testing.assert_array_equal(getattr(tables, name), getattr(whole_, name))
    entered = whole_.start >= 0
    assert 0 < entered.sum() < len(entered)
    np.testing.assert_array_equal(tables.stop[entered], whole_.stop[entered])
    other = build_tables(one, parts[0][1], program.levels, 60, intrabar="target_first")
    with pytest.raises(ValueError, match="another order"):
        Tables.join([tables, other], [0, 500])
