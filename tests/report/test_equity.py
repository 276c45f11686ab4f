"""Equity over dates: what is marked as the deepest drawdown is the metric, and nothing that can be seen is thinned."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantray.report.equity import Leg, deepest, equity, staircase, ticks

EPOCH = date(1970, 1, 1).toordinal()


def leg(net: list[float], unseen: bool = False, start: float = 0.0, first: int = 20_000) -> Leg:
    days = first + np.linspace(0.1, 4.9, len(net)) if net else np.empty(0)
    return Leg(np.asarray(days), np.array(net, float), first, first + 4, unseen, start)


@given(st.lists(st.integers(-50, 50), max_size=40), st.sampled_from([0.0, 10_000.0]))
def test_the_deepest_drawdown_is_the_largest_fall_from_the_highest_point_so_far(net: list[int], start: float):
    made = leg([float(x) for x in net], start=start)
    curve = [start + sum(net[:k]) for k in range(len(net) + 1)]
    worst = max(max(curve[: k + 1]) - curve[k] for k in range(len(curve)))
    assert made.curve.tolist() == curve
    fall = deepest(made)
    if fall is None:
        assert worst == 0
        return
    assert fall.depth == worst
    assert curve[fall.peak] == max(curve[: fall.trough + 1])
    assert curve[fall.peak] - curve[fall.trough] == worst
    assert all(c < curve[fall.peak] for c in curve[fall.peak + 1 : fall.trough + 1])  # it begins at the last high


def test_both_parts_are_drawn_from_their_own_start_with_their_own_drawdown():
    chart = equity([leg([5.0, -8.0, 1.0]), leg([-3.0, 4.0], True, first=20_010)], "the peak")
    assert chart is not None
    for svg in (chart.wide, chart.narrow):
        starts = {
            kind: re.search(rf'class="curve {kind}" points="[^ ]*?,([\d.]+)', svg)[1] for kind in ("seen", "unseen")
        }
        assert starts["seen"] == starts["unseen"]  # each begins with nothing
        assert ">−8.00</text>" in svg
        assert ">−3.00</text>" in svg
        assert "deepest drawdown 8.00, from" in svg
        assert ">held out</text>" in svg


@pytest.mark.parametrize("net", [[], [0.0], [3.0], [-3.0], [1.0, 2.0]])
def test_few_trades_and_none(net: list[float]):
    chart = equity([leg(net, start=100.0)], "the peak")
    assert (chart is None) == (not net)
    if chart is not None:
        assert ("deepest" in chart.wide) == (min(net) < 0)
        assert not re.search(r"nan|inf", chart.wide)


@given(st.integers(0, 10_000))
def test_every_pixel_column_keeps_what_can_be_seen_of_it(seed: int):
    rng = np.random.default_rng(seed)
    xs = np.sort(rng.uniform(0, 30, rng.integers(1, 400)))
    ys = rng.normal(0, 10, len(xs))
    along, heights = staircase(xs, ys)
    corners = dict(zip(along, heights, strict=True))  # of corners at one x the last counts
    assert set(corners) <= set(xs.tolist())
    for column in np.unique(np.floor(xs)):
        inside = np.floor(xs) == column
        told = [h for a, h in corners.items() if np.floor(a) == column]
        assert (min(told), max(told)) == (ys[inside].min(), ys[inside].max())
        assert 1 <= len(told) <= 4
    assert heights[-1] == ys[-1]
    assert heights[0] == ys[0]


@pytest.mark.parametrize("span", [1, 3, 8, 20, 45, 90, 250, 365, 800, 2000, 9000, 40_000])
@pytest.mark.parametrize("room", [2, 4, 12])
def test_dates_are_round_inside_and_as_many_as_fit(span: int, room: int):
    for low in (19_000, 19_722, 20_011):
        found = ticks(low, low + span, room)
        days = [day for day, _ in found]
        assert 1 <= len(found) <= room
        assert days == sorted(set(days))
        assert all(low <= day < low + span for day in days)
        for day, text in found:
            when = date.fromordinal(day + EPOCH)
            assert not text or (when.day == 1 and text in (f"{when:%Y}", f"{when:%Y-%m}"))
            assert text or span <= 2 * room or when.weekday() == 0 or found == [(low, "")]


def test_lines_across_are_told_apart_on_a_large_account():
    """An account of a million that earns 30 has no two lines of one name."""
    for start in (0.0, 10_000.0, 1e6):
        chart = equity([leg([10.0, -4.0, 20.0], start=start)], "the peak")
        names = re.findall(r'text-anchor="end">([^<]+)</text>', chart.wide)
        assert len(set(names)) >= 3
        upper = names[: names.index("0")] if start else names[:3]
        assert len(set(upper)) == len(upper)
        lines = [float(x) for x in re.findall(r'<line class="(?:grid|zero)" x1="([\d.]+)"', chart.narrow)]
        assert len(set(lines)) == 1
        assert lines[0] < 120
