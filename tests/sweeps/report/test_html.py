"""The page in a real browser: nothing is fetched, nothing is logged, nothing sticks out on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from quantray.sweeps.report.html import report_html
from tests.builders.browsers import BROWSER, CUT, FAULTS, Driven, opened
from tests.builders.sweep_results import nothing_completed, results

pytestmark = [pytest.mark.slow, pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")]


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_nothing_sticks_out(width: int, tmp_path: Path):
    measured, log = opened(report_html(results(study="a_long_name_without_any_space_" * 3)), width, tmp_path)
    assert measured.startswith(f"scroll={width} ")
    assert measured.endswith("out=[]")
    assert "CONSOLE" not in log


def test_the_whole_page_is_drawn(tmp_path: Path):
    measured, _ = opened(report_html(results()), 1280, tmp_path)
    found = re.search(r"sections=(\d+)", measured)
    assert found is not None
    assert int(found[1]) >= 14


def test_a_run_without_a_result(tmp_path: Path):
    measured, log = opened(report_html(nothing_completed()), 390, tmp_path)
    assert measured.startswith("scroll=390 ")
    assert "CONSOLE" not in log


def test_keys_and_screen_readers_find_everything(tmp_path: Path):
    with Driven(report_html(results("exhaustive", edge=3.0)), tmp_path, 390, dark=True) as page:
        assert page.run(FAULTS) == []
        page.sized(1200)
        assert page.run(FAULTS) == []
        page.press(*["Tab"] * 3)
        assert page.run("document.activeElement.matches(':focus-visible')")
        assert page.logged == []


def test_paper_has_every_column(tmp_path: Path):
    with Driven(report_html(results("exhaustive", edge=3.0)), tmp_path) as page:
        page.printed()
        assert page.run(CUT) == []
        offered = "[...document.querySelectorAll('button:not(.sort), input')].filter(e => e.offsetParent).length"
        assert page.run(offered) == 0
        assert page.paper(tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


def test_without_scripts_the_first_rows_are_read_and_nothing_is_offered(tmp_path: Path):
    r = results("exhaustive", edge=3.0)
    with Driven(report_html(r), tmp_path, scripts=False) as page:
        told = page.ask("DOM.getDocument", depth=-1)["root"]
        assert page.ask("DOM.querySelector", nodeId=told["nodeId"], selector="html.scripted")["nodeId"] == 0
        page.ask("Emulation.setScriptExecutionDisabled", value=False)  # to ask the page what it shows
        shown = "e => e.getClientRects().length > 0"
        assert page.run(f"[...document.querySelectorAll('button, input, select')].filter({shown}).length") == 0
        assert page.run("document.querySelectorAll('.sheet tbody tr').length") > r.plan.report.top
        assert page.run(f"[...document.querySelectorAll('.panel')].filter({shown}).length") >= 1
