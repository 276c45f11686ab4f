"""Constraints, objectives, exact ties, lazy drawdowns, collapsed callers."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.callers.policies.objective import (
    Bounds,
    check_ties,
    collapsed,
    mean_levels,
    objective,
    rank,
    violations,
)
from quantray.errors import ConfigError


def table(objective, **more):
    n = len(objective)
    columns = {
        "captured_return": np.array(objective, float), "n_trades": np.full(n, 20), "stop_outs": np.zeros(n, int),
        "win_rate": np.full(n, 0.5), "stop_out_rate": np.full(n, 0.1), "p95_adverse": np.full(n, 0.1),
        "time_exposed": np.full(n, 60.0), "max_drawdown": np.full(n, np.nan), "final_capital": np.full(n, 1.0),
    }  # fmt: skip
    return columns | {k: np.array(v) for k, v in more.items()}


def ranked(columns, n_parts=None, bounds=None, **more):
    n = len(columns["n_trades"])
    parts = np.ones(n, int) if n_parts is None else np.array(n_parts)
    return rank(columns, parts, "captured_return", bounds or Bounds(), **more)


def test_ties_fall_in_their_order():
    same = [0.1] * 4
    dd = np.array([0.2, 0.1, 0.1, 0.1])
    got = ranked(table(same, max_drawdown=dd, stop_outs=[0, 2, 1, 1]), n_parts=[1, 1, 3, 2])
    assert got.order.tolist() == [3, 2, 1, 0]
    assert ranked(table(same, max_drawdown=[0.1] * 4)).order.tolist() == [0, 1, 2, 3]  # grid order is the last
    assert ranked(table([0.1, np.nextafter(0.1, 1)], max_drawdown=[0.0, 0.9])).best == 1  # equality is exact


def test_drawdowns_are_measured_only_where_they_can_matter():
    asked = []

    def drawdowns(rows):
        asked.extend(rows.tolist())
        return np.array([0.5, 0.4, 0.3, 0.2, 0.1])[rows]

    assert ranked(table([5, 4, 3, 2, 1]), drawdowns=drawdowns).best == 0
    assert asked == []
    assert ranked(table([5, 5, 3, 2, 1]), drawdowns=drawdowns).order.tolist() == [1, 0, 2, 3, 4]
    assert asked == [0, 1]
    asked.clear()
    got = ranked(table([5, 4, 3, 2, 1]), bounds=Bounds(max_drawdown=0.35), drawdowns=drawdowns)
    assert got.order.tolist() == [2, 3, 4]
    assert asked == [0, 1, 2]
    assert got.state[:2] == ("infeasible", "infeasible")
    assert got.violations[1, 1] == pytest.approx(0.05)
    asked.clear()
    ranked(table([5, 4, 3, 2, 1]), bounds=Bounds(max_drawdown=0.35), drawdowns=drawdowns, places=2)
    assert asked == [0, 1, 2, 3]


def test_lazy_and_complete_agree_on_the_best():
    rng = np.random.default_rng(0)
    for _ in range(200):
        dd = np.round(rng.random(12), 1)
        columns = table(np.round(rng.random(12), 1), n_trades=rng.integers(0, 15, 12), stop_outs=rng.integers(0, 2, 12))
        bounds = Bounds(min_trades=3, max_drawdown=float(rng.choice([0.3, 0.9])))
        lazy = ranked(columns, bounds=bounds, drawdowns=lambda rows, dd=dd: dd[rows])
        whole = ranked(columns | {"max_drawdown": dd}, bounds=bounds)
        assert lazy.best == whole.best


def test_states_and_violations():
    columns = table([0.3, np.nan, 0.2, np.nan], n_trades=[20, 20, 5, 0], win_rate=[0.5, 0.5, 0.2, np.nan])
    got = ranked(columns, bounds=Bounds(min_win_rate=0.4))
    assert got.state == ("ranked", "unranked", "infeasible", "no_trades")
    assert got.order.tolist() == [0]
    outside = violations(Bounds(min_win_rate=0.4, max_time_exposed=30), columns)
    np.testing.assert_allclose(outside[2], [5, 0.2, 30])
    assert ranked(table([0.1], n_trades=[0])).best is None


def test_every_bound_bounds():
    metric = {
        "max_drawdown": ("max_drawdown", 0.5), "min_win_rate": ("win_rate", 0.2),
        "max_stop_out_rate": ("stop_out_rate", 0.5), "max_p95_adverse": ("p95_adverse", 0.5),
        "max_time_exposed": ("time_exposed", 100.0),
    }  # fmt: skip
    for name, (column, bad) in metric.items():
        limit = {"min_win_rate": 0.3, "max_time_exposed": 90.0}.get(name, 0.3)
        columns = table([2.0, 1.0], max_drawdown=[0.1, 0.1])
        columns[column] = np.array([bad, columns[column][1]])
        assert ranked(columns, bounds=Bounds(**{name: limit})).order.tolist() == [1], name


def test_refusals():
    with pytest.raises(ConfigError, match="did you mean 'captured_return'"):
        objective("captured_returns")
    with pytest.raises(ConfigError, match="unknown tie breaker"):
        check_ties(["drawdown_of_nothing"])
    with pytest.raises(ConfigError, match=r"constraints.min_win_rate .* got 40"):
        Bounds(min_win_rate=40)
    with pytest.raises(ConfigError, match="min_trades"):
        Bounds(min_trades=-1)


def test_collapsed_and_means():
    assert collapsed(np.array([90.0, 99.9]), np.array([3, 3]), 100) == "collapsed"
    assert collapsed(np.array([90.0, 100.0]), np.array([3, 3]), 100) == "kept"
    assert collapsed(np.array([90.0, 100.0]), np.array([3, 0]), 100) == "collapsed"  # the capital of nobody's trade
    assert collapsed(np.array([100.0]), np.array([0]), 100) == "no_trades"
    assert mean_levels(np.array([2.0, 4.0]), np.array([0.8, 0.9])) == (3.0, pytest.approx(0.85))
    assert mean_levels(np.array([2.0, 4.0]), np.array([0.8, 0.9]), np.array([3, 1]))[0] == 2.5
    with pytest.raises(ConfigError, match="a target and a stop"):
        mean_levels(np.array([2.0, np.nan]), np.array([0.8, 0.9]))
