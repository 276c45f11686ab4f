"""Entries equal the slow reference: at the open, at the close, on a dip within its wait, and none at all."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.callers.codes import Entry
from quantray.callers.kernels.columns import Candles
from quantray.callers.kernels.entries import entries
from quantray.callers.policies import read_policy
from tests.builders.candles import MINUTE, candles, rows
from tests.reference import policies as reference

WAYS = ({}, {"entry": {"dip": 0.01, "wait": "5m"}}, {"entry": {"dip": 0.05, "wait": "30m"}})
POLICIES = [read_policy({"hold": "1h", **way}) for way in WAYS]
DIP, WAIT = np.array([np.nan, 0.01, 0.05]), np.array([0, 300, 1800]) * 1_000_000_000


@pytest.mark.parametrize("fill", Entry)
def test_every_way_of_entering_equals_the_reference(fill: Entry) -> None:
    c = candles(200, seed=9)
    table = Candles(c.ts, c.open, c.high, c.low, c.close, c.volume, MINUTE)
    entry = np.array([0, 7, -1, 60, 150, 199])
    stop = np.minimum(entry + 40, 200)
    start, price, time, whole = entries(table, entry, stop, int(fill), DIP, WAIT)
    waited = 0
    for i, at in enumerate(entry.tolist()):
        for v, policy in enumerate(POLICIES):
            found = None
            if at >= 0:
                found = reference.find_entry(rows(c), at, int(stop[i]), policy, MINUTE, fill.name.lower())
            if found is None:
                assert (start[i, v], np.isnan(price[i, v])) == (-1, True)
            else:
                assert (start[i, v], price[i, v], time[i, v], bool(whole[i, v])) == found
                waited += v > 0
    assert waited > 3


@pytest.mark.parametrize("value", [0.0, -1.0, np.inf, np.nan])
def test_what_is_no_price_buys_nothing(value: float) -> None:
    c = candles(3, seed=1)
    c.close[0], c.low[0] = value, value
    table = Candles(c.ts, c.open, c.high, c.low, c.close, c.volume, MINUTE)
    one, end = np.array([0]), np.array([1])
    assert np.isnan(entries(table, one, end, int(Entry.CLOSE), np.array([np.nan]), np.array([0]))[1]).all()
