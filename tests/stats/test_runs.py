"""Runs, and how long one is by chance."""

import numpy as np
import pytest

from quantray.stats.runs import by_chance, runs_of


def test_runs_are_those_that_a_walk_finds():
    rng = np.random.default_rng(0)
    for share in (0.0, 0.2, 0.9, 1.0):
        mask = rng.random(500) < share
        walked, length = [], 0
        for i, on in enumerate([*mask.tolist(), False]):
            if on:
                length += 1
            elif length:
                walked.append((i - length, length))
                length = 0
        assert list(zip(*(found.tolist() for found in runs_of(mask)), strict=True)) == walked


def test_nothing_has_no_run():
    assert [len(found) for found in runs_of(np.zeros(0, bool))] == [0, 0]


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6])
def test_chance_makes_no_run_that_is_called_one(share):
    """10,000 draws of a session, of which one in a million may surprise."""
    n, most = 400, by_chance(share, 400)
    masks = np.random.default_rng(1).random((10_000, n)) < share
    longest = max(int(runs_of(mask)[1].max(initial=0)) for mask in masks)
    assert longest <= most
    assert most < 3 * longest + 6  # and it is not so long that nothing is ever found
