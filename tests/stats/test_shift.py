"""Which of two series moves first."""

import numpy as np
import pytest

from quantray.stats.shift import LeadLag, Shift


def compared(shift: int, *, noise: float = 1.0, n: int = 400, sessions: int = 3, spikes: int = 0) -> Shift:
    """Two noisy views of one walk, the first ``shift`` bars before the second."""
    rng = np.random.default_rng(0)
    found = LeadLag()
    for _ in range(sessions):
        walk = rng.normal(0, 1, n + 10)
        first, second = walk[5 + shift : 5 + shift + n].copy(), walk[5 : 5 + n].copy()
        for series in (first, second):
            series += rng.normal(0, noise, n)
            series[rng.integers(0, n, spikes)] = 1e6
            series[rng.random(n) < 0.2] = np.nan
        found.add(first, second)
    return found.result()


@pytest.mark.parametrize("shift", [-2, -1, 1, 2])
def test_a_shift_is_found_either_way(shift):
    found = compared(shift)
    assert (found.lag, found.sure) == (shift, True)


@pytest.mark.parametrize("noise", [0.1, 1, 5, 100])
def test_series_in_step_are_never_called_shifted(noise):
    assert not compared(0, noise=noise).sure


def test_a_few_absurd_changes_decide_nothing():
    assert compared(1, spikes=3).sure
    assert not compared(0, spikes=3).sure


def test_series_that_have_nothing_in_common_tell_nothing():
    found = compared(0, noise=1e6)
    assert not found.telling
    assert not found.sure


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_too_little_tells_nothing(n):
    found = compared(1, n=n)
    assert not found.telling
    assert not found.sure


def test_no_session_and_constant_series_tell_nothing():
    assert not LeadLag().result().telling
    found = LeadLag()
    found.add(np.zeros(500), np.zeros(500))
    found.add(np.full(500, np.nan), np.ones(500))
    assert not found.result().telling
