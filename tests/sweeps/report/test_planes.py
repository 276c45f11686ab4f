"""The plane of any two parameters: drawn here and in the browser alike."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from quantray.sweeps.report.html import report_html
from quantray.sweeps.report.planes import Figure, Marks, draw, figure_of, marks_of, planes, plateau
from quantray.sweeps.survivors import Plane
from tests.builders.browsers import BROWSER, Driven
from tests.builders.sweep_results import nothing_completed, results

SURVIVED = results("exhaustive", edge=3.0)
PLAIN = Figure(1.0, 2, "")
NOWHERE = Marks({}, {})


def cells(svg: str) -> list[str]:
    return re.findall(r'class="cell"[^>]*>([^<]*)<', svg)


def test_hostile_levels_stay_text():
    one = np.ones((2, 2), np.int64)
    plane = Plane("r", "c", ("<b>&", None), (1, 2.5), 4 * one, one, one * 1.5)
    marks = Marks({"pick": {"r": 1, "c": 1}, "peak": {"r": 1, "c": 1}}, {"r": [0], "c": [0]})
    drawn = draw(plane, True, marks, PLAIN, 400)
    assert ElementTree.fromstring(drawn) is not None
    assert drawn.count("pick + peak") == 1
    assert drawn.count('"ring near"') == 3  # two of the cells, and one in the legend
    assert len(re.findall("25 %</text>", drawn)) == 6  # with the ends of the scale


def test_nobody_in_a_cell_is_empty_and_nobody_survived_is_nought():
    best = np.array([[np.nan, -3.0], [np.nan, 4.0]])
    plane = Plane("r", "c", ("a", "b"), (1, 2), np.array([[0, 3], [3, 3]]), np.array([[0, 0], [0, 3]]), best)
    assert cells(draw(plane, True, NOWHERE, PLAIN, 400)) == ["", "0", "0", "100 %"]
    drawn = draw(plane, False, NOWHERE, PLAIN, 400)
    assert cells(drawn) == ["", "−3", "", "4"]
    assert "a / 1: no candidate traded often enough" in drawn
    assert "b / 1: 0 of 3 survive, best –" in drawn
    assert [drawn.count(f'"{kind}"') for kind in ("bar none", "bar loss", "bar gain")] == [2, 3, 4]  # the scale has 5


@pytest.mark.parametrize(
    ("objective", "said"),
    [
        ("win_rate", "45.0 %"),
        ("sharpe", "0.450"),
        ("return_on_risk_percent", "0.45 %"),
        ("total_pnl / 2", "0.45"),
    ],
)
def test_values_are_written_in_their_unit(objective: str, said: str):
    assert figure_of(objective)(0.45) == said
    assert figure_of(objective)(float("nan")) == "–"


def test_every_plane_is_in_the_data_and_counts_the_family():
    found = planes(SURVIVED)
    assert found is not None
    data, n = found.data, SURVIVED.surviving.tested.n_candidates
    varying = len(data["names"])
    assert varying == 5
    assert len(data["planes"]) == varying * (varying - 1) // 2
    for key, plane in data["planes"].items():
        i, j = map(int, key.split("|"))
        assert len(plane["n"]) == len(data["levels"][i]) * len(data["levels"][j])
        assert sum(plane["n"]) == n
        assert sum(plane["kept"]) == SURVIVED.surviving.n
    assert found.left_out == 0
    assert json.dumps(data, allow_nan=False)


def test_without_survivors_the_best_value_alone_is_shown():
    found = planes(results())
    assert found is not None
    assert found.measures == ["best return on risk"]
    assert "one step from the pick" not in found.chart.wide
    assert planes(nothing_completed()) is None


def test_the_marks_are_the_candidates():
    levels = {d.name: d.values for d in SURVIVED.plan.space.dimensions}
    marks = marks_of(SURVIVED, levels)
    for name, chosen in (("pick", SURVIVED.pick), ("peak", SURVIVED.peak)):
        assert {n: levels[n][at] for n, at in marks.of[name].items()} == chosen.params
    for n, near in marks.near.items():
        ordered = all(isinstance(v, int | float) for v in levels[n])
        at = marks.of["pick"][n]
        expected = [at - 1, at + 1] if ordered else [k for k in range(len(levels[n])) if k != at]
        assert near == [k for k in expected if 0 <= k < len(levels[n])]


def test_the_plateau_in_a_sentence():
    said = plateau(SURVIVED)
    assert said.startswith("One step from the pick lie 3 candidates, ")
    assert said.endswith("their return on risk goes from −3.00 % to 12.00 %.")
    unknown = replace(SURVIVED, stress=replace(SURVIVED.stress, neighbours=(None,)))
    assert plateau(unknown).endswith("; none has a value.")
    assert plateau(results()) == ""


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_the_browser_draws_what_is_chosen_as_python_does(tmp_path: Path):
    r, figure = SURVIVED, figure_of(SURVIVED.plan.objective)
    found = planes(r)
    assert found is not None
    names = [n for n in r.plan.space.names if n != "strikes_depth"]
    stored = {n: next(p.row_levels for q in r.surviving.planes for p in (q, q.turned) if p.rows == n) for n in names}
    marks = marks_of(r, stored)
    told = 'JSON.parse(document.getElementById("planes").textContent)'
    with Driven(report_html(r), tmp_path) as page:
        for plane in (*r.surviving.planes, *(p.turned for p in r.surviving.planes)):
            for measure, share in enumerate((True, False)):
                at = [names.index(plane.rows), names.index(plane.columns), measure]
                theirs = page.run(f"page.drawings.plane({told}, {at}, 560).svg")
                alike(theirs, draw(plane, share, marks, figure, 560))
        never_against_itself(page)
        assert page.logged == []


def alike(one: str, other: str) -> None:
    """The same elements and texts; figures but for the last digit, which JavaScript rounds up where Python does not."""
    number = re.compile(r"-?\d+\.\d+")
    assert number.sub("#", one.replace("&#60;", "&lt;")) == number.sub("#", other)
    a, b = (np.array([float(v) for v in number.findall(text)]) for text in (one, other))
    assert np.abs(a - b).max() <= 0.11


def never_against_itself(page: Driven) -> None:
    """By keyboard: a parameter is never shown against itself, and what is shown is what is chosen."""
    page.run('document.querySelector(".choice select").focus()')
    chosen = '[...document.querySelector(".choice").querySelectorAll("select")].map(s => s.value)'
    before = page.run(chosen)
    for _ in range(4):
        page.press("ArrowUp")
        rows, columns, _ = page.run(chosen)
        assert rows != columns
        label = page.run('document.querySelector(".choice svg").getAttribute("aria-label")')
        assert label == f"{rows} by {columns}"
        assert page.run('document.querySelector(".choice .status").textContent').startswith("Highest: ")
    assert page.run(chosen) != before
