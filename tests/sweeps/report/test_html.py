"""The page in a real browser: nothing is fetched, nothing is logged, nothing sticks out on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from quantray.sweeps.report.html import report_html
from tests.builders.browsers import BROWSER, opened
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
