"""Axes and marks of the charts."""

from __future__ import annotations

import pytest

from quantray.report.svg import Scale, digits_of, padded, tick_digits


@pytest.mark.parametrize("values", [[0.0], [-3.0, -1.0], [5.0, 5.0], [1e9, -1e-9]])
def test_ticks_are_round_and_inside(values: list[float]):
    low, high = padded(values)
    assert low < high
    ticks = Scale(low, high, 0, 100).ticks(4)
    assert 1 <= len(ticks) <= 9
    assert all(low - 1e-9 <= t <= high + 1e-9 for t in ticks)


@pytest.mark.parametrize(("step", "digits"), [(200, 0), (1, 0), (0.5, 1), (0.25, 1), (0.002, 3), (1e-12, 8), (0.0, 2)])
def test_decimals_tell_neighbours_apart(step: float, digits: int):
    assert digits_of(step) == digits


@pytest.mark.parametrize("high", [0.007, 0.3, 1.0, 3.7, 9.1, 10.0, 11.0, 47.0, 1e3, 12_345.0])
@pytest.mark.parametrize("count", [4, 5, 7])
def test_ticks_are_written_as_they_are(high: float, count: int):
    ticks = Scale(0.0, high, 0, 1).ticks(count)
    assert [round(tick, tick_digits(ticks)) for tick in ticks] == pytest.approx(ticks, abs=1e-12)
