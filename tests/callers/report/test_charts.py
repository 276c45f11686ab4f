"""Charts of one caller: what is drawn is where the numbers are."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from quantray.callers.policies import read_policy
from quantray.callers.report import charts
from quantray.callers.report.grid import GridValues
from quantray.callers.report.income import Month
from quantray.callers.report.plane import Axes, summarised
from quantray.callers.results import Part
from tests.builders.caller_results import results


def points(svg: str, kind: str) -> list[tuple[float, float]]:
    found = re.search(rf'class="{kind}" points="([^"]*)"', svg)
    assert found is not None
    return [(float(x), float(y)) for x, y in (p.split(",") for p in found[1].split())]


def part(equity: list[float]) -> Part:
    base = results().unit("caller_1").train
    assert base is not None
    times = np.arange(len(equity), dtype=np.int64) * 3600 * 10**9
    return replace(base, times=times, equity=np.array(equity), start_ns=0, end_ns=int(times[-1]))


def test_the_account_is_drawn_in_percent_of_its_capital_and_the_drawdown_below_it():
    drawn = charts.account([(part([100.0, 110.0, 99.0, 120.0]), False)], 100.0)
    assert drawn is not None
    curve, fall = points(drawn.wide, "curve seen"), points(drawn.wide, "fall seen")
    heights = [y for _, y in curve]
    unit = (heights[0] - heights[1]) / 10
    assert heights == pytest.approx([heights[0] - unit * v for v in (0, 10, -1, 20)], abs=0.11)
    depths = [y for _, y in fall[1:-1]]
    assert depths[0] == depths[1] == depths[3] == fall[0][1]
    assert depths[2] > depths[0]  # downwards
    assert "−10.0 %" in drawn.wide


def test_a_loss_from_the_first_candle_on_is_a_drawdown():
    assert charts._fall(np.array([90.0, 95.0, 101.0, 100.0]), 100.0) == pytest.approx([-10, -5, 0, -100 / 101])


def test_what_is_held_beyond_its_period_stays_inside_the_picture():
    late = replace(part([100.0, 101.0, 99.0]), end_ns=3600 * 10**9)
    drawn = charts.account([(late, True)], 100.0)
    assert drawn is not None
    assert max(x for x, _ in points(drawn.wide, "curve unseen")) <= 960 - charts.RIGHT


def test_both_parts_begin_anew():
    a, b = part([100.0, 120.0]), part([100.0, 90.0])
    later = replace(b, times=b.times + 7200 * 10**9, start_ns=7200 * 10**9, end_ns=10800 * 10**9)
    drawn = charts.account([(a, False), (later, True)], 100.0)
    assert drawn is not None
    assert points(drawn.wide, "curve seen")[0][1] == points(drawn.wide, "curve unseen")[0][1]
    assert "held out" in drawn.wide
    assert charts.account([(replace(a, equity=np.zeros(0)), False)], 100.0) is None


def test_returns_that_are_all_alike_are_one_bar():
    base = results().unit("caller_1").train
    assert base is not None
    net = np.full(len(base.trades), 0.02)
    net[0] += 1e-17
    found = charts.returns(replace(base, trades=replace(base.trades, net=net)))
    assert found is not None
    assert found[0].count("<rect") == 1
    assert "from 2.0 % to 2.0 %" in found[1]
    assert charts.returns(None) is None


def test_skipped_calls_are_in_no_histogram():
    base = results().unit("(all callers)").train
    assert base is not None
    n = int((base.trades.skip == 0).sum())
    assert n < len(base.trades)
    found = charts.returns(base)
    assert found is not None
    assert found[1].startswith(f"{n} trades, ")


def test_one_axis_is_drawn_level_by_level():
    r = results()
    one = tuple(read_policy({"hold": hold}) for hold in ("5m", "30m", "4h"))
    axes = Axes.of(one)
    values = GridValues(np.array([0.01, 0.02, np.nan]), *[np.zeros(3, np.int64)] * 2, np.ones(3, bool), np.full(3, -1))
    summary = summarised(r, values, axes)
    assert summary is not None
    name, picture = charts.levels("hold_s", summary, "30m")
    assert name == "hold"
    assert "no value" in picture
    assert picture.count('class="chosen"') == 1


def test_months_are_bars_of_what_was_earned_and_held_out_ones_have_their_own_colour():
    found = [Month("2024-01", 10.0, False, 2), Month("2024-02", -5.0, False, 1), Month("2024-02", 2.0, True, 1)]
    drawn = charts.months("month", found, "money")
    assert drawn is not None
    bars = re.findall(r'class="(bar [a-z ]+)" [^>]*height="([^"]*)"[^>]*><title>([^<]*)<', drawn.wide)
    assert [kind for kind, *_ in bars] == ["bar seen", "bar seen loss", "bar unseen"]
    tall = [float(height) for _, height, _ in bars]
    assert tall == pytest.approx([tall[0], tall[0] / 2, tall[0] / 5], abs=0.11)
    assert bars[2][2] == "2024-02: 2.00 in 1 trade, held out"
    assert charts.months("month", [], "money") is None


def test_without_an_account_the_sum_of_returns_is_drawn_by_time_with_its_fall():
    base = results().unit("(all callers)").train
    assert base is not None
    drawn = charts.cumulated([(base, False)])
    assert drawn is not None
    done = base.trades.skip == 0
    curve, fall = points(drawn.wide, "curve seen"), points(drawn.wide, "fall seen")
    assert [x for x, _ in curve] == sorted(x for x, _ in curve)
    net = np.cumsum(100 * base.trades.net[done][np.argsort(base.trades.exit_ns[done], kind="stable")])
    sums = np.concatenate([[0.0], net])
    assert len(curve) == len(sums)
    heights = np.array([y for _, y in curve])
    unit = (heights.max() - heights.min()) / (sums.max() - sums.min())
    assert heights == pytest.approx(heights[0] - unit * sums, abs=0.11)
    depths = np.array([y for _, y in fall[1:-1]])
    falls = sums - np.maximum.accumulate(sums)
    assert int(np.argmax(depths)) == int(np.argmin(falls))
    empty = replace(base, trades=replace(base.trades, skip=np.ones_like(base.trades.skip)))
    assert charts.cumulated([(empty, False)]) is None
