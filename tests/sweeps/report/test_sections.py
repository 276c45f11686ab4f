"""Sections of the page."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.builders.pages import fetched
from tests.builders.sweep_pages import SHAPES, page
from tests.builders.sweep_results import results


@pytest.mark.parametrize("shape", SHAPES)
def test_the_page_needs_nothing_from_outside(shape: str):
    html, _ = page(SHAPES[shape]())
    assert re.findall(r"""(?:src|href|action)\s*=\s*["'](?!data:)""", html) == []
    assert fetched(html) == []
    assert len(html) < 1_500_000


def test_the_verdict_comes_first_with_all_of_its_reasons():
    r = results()
    html, said = page(r)
    assert html.index('class="verdict') < html.index("The peak")
    assert str(r.verdict.word).capitalize() in said
    for check in r.verdict.checks:
        assert check.sentence in said


def test_the_page_says_what_a_reader_looks_for():
    r = results()
    _, said = page(r)
    for words in (
        "peak, searched", "peak, held out", "Survivors",
        "against evidence", "Equity and drawdown", "Net of each session", "Net by month", "Net by hour of entry",
        "Net by side", "Net by weekday", "with entries and exits", "Trades of the peak", "The better candidates",
        "How each parameter matters",
        "Exits by reason", "Refused and carried",
        "Quality of the data", "Costs and limits", "Reproduce", "Progress of the search",
        "The best point of the whole table is", "duplicates (sampler)", *r.digests, *r.versions,
    ):  # fmt: skip
        assert words in said, words
    assert r.best is not None
    for value in r.best.params.values():
        assert str(value) in said


def test_without_held_out_sessions_there_is_no_column_for_them():
    html, said = page(results(n_unseen=0))
    assert "<th>held out</th>" not in html
    assert "The peak" in said
    assert html.count('class="tile"') == 4


def test_a_table_has_no_progress_of_a_search():
    assert "Progress of the search" not in page(results("exhaustive"))[1]


def test_names_and_messages_are_escaped():
    r = replace(results(study="<b>&study"), notes=("<script>alert(1)</script>",), stop_reason="a < b")
    html, said = page(r)
    assert fetched(html) == []
    assert "<b>&study" in said
    assert "a < b" in said
