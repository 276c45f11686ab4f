"""What each parameter does, drawn."""

from __future__ import annotations

import numpy as np

from quantray.report.effects import heat, level_effects
from quantray.stats.surface import HeatMap, LevelEffect


def test_heat_marks_the_chosen_cell_and_leaves_out_what_has_no_value():
    best = np.array([[1.0, -2.0], [np.nan, 4.0]])
    svg = heat(HeatMap("a", "b", ("x", "y"), (10, 20), best), ("y", 20))
    assert svg.count('class="ring"') == 1
    assert svg.count('class="bar none"') == 1
    assert svg.count('class="bar loss"') == 1


def test_levels_show_best_and_median():
    effects = [LevelEffect(10, 5.0, -1.0, 100), LevelEffect(20, None, None, 0), LevelEffect("<x>", 7.0, 2.0, 5)]
    svg = level_effects(effects, 10)
    assert svg.count("<circle") == 2
    assert "no value" in svg
    assert "&lt;x&gt;" in svg
    assert svg.count('class="chosen"') == 1
