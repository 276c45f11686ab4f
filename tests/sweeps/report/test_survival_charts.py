"""The charts of survivors."""

from __future__ import annotations

from xml.etree import ElementTree

from quantray.sweeps.report import survival, survival_charts
from quantray.sweeps.survivors import LevelShare
from tests.builders.sweep_results import results

SURVIVED = results("exhaustive", edge=3.0)


def test_charts_are_there_and_say_what_they_show():
    r = SURVIVED
    assert "pick" in survival.tradeoff(r).wide
    assert f"survives above {r.surviving.tested.critical:.2f}" in survival.tradeoff(r).wide
    assert len(survival.level_charts(r)) + len(survival.level_rest(r)) == len(r.surviving.levels)
    assert "peak" in survival.tradeoff(results()).narrow


def test_hostile_levels_stay_text():
    levels = (LevelShare("<b>&", 10, 5), LevelShare('"', 10, 0))
    assert ElementTree.fromstring(survival_charts.level_chart(levels, "<b>&")) is not None
