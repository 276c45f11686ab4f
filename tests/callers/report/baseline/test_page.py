"""The baseline's page: figures as the tables have them; in a real browser nothing is fetched or sticks out."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quantray.callers.baseline.trace import CallCandles, Milestone
from quantray.callers.baseline_study import BaselineStudy
from quantray.callers.report.baseline import words
from quantray.callers.report.baseline.charts import call_chart, distribution
from quantray.callers.report.baseline.page import context, page
from quantray.durations import NS
from tests.builders.baselines import finished
from tests.builders.browsers import BROWSER, Driven, opened
from tests.builders.call_plans import market
from tests.builders.pages import fetched

browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> BaselineStudy:
    folder = tmp_path_factory.mktemp("page")
    return finished(market(folder, n_calls=200, n_callers=9, length=1500), folder / "run")


@pytest.mark.slow
def test_the_page_needs_nothing_from_outside(study: BaselineStudy) -> None:
    text = page(study.results)
    assert fetched(text) == []
    assert not re.findall(r"(?:src|href)=\"(?!#|data:)[^\"]*", text)
    assert text == (study.plan.run_dir / "report.html").read_text()


@pytest.mark.slow
def test_every_caller_stands_in_the_board_with_its_figures(study: BaselineStudy) -> None:
    told, board = context(study.results), study.leaderboard()
    assert [row["caller"] for row in told["rows"]] == board["caller"].tolist()
    column = next(k for k, c in enumerate(words.BOARD) if c.name == "median_ath_multiple")
    for row, value in zip(told["rows"], board["median_ath_multiple"], strict=True):
        assert row["cells"][column] == (words.multiple(value), f"{value:.10g}")


def test_a_caller_has_its_calls_and_three_of_them_as_charts(study: BaselineStudy) -> None:
    for detail in context(study.results)["details"]:
        assert [c["which"] for c in detail["charts"]] == ["highest", "middle", "lowest"]
        calls = study.alerts(detail["caller"])
        assert len(detail["calls"].rows) + detail["more"] == len(calls)
        assert detail["calls"].rows[0][2] == words.multiple(calls["ath_multiple"].max())


def test_milestones_stand_where_they_happened() -> None:
    ts, price = np.arange(5) * 60 * NS, np.array([1.0, 1.3, 2.2, 1.5, 1.1])
    candles = CallCandles(ts, price, price * 1.01, price * 0.99, price, 60, 0, 1.0, 300 * NS)
    marks = [Milestone("entry", 0, 1.0), Milestone("2x", 180 * NS, 2.0), Milestone("ath", 180 * NS, 2.222)]
    chart = call_chart(candles, marks, "T")
    assert chart is not None
    for told in ("ath: 2.222x after 3 min", "2x: 2.000x after 3 min", "entry: 1.000x after 0 s"):
        assert told in chart.wide
        assert told in chart.narrow
    assert distribution(np.array([np.nan]), "nothing") is None
    assert "median 1" in str(distribution(np.ones(3), "one value"))
    assert "bar gain" not in str(distribution(np.ones(3), "hours", signed=False))
    assert "bar gain" in str(distribution(np.ones(3), "returns"))
    flat = CallCandles(ts, *(np.full(5, 1e-9) for _ in range(4)), 60, 0, 1e-9, 300 * NS)
    assert call_chart(flat, [Milestone("entry", 0, 1.0)], "flat") is not None


@pytest.mark.slow
@browser
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_sticks_out(study: BaselineStudy, width: int, tmp_path: Path) -> None:
    plan = replace(study.plan, study="a_long_name_without_any_space_" * 3)
    text = page(replace(study.results, plan=plan)).replace("<details>", "<details open>")
    measured, log = opened(text, width, tmp_path)
    assert measured.startswith(f"scroll={width} ")
    assert measured.endswith("out=[]")
    assert "CONSOLE" not in log


@pytest.mark.slow
@browser
def test_the_board_sorts_and_filters(study: BaselineStudy, tmp_path: Path) -> None:
    board = {row["caller"]: row for row in study.results.leaderboard}
    names = "[...document.querySelectorAll('.board tbody tr')].map(r => r.cells[1].textContent)"
    with Driven(page(study.results), tmp_path) as shown:
        for column in (words.BOARD[0], words.BOARD[1], words.BOARD[12]):
            head = f"[...document.querySelectorAll('.board th')].find(h => h.textContent === '{column.title}')"
            shown.run(f"{head}.querySelector('button').focus()")
            for turn in (True, False):
                shown.press("Enter")
                values = [board[caller][column.name] for caller in shown.run(names)]
                there = [v for v in values if v is not None]
                assert values[: len(there)] == there == sorted(there, reverse=turn)
        shown.run("document.querySelector('.sheet input').focus()")
        shown.press("win rate > 50")
        assert set(shown.run(names)) == {name for name, row in board.items() if (row["win_rate"] or 0) > 0.5}
        assert shown.logged == []
