"""Sections of the page."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.builders.pages import fetched
from tests.builders.sweep_pages import SHAPES, page
from tests.builders.sweep_results import results
from tests.builders.trails import odd, trail


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


@pytest.mark.slow
def test_a_table_has_no_progress_of_a_search():
    assert "Progress of the search" not in page(results("exhaustive"))[1]


@pytest.mark.slow
def test_names_and_messages_are_escaped():
    r = replace(results(study="<b>&study"), notes=("<script>alert(1)</script>",), stop_reason="a < b")
    html, said = page(r)
    assert fetched(html) == []
    assert "<b>&study" in said
    assert "a < b" in said


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        odd,
        lambda: odd(1, 3),
        lambda: trail(1, 0),
        lambda: trail(quotes=False, lunch=True),
        lambda: hostile(trail(2, 1)),
    ],
)  # fmt: skip
def test_pages_of_every_kind_of_trades_tell_no_nothing(make):
    html, said = page(make())
    assert fetched(html) == []
    assert not re.findall(r"\b(?:None|nan|NaN|inf|NaT|<NA>)\b", said)
    drawn = re.findall(r'(?:points|x|y|x1|y1|x2|y2|width|height|cx|cy)="([^"]*)"', html)
    assert not [value for value in drawn if "nan" in value or "inf" in value]
    assert "Equity and drawdown" in said
    assert "with entries and exits" in said


def hostile(r):
    """The same trades of an underlying and of contracts whose names are markup, formulas and controls."""
    name = "</script><img src=x onerror=alert(1)>\x1b[31m\u202e=cmd"
    parts = {}
    for key in ("in_sample", "out_of_sample"):
        made = getattr(r, key)
        sessions = tuple(replace(s, symbol=tuple(f"{name} {i}" for i in range(len(s.symbol)))) for s in made.slice)
        parts[key] = replace(made, slice=replace(made.slice, sessions=sessions, underlying=name))
    return replace(r, **parts)
