"""Charts of one caller: what is drawn is where the numbers are."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from quantray.callers.policies import grid, read_policy
from quantray.callers.report import charts
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


NONE = np.full(6, np.nan)


def test_the_map_shows_every_cell_and_frames_the_chosen_one():
    policies = grid("v1", tp_mults=[1.5, 2, 3], sl_mults=[0.9, 0.95])
    found = charts.grid_map(policies, "captured_return", np.arange(6) / 100, NONE, 3)
    assert found is not None
    assert {found.rows, found.columns} == {"target", "stop"}
    ((name, picture),) = found.pictures
    assert name == "training"
    assert picture.count('class="ring"') == 1
    assert picture.count("<title>") == 7
    assert ">5<" in picture  # percent


def test_the_held_out_map_shows_what_the_best_in_training_earned():
    policies = grid("mixed", of="fixed", tp_mults=[2, 3], sl_mults=[0.9, 0.8], hold=["1h", "2h"])
    train = np.array([0.01, 0.02, 0.5, 0.4, 0.03, 0.04, 0.9, 0.8])
    held = np.array([0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.18])
    found = charts.grid_map(policies, "captured_return", train, held, 6)
    assert found is not None
    assert {found.rows, found.columns} == {"target", "stop"}
    shown = re.findall(r'class="cell"[^>]*>([^<]*)<', found.pictures[1][1])
    assert sorted(shown) == ["12", "13", "16", "17"]


def test_one_axis_is_drawn_level_by_level_and_none_not_at_all():
    one = [read_policy({"hold": hold}) for hold in ("5m", "30m", "4h")]
    found = charts.grid_map(one, "captured_return", np.array([0.01, 0.02, np.nan]), NONE[:3], 1)
    assert found is not None
    assert (found.rows, found.columns) == ("hold (min)", "")
    assert "no value" in found.pictures[0][1]
    assert charts.grid_map(one, "captured_return", NONE[:3], NONE[:3], None) is None
    assert charts.grid_map(one[:1], "captured_return", np.ones(1), np.ones(1), 0) is None


def test_a_part_that_is_left_out_is_a_level_too():
    policies = grid("fixed", tp_mults=[None, 2], sl_mults=[0.9, 0.8])
    found = charts.grid_map(policies, "final_capital", np.array([1.0, 2.0, 3.0, 4.0]), NONE[:4], 0)
    assert found is not None
    assert "none" in found.pictures[0][1]
