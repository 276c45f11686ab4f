"""The table of the better candidates, and what is told of all of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quantray.report import words
from quantray.stats.surface import summarise
from quantray.sweeps.report import candidates, survival
from quantray.sweeps.report.html import report_html
from tests.builders.browsers import BROWSER, Driven
from tests.builders.sweep_pages import page
from tests.builders.sweep_results import nothing_completed, results

SEARCH, TABLE = results(), results("exhaustive", edge=3.0)


@pytest.mark.parametrize("r", [SEARCH, TABLE, results(n_unseen=0)], ids=["search", "table", "nothing held out"])
def test_each_candidate_stands_once_the_best_first(r):
    rows = candidates.leading(r)
    assert len({c.number for c in rows}) == len(rows)
    rest = [(not c.feasible, -c.value) for c in rows[len(survival.both(r)) :]]
    assert rest == sorted(rest)
    if r.surviving.whole:
        assert all(r.plan.space.point(c.number) == dict(c.params) for c in rows)
    shown = {c.number for c in rows}
    assert r.pick is None or r.pick.number in shown
    best = r.plan.space.number(r.best.params) if r.surviving.whole else r.best.number
    assert best in shown
    named = [] if r.pick is None else [r.pick.number]
    assert [c.number for c in rows[: len(named) + 1]] == [*named, best]


@pytest.mark.parametrize("r", [SEARCH, TABLE], ids=["search", "table"])
def test_who_survives_and_by_which_statistic(r):
    told = candidates.sheet(r)
    kept = set(r.surviving.frame["number"])
    statistic = dict(zip(r.surviving.numbers.tolist(), r.surviving.tested.statistic.tolist(), strict=True))
    survives, at = told.head.index("survives"), told.head.index("statistic")
    for number, row, value in zip(told.values[0], told.rows, told.values[at], strict=True):
        assert row[survives] == ("yes" if number in kept else "no")
        assert value == statistic.get(number)


def test_the_table_has_every_parameter_that_varies_and_marks_pick_and_peak():
    told = candidates.sheet(TABLE)
    varying = [d.name for d in TABLE.plan.space.dimensions if len(d.values) > 1]
    assert {words.label(n) for n in varying} <= set(told.head)
    assert sum(row[0].endswith(" pick") for row in told.rows) == 1
    assert sum(row[0].endswith(" peak") for row in told.rows) == 1


def test_held_out_values_stand_where_they_were_asked_for():
    assert "held out" not in candidates.sheet(SEARCH).head
    looked = replace(SEARCH, top_oos={SEARCH.best.number: {"return_on_risk_percent": -7.5}})
    told = candidates.sheet(looked)
    column = told.head.index("held out")
    assert [row[column] for row in told.rows if row[column] != words.DASH] == ["−7.50 %"]


def test_nothing_completed_has_no_table():
    assert candidates.sheet(nothing_completed()) is None
    assert "The better candidates" not in page(nothing_completed())[1]


@pytest.mark.slow
def test_importance_says_what_it_was_computed_on():
    assert candidates.computed_on(SEARCH).startswith("Computed on the exact table, 2,048 candidates, ")
    tried = SEARCH.plan.space.candidates(np.arange(30))
    r = replace(SEARCH, surface=summarise(tried, np.arange(30.0)), regret=None)
    assert "Computed on the 30 candidates that were tried, 30 of them with a value." in page(r)[1]


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_the_table_sorts_filters_and_unfolds_by_keyboard(tmp_path: Path):
    told = candidates.sheet(TABLE)
    table = 'document.querySelector("#candidates").previousElementSibling'
    cells = f'[...{table}.querySelectorAll("tbody tr")].map(tr => [...tr.cells].map(td => td.textContent))'
    status = f'{table}.querySelector(".status").textContent'
    with Driven(report_html(TABLE), tmp_path) as browser:
        assert browser.run(cells) == [list(row) for row in told.rows[: told.first]]
        assert browser.run(status) == f"{told.first} of {len(told.rows)} rows"
        at = told.head.index("statistic")
        browser.run(f'{table}.querySelectorAll("th button")[{at - 1}].focus()')
        browser.press("Tab", "Enter")
        rising = sorted(told.values[at])
        assert [row[at] for row in browser.run(cells)] == [words.number(v) for v in rising[::-1][: told.first]]
        browser.press(" ")
        assert [row[at] for row in browser.run(cells)] == [words.number(v) for v in rising[: told.first]]
        assert browser.run(f'[...{table}.querySelectorAll("th")].map(th => th.ariaSort).filter(Boolean)') == [
            "ascending"
        ]
        browser.run(f'{table}.querySelector("input").focus()')
        browser.press("otm, statistic > 7")
        matching = [i for i, row in enumerate(told.rows) if "otm" in row and told.values[at][i] > 7]
        assert browser.run(status).endswith(f"{len(matching)} rows that match, of {len(told.rows)}")
        browser.run(f'{table}.querySelector("button.more").focus()')
        browser.press("Enter", "Enter", "Enter")
        assert len(browser.run(cells)) == len(matching)
        browser.run(f'{table}.querySelector("input").focus()')
        browser.press(", nonsense > 7")
        assert browser.run(status).startswith("There is no column “nonsense”. ")
        assert browser.logged == []
