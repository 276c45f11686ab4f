"""Cards: what any object shows of itself in a notebook fits a screen, is escaped and needs nothing but itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import quantray as qr
from quantray.callers.baseline_study import BaselineStudy
from quantray.callers.report.units import ByUnit
from quantray.callers.study import CallerStudy
from quantray.cards import CLASS, MOST_ROWS, Card, colours, drawing_rules, line, style
from quantray.stats.checks import Verdict, Word
from quantray.sweeps.study import Study
from tests.builders import browsers, caller_results, sweep_results
from tests.builders.call_plans import market
from tests.builders.pages import read

HOSTILE = "<script>alert(1)</script>\x1b[31m\n\"'&" + "x" * 5000
HIGHEST = 760  # pixels of a laptop's screen below a notebook's bars
#: A card that is higher leaves the count of sections.
HEIGHTS = f"""<script>for (const s of document.querySelectorAll("section"))
if (innerWidth > 700 && s.getBoundingClientRect().height > {HIGHEST}) s.remove()</script>"""


def sweep_objects() -> list[object]:
    found: list[object] = []
    shapes = (sweep_results.results(), sweep_results.results("exhaustive", edge=3.0), sweep_results.results(n_unseen=0))
    for r in (*shapes, sweep_results.nothing_completed()):
        study = Study(r.plan, r, {})
        found += [study, study.verdict, r.plan, *(x for x in (study.best, study.pick, r.peak) if x is not None)]
    return found


def caller_objects() -> list[object]:
    found: list[object] = []
    for r in (caller_results.results(), caller_results.many(60)):
        study = CallerStudy(r.plan, r, {})
        found += [study, r.plan, study.best, study.pick, study.verdict]
    return found


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    from tests.builders.baselines import finished

    folder = tmp_path_factory.mktemp("calls")
    made: BaselineStudy = finished(market(folder), folder / "run")
    return [*sweep_objects(), *caller_objects(), made, made.plan]


@pytest.mark.slow
def test_every_object_is_one_short_line_of_text(every: list[object]) -> None:
    for thing in every:
        text = repr(thing)
        assert len(text) <= 330, text
        assert text.isprintable(), text
        assert " object at 0x" not in text


def test_every_card_stands_alone(every: list[object]) -> None:
    """No script, no network, tags that nest; its style reaches nothing outside."""
    for thing in every:
        html, said = read(thing._repr_html_())
        assert html.startswith(f'<div class="{CLASS}">')
        assert len(html) < 16_000
        assert not re.search(r"<script|https?:|@import|url\(|\son\w+=", html)
        assert len(said) > 20
    assert all(f".{CLASS}" in rule.partition("{")[0] for rule in re.findall(r"[^{}]+\{[^{}]+\}", style()))


def test_text_of_others_is_escaped_and_cut() -> None:
    for html in (
        Card(HOSTILE, HOSTILE, HOSTILE, "bad", [HOSTILE], [(HOSTILE,) * 3], [HOSTILE] * 2, [[HOSTILE] * 2] * 90).html(),
        Verdict(Word.DOUBTFUL, HOSTILE)._repr_html_(),
        ByUnit({HOSTILE: HOSTILE}, "pick", [HOSTILE])._repr_html_(),
        qr.Trial("0" * 32, {HOSTILE: HOSTILE}, qr.TrialState.FAIL, why=HOSTILE)._repr_html_(),
    ):
        read(html)
        assert "<script" not in html
        assert "\x1b" not in html
        assert len(html) < 40_000
    rows = Card("", "", rows=[(str(i), "") for i in range(90)]).html()
    assert rows.count("<tr>") == MOST_ROWS
    assert f"… {90 - MOST_ROWS + 1} more" in rows
    assert len(line("Study", HOSTILE, [HOSTILE])) < 300


def test_colours_are_those_of_the_page() -> None:
    light, dark = colours()
    names = set(re.findall(r"var\((--\w+)\)", style()))
    assert names
    for name in names:
        assert f"{name}:" in light
        assert f"{name}:" in dark
    assert light != dark
    assert any(".curve" in rule for rule in drawing_rules())


@pytest.mark.slow
def test_figures_of_a_card_are_those_of_the_report() -> None:
    from quantray.sweeps.report.html import report_html

    r = sweep_results.results("exhaustive", edge=3.0)
    _, page = read(report_html(r))
    _, card = read(re.sub("<style>.*?</style>", "", Study(r.plan, r, {})._repr_html_()))
    shown = re.findall(r"[−\d.,]+ %|[−\d,]+\.\d\d", card)
    assert len(shown) > 4
    assert not [figure for figure in shown if figure not in page]
    assert r.verdict.headline in card
    assert str(r.verdict.word) in repr(Study(r.plan, r, {}))


@pytest.mark.slow
@pytest.mark.skipif(browsers.BROWSER is None, reason="no browser")
@pytest.mark.parametrize("width", [980, 380])
def test_cards_fit_a_screen(width: int, every: list[object], tmp_path: Path) -> None:
    """None is wider than the notebook's column, on a phone neither, nor higher than a screen."""
    tall = "".join(f"<section>{thing._repr_html_()}</section>" for thing in every)
    measured, _ = browsers.opened(f"<!doctype html><body style='margin:0'>{tall}{HEIGHTS}", width, tmp_path)
    assert f"scroll={width} " in measured, measured
    assert f"sections={len(every)} " in measured, measured
