"""The card of a run about callers: the units of the report in its order, with the report's own figures."""

from __future__ import annotations

import re

import pytest

from quantray.callers.report import card
from quantray.callers.report.html import report_html
from quantray.callers.report.sections import callers
from tests.builders import caller_results
from tests.builders.pages import read


@pytest.mark.slow
def test_units_stand_as_in_the_report_with_its_figures() -> None:
    r = caller_results.results()
    _, page = read(report_html(r))
    made = card.study_card(r)
    people = [row[0] for row in made.rows if row[0] != "(all callers)"]
    assert people == [unit.name for unit in callers(r)]
    figures = [cell.partition(" (")[0] for row in made.rows for cell in row[1:3]]
    assert len(figures) == 2 * len(made.rows)
    assert not [figure for figure in figures if figure not in page]
    assert made.tiles
    for title, figure, small in made.tiles:
        assert title in page
        assert figure in page
        assert small in page


def test_many_callers_are_cut_and_counted() -> None:
    r = caller_results.many(60)
    html = card.study_card(r).html()
    assert html.count("<tr>") == 1 + card.MOST_CALLERS
    shown = card.MOST_CALLERS - 1
    assert f"… {len(r.units) - shown} more" in html
    assert re.search(r"CallerStudy\(sample: 60 callers, 9 policies, verdict: ", card.study_line(r))
