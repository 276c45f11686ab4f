"""The grid as planes: every cell has its value, and says what is in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.callers.policies import Policy, grid, read_policy
from quantray.callers.report.grid import ALONE, GridValues
from quantray.callers.report.plane import MOST_LEVELS, Axes, Plane, apart, planes
from quantray.callers.results import CallerResults, UnitResult
from tests.builders.caller_results import results
from tests.callers.report.test_survival import judged


def grid_of(train: list[float], *, equal: list[int] | None = None, ranked: list[bool] | None = None) -> GridValues:
    n = len(train)
    return GridValues(
        np.array(train), np.full(n, np.nan), np.full(n, 5), np.array(ranked or [True] * n),
        np.array(equal or [ALONE] * n),
    )  # fmt: skip


def of(policies: tuple[Policy, ...], objective: str, best: int | None) -> tuple[CallerResults, UnitResult]:
    r = results()
    unit = replace(r.unit("caller_1"), best=best, surviving=None)
    account = replace(r.plan.account, initial=100.0)
    return replace(r, plan=replace(r.plan, policies=policies, objective=objective, account=account)), unit


def drawn(policies: tuple[Policy, ...], values: GridValues, best: int | None = 0, objective: str = "captured_return",
          room: int = 10_000) -> list[Plane]:  # fmt: skip
    r, unit = of(policies, objective, best)
    return planes(r, unit, values, Axes.of(policies), room)


FIXED = grid("v1", tp_mults=[1.5, 2, 3], sl_mults=[0.9, 0.95])


def texts(found: Plane) -> list[list[str]]:
    return [[cell.text for cell in row] for row in found.cells]


def test_every_cell_is_told_apart_and_the_peak_is_marked():
    (found,) = drawn(FIXED, grid_of([0.01, 0.02, 0.03, 0.04, 0.05, 0.06]), 5)
    assert (found.name, found.across, found.down) == ("stop × target", ("1.5", "2", "3"), ("0.9", "0.95"))
    assert texts(found) == [["1", "3", "5"], ["2", "4", "6"]]
    assert [(i, j) for i, row in enumerate(found.cells) for j, c in enumerate(row) if c.marks] == [(1, 2)]
    assert found.cells[1][2].marks == "peak"
    kinds = [cell.kind for row in found.cells for cell in row]
    assert len(set(kinds)) == 6
    assert all(kind.startswith("g") for kind in kinds)


def test_money_is_coloured_by_what_it_is_beside_the_capital_and_never_rounded_into_one():
    (found,) = drawn(FIXED, grid_of([98.0, 99.0, 100.0, 101.0, 102.0, 102.0004]), 5, "final_capital")
    assert [c.kind[0] for row in found.cells for c in row] == [
        "l",
        "l",
        "g",
        "l",
        "g",
        "g",
    ]  # 98 100 102 / 99 101 102.0
    assert texts(found)[0][2] != texts(found)[1][2]
    assert "100.0000" in [value for _, value in found.scale]


def test_cells_with_the_same_trades_have_one_letter_and_are_counted():
    (found,) = drawn(FIXED, grid_of([0.01, 0.02, 0.03, 0.04, 0.03, 0.04], equal=[ALONE, ALONE, 7, 9, 7, 9]), 3)
    assert [[c.same for c in row] for row in found.cells] == [["", "a", "a"], ["", "b", "b"]]
    assert texts(found) == [["1", "3", "3"], ["2", "4", "4"]]
    assert "6 policies with a trade make 4 different sets of trades." in found.said
    assert any("(a: 2 cells, b: 2 cells)" in said for said in found.said)
    (other,) = drawn(FIXED, grid_of([0.01, 0.01, 0.01, 0.01, 0.01, 0.01]))
    assert not any(c.same for row in other.cells for c in row)  # of one value, but of other trades


def test_a_policy_outside_the_constraints_never_hides_one_that_meets_them():
    deep = grid("mixed", of="fixed", tp_mults=[2, 3], sl_mults=[0.9, 0.8], hold=["1h", "2h"])
    ranked = [True, False, True, False, False, False, True, True]
    found = drawn(deep, grid_of([0.01, 0.5, 0.02, 0.6, 0.3, 0.4, 0.03, 0.04], ranked=ranked), 7)
    assert {frozenset(plane.name.split(" × ")) for plane in found} == {
        frozenset(pair) for pair in (("stop", "target"), ("hold", "target"), ("hold", "stop"))
    }
    (plane,) = [plane for plane in found if "hold" not in plane.name]
    assert sorted(cell.text for row in plane.cells for cell in row) == ["(40)", "1", "2", "4"]
    assert "out" in plane.marks
    assert all(cell.tip for row in plane.cells for cell in row)


def test_survivors_and_pick_are_marked():
    told = judged()
    unit = told.unit("caller_1")
    assert unit.surviving is not None
    assert unit.pick is not None
    (found,) = planes(told, unit, grid_of([0.01 * (i + 1) for i in range(9)]), Axes.of(told.plan.policies), 1000)
    marks = {mark for row in found.cells for c in row for mark in c.marks.split()}
    assert marks == {"peak", "pick"}
    assert sum(c.survives for row in found.cells for c in row) == len(unit.surviving.numbers)


def test_held_out_values_are_those_of_the_policies_that_are_best_in_training():
    deep = grid("mixed", of="fixed", tp_mults=[2, 3], sl_mults=[0.9, 0.8], hold=["1h", "2h"])
    train = [0.01, 0.02, 0.5, 0.4, 0.03, 0.04, 0.9, 0.8]
    held = np.array([0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.18])
    found = drawn(deep, replace(grid_of(train), held_out=held), 6)
    (plane,) = [plane for plane in found if "hold" not in plane.name]
    assert sorted(cell.text for row in plane.held_out for cell in row) == ["12", "13", "16", "17"]
    assert all(not plane.held_out for plane in drawn(deep, grid_of(train), 6))


def test_long_axes_are_joined_and_pages_have_an_end():
    many = grid("v1", tp_mults=[1 + i / 100 for i in range(1, 121)], sl_mults=[0.9, 0.95])
    (found,) = drawn(many, grid_of(list(np.linspace(0.01, 0.02, 240))))
    assert len(found.across) == MOST_LEVELS
    assert found.across[0] == "1.01 to 1.03"
    assert max(float(c.text) for c in found.cells[1]) == 2.0
    deep = grid("mixed", of="fixed", tp_mults=[2, 3], sl_mults=[0.9, 0.8], hold=["1h", "2h"])
    assert len(drawn(deep, grid_of([0.01 * i for i in range(8)]), room=1)) == 1


def test_one_axis_and_no_value_are_no_plane():
    one = tuple(read_policy({"hold": hold}) for hold in ("5m", "30m", "4h"))
    assert drawn(one, grid_of([1.0, 2.0, 3.0])) == []
    assert drawn(FIXED, grid_of([np.nan] * 6), None) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6).map(lambda v: round(v, 4)), min_size=1, max_size=30))
def test_different_figures_read_differently(values: list[float]):
    told = apart(np.array(values) + 0.0)
    assert len(set(told)) == len(set(values)) == len(np.unique(values))


@pytest.mark.parametrize(("value", "said"), [(0.001234, "0.00"), (1234.5, "1,234")])
def test_one_figure_has_no_needless_decimals(value: float, said: str):
    assert len(apart(np.array([value]))[0]) <= len(said) + 4
