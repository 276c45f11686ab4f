"""Blocks of days of entry: none shorter than what a policy waits and holds, every entry in one of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantray.callers.blocks import Blocks, block_days
from quantray.callers.policies import read_policy
from quantray.callers.policies.evaluate import DAY_NS

HOUR = 3600 * 10**9


@pytest.mark.parametrize(
    ("specs", "days"),
    [
        ([{"hold": "2h", "tp": 2}], 1),
        ([{"hold": "24h", "tp": 2}], 1),
        ([{"hold": "25h", "tp": 2}], 2),
        ([{"hold": "2h", "tp": 2}, {"hold": "48h", "sl": 0.9}], 2),
        ([{"hold": "48h", "tp": 2, "entry": {"dip": 0.05, "wait": "30m"}}], 3),
        ([{"tp": 2}], 2),  # without a time stop
    ],
)
def test_a_block_is_no_shorter_than_the_longest_hold_with_its_wait(specs: list[dict[str, object]], days: int) -> None:
    assert block_days([read_policy(spec) for spec in specs]) == days


@given(
    st.integers(0, 400), st.integers(0, 90), st.integers(1, 9), st.lists(st.integers(0, 90 * 24), max_size=40),
)  # fmt: skip
def test_every_entry_falls_into_one_block_and_sums_are_kept(first: int, long: int, days: int, hours: list[int]) -> None:
    since = first * DAY_NS + 5 * HOUR
    blocks = Blocks.between(since, since + long * DAY_NS, days)
    assert blocks.n >= 1
    assert blocks.n * days <= max(long + 1, days)  # the last block holds the rest: none is shorter
    entry = since + np.array(hours, np.int64) * HOUR
    net = np.arange(1, len(hours) + 1, dtype=np.float64)
    place = blocks.place(entry)
    assert ((place >= 0) & (place < blocks.n)).all()
    sums = blocks.sums(entry, net)
    assert sums.shape == (blocks.n,)
    assert sums.sum() == pytest.approx(net.sum())
    assert sums.tolist() == [sum(net[place == k]) for k in range(blocks.n)]
