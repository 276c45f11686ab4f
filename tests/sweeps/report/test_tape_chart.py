"""The chart of a session: Python draws the first one, the page's script the others, both the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from quantray.sweeps.report import tape_chart, track
from quantray.sweeps.report.html import report_html
from quantray.sweeps.report.tape import days
from quantray.sweeps.report.trade_list import MOST_DRAWN, first_of
from tests.builders.browsers import BROWSER, Driven
from tests.builders.trails import PARAMS, odd, trail

NIGHT = {"evening": True, "lunch": True, "params": {**PARAMS, "entry_window": "23:05-4:00"}}


def shown(r):
    told = track.tracks(r)
    return days(told, {}, first_of(told, MOST_DRAWN))


@pytest.mark.slow
def test_every_trade_has_its_words_its_side_and_its_outcome():
    for day in shown(trail()):
        chart = tape_chart.chart(day)
        for svg in (chart.wide, chart.narrow):
            titles = re.findall(r'<g class="trade (gain|loss)"><title>(.*?)</title>', svg)
            assert titles == [("gain" if m.net > 0 else "loss", day.tip(m)) for m in day.marks]
            assert ("held out</text>" in svg) == day.unseen
            assert day.title in svg
            turns = re.findall(r'<polyline points="[\d.]+,([\d.]+) [\d.]+,([\d.]+)', svg)
            assert [float(b) > float(a) for a, b in turns] == [m.side == "call" for m in day.marks]


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_drawn_outside(seed):
    for day in shown(odd(seed)):
        for svg in (tape_chart.drawn(day, 960, 340), tape_chart.drawn(day, 350, 260)):
            assert not re.search(r"nan|inf", svg)
            width = 960 if 'viewBox="0 0 960' in svg else 350
            xs = [float(x) for x in re.findall(r'\b(?:x|x1|x2)="(-?[\d.]+)"', svg)]
            assert all(0 <= x <= width for x in xs)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("market", [{}, NIGHT])
def test_the_script_draws_every_session_as_python_does(market, tmp_path: Path):
    r = trail(**market)
    with Driven(report_html(r), tmp_path) as page:
        for width, size in ((1200, (960, 340)), (390, (350, 260))):
            page.sized(width)
            for place, day in reversed(list(enumerate(shown(r)))):
                svg = page.run(
                    f"""(() => {{ const box = document.querySelector('.choice[data-draw="underlying"]');
                    const select = box.querySelector("select"); select.selectedIndex = {place};
                    select.dispatchEvent(new Event("change")); return box.querySelector(".panel").innerHTML; }})()"""
                )
                wanted = tape_chart.drawn(day, *size)
                for pattern in (r">([^<>]+)</t", r'points="([^"]*)"', r"<(rect|line|polyline|g)", r'class="([^"]*)"'):
                    drawn = [x for x in re.findall(pattern, svg) if x not in ("way", "entry", "exit", "small")]
                    if "points" in pattern:
                        near(drawn, re.findall(pattern, wanted))
                    else:
                        assert drawn == re.findall(pattern, wanted)
                assert day.said in page.run("document.querySelector('.choice .panel p').textContent")
        assert page.logged == []


def near(drawn: list[str], wanted: list[str]) -> None:
    """Points to a tenth of a unit: the two round halves differently."""
    assert len(drawn) == len(wanted)
    for mine, theirs in zip(drawn, wanted, strict=True):
        a, b = (re.split("[ ,]", text) for text in (mine, theirs))
        assert [float(x) for x in a] == pytest.approx([float(x) for x in b], abs=0.11)
