"""The optimiser's page in a real browser: nothing is fetched, nothing is logged, nothing sticks out on a phone."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from quantray.callers.policies import grid
from quantray.callers.report.html import report_html
from quantray.callers.report.trades import trades_frame
from quantray.report.words import number
from tests.builders.browsers import BROWSER, Driven, opened
from tests.builders.caller_results import SL, TP, many, results

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


def test_tables_sort_and_filter_and_planes_are_chosen_by_keys(tmp_path: Path):
    r = results()
    deep = grid("mixed", of="fixed", tp_mults=list(TP), sl_mults=list(SL), hold=["1h", "2h"])[:9]
    unit = r.unit("caller_1")
    frame = trades_frame(r)
    done = frame[(frame["unit"] == unit.name) & (frame["skipped"] == "") & (frame["part"] == "held_out")]
    page = report_html(replace(r, plan=replace(r.plan, policies=deep), units=[unit]))
    with Driven(page, tmp_path) as shown:
        box = "document.querySelector('[aria-label=\"Trades and skipped calls\"]').closest('.sheet')"
        rows = f"[...{box}.querySelectorAll('tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
        shown.run(f"{box}.querySelector('input').focus()")
        shown.press("part = held out, ended by != skipped: asset already held")
        shown.run(f"{box}.querySelector('button.more').click()")
        assert len(shown.run(rows)) == len(done)
        heads = shown.run(f"[...{box}.querySelectorAll('th')].map(h => h.textContent)")
        shown.run(f"{box}.querySelectorAll('th button')[{heads.index('net')}].focus()")
        shown.press("Enter")
        shown.run(f"{box}.querySelector('button.more').click()")
        told = [row[heads.index("net")] for row in shown.run(rows)]
        assert told == [number(v) for v in sorted(done["pnl"].astype(float), reverse=True)]
        shown.run("document.querySelector('.choice select').focus()")
        names = shown.run("[...document.querySelectorAll('.panel')].map(p => p.dataset.key)")
        assert len(names) == len(set(names)) > 1
        shown.press("ArrowDown")
        visible = "[...document.querySelectorAll('.panel')].filter(p => !p.hidden).map(p => p.dataset.key)"
        assert shown.run(visible) == [names[1]]
        assert shown.logged == []
