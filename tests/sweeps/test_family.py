"""The family: whoever traded often enough, whatever came out; the same of a table on disk, in memory, and of trials."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quantray.space import parse_space
from quantray.stats.neighbours import neighbour_numbers, neighbours
from quantray.sweeps.family import ASKED, family_of, sorted_codes
from quantray.sweeps.grid.points import surface
from quantray.sweeps.plan import Constraints
from quantray.sweeps.scores import score, score_trials
from tests.builders.sessions import tiny_slice
from tests.builders.sweep_plans import sweep_plan

MARKET = tiny_slice(3, seed=2, n_bars=1500, n_strikes=5)
SPACE = {
    "entry_window": ["9:30-15:45"], "stretch_threshold": [0.0005, 0.001, 0.02], "reclaim_percentage": [0.8],
    "cooldown_period_seconds": [60, 300], "take_profit_percent": [25, 50], "stop_loss_percent": [-25, -50],
    "max_trade_duration_seconds": [60], "strikes_depth": [1], "option_selection_mode": ["itm", "otm"],
}  # fmt: skip
PLAN = sweep_plan(SPACE, constraints=Constraints(4, {"min_win_rate": 0.4}))


def families():
    trials = score_trials(PLAN, MARKET, PLAN.space.candidates(np.arange(PLAN.space.size)))
    numbered = [replace(t, number=i) for i, t in enumerate(trials)]
    return (
        family_of(PLAN, MARKET, numbered, surface(PLAN, MARKET)),
        family_of(PLAN, MARKET, numbered[::-1], None),
        score(PLAN, MARKET, PLAN.space.candidates(np.arange(PLAN.space.size))),
    )


def test_bounds_on_outcomes_do_not_shrink_it():
    whole, tried, scores = families()
    enough = np.flatnonzero(scores.metrics.columns["n_trades"] >= 4)
    assert 0 < len(enough) < len(scores)
    for family in (whole, tried):
        assert family.numbers.tolist() == enough.tolist()
        assert family.allowed.tolist() == scores.allowed[enough].tolist()
        assert not family.allowed.all()
        assert np.isnan(family.values[~family.allowed]).all()
        assert np.array_equal(family.nets.rows(np.arange(len(family))), scores.metrics.session_net[enough])


def test_a_table_and_trials_tell_the_same():
    whole, tried, scores = families()
    rows = np.arange(len(whole))
    assert np.array_equal(whole.values, tried.values, equal_nan=True)
    for name, column in whole.metrics(rows).items():
        assert np.array_equal(column, scores.metrics.columns[name][whole.numbers], equal_nan=True)
        assert np.array_equal(column.astype(float), tried.metrics(rows)[name].astype(float), equal_nan=True)
    for row in rows.tolist():
        assert whole.params(row) == tried.params(row) == PLAN.space.point(int(whole.numbers[row]))
        assert np.array_equal(np.sort(whole.around(row)), np.sort(tried.around(row)), equal_nan=True)
        assert whole.row(int(whole.numbers[row])) == row
    assert whole.row(10**9) is None
    assert not len(whole.metrics(rows[:0])["n_trades"])


def test_neighbours_by_number_are_those_by_parameters():
    space = parse_space({"a": [1, 2, 3], "b": ["x", "y", "z"], "c": [5], "d": [4.0, 2.0, 1.0, 0.5]})
    for number in range(space.size):
        near = neighbours(space, space.point(number))
        assert neighbour_numbers(space, number) == [space.number(near.params(i)) for i in range(len(near))]


def test_without_a_table_only_so_many_neighbours_are_evaluated(monkeypatch: pytest.MonkeyPatch):
    """A black box may take seconds a candidate: of further rows the neighbours count as missing."""
    _, tried, _ = families()
    monkeypatch.setattr("quantray.sweeps.family.ASKED", 1)
    first = tried.around(0)
    assert np.isnan(tried.around(1)).all()
    assert np.array_equal(tried.around(0), first, equal_nan=True)
    assert ASKED > 1


def test_levels_stand_in_the_order_of_the_space(tmp_path: Path):
    whole, tried, _ = families()
    rows = np.arange(len(whole))
    levels, codes = sorted_codes(whole, rows, PLAN.space)
    mine, places = sorted_codes(tried, rows, PLAN.space)
    for d in range(len(levels)):
        assert [levels[d][c] for c in codes[:, d]] == [mine[d][c] for c in places[:, d]]
        assert [v for v in levels[d] if v in mine[d]] == list(mine[d])
