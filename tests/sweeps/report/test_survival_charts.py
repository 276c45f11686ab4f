"""The charts of survivors."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np

from quantray.sweeps.report import survival, survival_charts
from quantray.sweeps.survivors import LevelShare, Plane
from tests.builders.sweep_results import results

SURVIVED = results("exhaustive", edge=3.0)


def test_charts_are_there_and_say_what_they_show():
    r = SURVIVED
    assert survival.plane(r) is not None
    assert "pick" in survival.tradeoff(r).wide
    assert f"survives above {r.surviving.tested.critical:.2f}" in survival.tradeoff(r).wide
    assert len(survival.level_charts(r)) + len(survival.level_rest(r)) == len(r.surviving.levels)
    assert survival.plane(results()) is None
    assert "peak" in survival.tradeoff(results()).narrow


def test_hostile_levels_stay_text():
    levels = (LevelShare("<b>&", 10, 5), LevelShare('"', 10, 0))
    assert ElementTree.fromstring(survival_charts.level_chart(levels, "<b>&")) is not None
    one = np.ones((2, 2), np.int64)
    plane = Plane("r", "c", ("<b>&", None), (1, 2.5), 4 * one, one)
    drawn = survival_charts.plane(plane, {"pick": {"r": None, "c": 2.5}, "peak": {"r": None, "c": 2.5}}, 400)
    assert ElementTree.fromstring(drawn) is not None
    assert drawn.count("pick + peak") == 1
    assert len(re.findall("25 %", drawn)) == 4


def test_nobody_in_a_cell_is_empty_and_nobody_survived_is_nought():
    plane = Plane("r", "c", ("a", "b"), (1, 2), np.array([[0, 3], [3, 3]]), np.array([[0, 0], [0, 3]]))
    drawn = survival_charts.plane(plane, {}, 400)
    assert re.findall(r'class="cell"[^>]*>([^<]*)<', drawn) == ["", "0", "0", "100 %"]
