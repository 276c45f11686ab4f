"""One step in one dimension."""

from __future__ import annotations

import pytest

from quantray.space import parse_space
from quantray.stats.neighbours import neighbours

SPACE = parse_space({"mode": ["itm", "otm", "atm"], "stop": [-10, -20, -30], "fixed": [1]})


def test_ordered_steps_and_other_categories():
    found = neighbours(SPACE, {"mode": "itm", "stop": -20, "fixed": 1})
    assert found is not None
    rows = [(p["mode"], p["stop"]) for p in (found.params(i) for i in range(len(found)))]
    assert rows == [("otm", -20), ("atm", -20), ("itm", -10), ("itm", -30)]


def test_at_the_edge_there_is_one_side():
    found = neighbours(SPACE, {"mode": "itm", "stop": -10, "fixed": 1})
    assert found is not None
    assert [p["stop"] for p in map(found.params, range(len(found)))] == [-10, -10, -20]


def test_continuous_steps_stay_inside():
    space = parse_space({"x": {"low": 0.0, "high": 1.0}, "y": {"low": 1.0, "high": 100.0, "log": True}})
    found = neighbours(space, {"x": 0.98, "y": 10.0})
    assert found is not None
    rows = [found.params(i) for i in range(len(found))]
    assert [r["x"] for r in rows[:1]] == pytest.approx([0.93])
    assert [r["y"] for r in rows[1:]] == pytest.approx([10 / 100**0.05, 10 * 100**0.05])


def test_nothing_varies():
    assert neighbours(parse_space({"a": [1]}), {"a": 1}) is None
    assert neighbours(parse_space({"a": [1, 2]}), {"a": 7}) is None
