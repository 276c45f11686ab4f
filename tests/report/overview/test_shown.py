"""The studies of a multirun side by side: on a narrow terminal, and as a page that links to each report."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from quantray.errors import ConfigError
from quantray.report.console import PlainConsole
from quantray.report.ended import Ended
from quantray.report.overview.shown import NAME, Job, as_page, as_renderables, check_place, write

JUDGED = Ended(3, objective="return_on_risk_percent", best=12.5, pick=3.0, held_out=-1.0, verdict="do not believe")


def jobs(folder: Path) -> list[Job]:
    odd = "a b<i>#&?"
    return [
        Job("plain", "done", JUDGED, folder / "plain" / "report.html", {"seed": "0"}),
        Job(odd, "done", JUDGED, folder / odd / "report.html", {"seed": "1"}),
        Job("stopped", "interrupted", JUDGED, folder / "stopped" / "report.html", {"seed": "2"}),
        Job("wrong", "failed", None, None, {"seed": "3"}),
        Job("later", "not begun", None, None, {"seed": "4"}),
    ]


def test_the_page_links_to_each_report_and_tells_no_figure_of_what_did_not_end(tmp_path: Path) -> None:
    page = as_page(jobs(tmp_path), tmp_path)
    assert '<a href="plain/report.html">plain</a>' in page
    assert '<a href="a%20b%3Ci%3E%23%26%3F/report.html">a b&lt;i&gt;#&amp;?</a>' in page
    assert '<a href="stopped/report.html">' in page
    assert page.count("12.50 %") == 2
    for word in ("interrupted", "failed", "not begun", "5 studies: 2 done, 1 interrupted, 1 failed, 1 not begun"):
        assert word in page
    assert "<th>seed</th>" in page


def test_a_narrow_terminal_breaks_no_path(tmp_path: Path) -> None:
    out = io.StringIO()
    page = tmp_path / ("long" * 30) / NAME
    PlainConsole(out, width=80).print(*as_renderables(jobs(tmp_path), page), sep="\n")
    lines = out.getvalue().splitlines()
    assert sum(NAME in line for line in lines) == 1
    assert any(line.startswith("plain") and "do not believe" in line for line in lines)
    assert any("seed=0" in line for line in lines)


def test_what_is_not_ours_is_not_replaced(tmp_path: Path) -> None:
    said: list[str] = []
    for _ in range(2):  # the next multirun replaces the page of the one before
        assert write(jobs(tmp_path), tmp_path, said.append) == tmp_path / NAME
    assert not said
    check_place(tmp_path)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / NAME).write_text("mine")
    with pytest.raises(ConfigError, match=NAME):
        check_place(mine)
