"""The optimiser's page in a real browser: nothing is fetched, nothing is logged, nothing sticks out on a phone."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from quantray.callers.report.html import report_html
from tests.builders.browsers import BROWSER, opened
from tests.builders.caller_results import many, results

pytestmark = [pytest.mark.slow, pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")]


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_nothing_sticks_out(width: int, tmp_path: Path):
    r = results()
    name = "a_caller_with_a_name_without_any_space_" * 3
    long = [replace(u, name=name) if u.name == "caller_1" else u for u in r.units]
    page = report_html(replace(r, units=long, plan=replace(r.plan, study="a_long_name_without_any_space_" * 3)))
    measured, log = opened(page.replace("<details>", "<details open>"), width, tmp_path)
    assert measured.startswith(f"scroll={width} ")
    assert measured.endswith("out=[]")
    assert "CONSOLE" not in log


def test_a_thousand_callers_are_drawn(tmp_path: Path):
    measured, log = opened(report_html(many(1000)), 1280, tmp_path)
    found = re.search(r"sections=(\d+)", measured)
    assert found is not None
    assert int(found[1]) >= 30
    assert "CONSOLE" not in log


@pytest.mark.parametrize("shape", [{"minimum": 1e9}, {"mode": "grouped"}])
def test_other_shapes_fit_a_phone(shape: dict[str, object], tmp_path: Path):
    measured, log = opened(report_html(results(**shape)), 390, tmp_path)  # type: ignore[arg-type]
    assert measured.startswith("scroll=390 ")
    assert measured.endswith("out=[]")
    assert "CONSOLE" not in log
