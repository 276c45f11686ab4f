"""Every output of a run, for every shape of results."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from quantray.protocols import Counts
from quantray.report.json_text import jsonable
from quantray.stats.surface import summarise
from quantray.sweeps.report.files import write_all
from quantray.sweeps.report.history import history_png
from quantray.sweeps.report.html import report_html
from quantray.sweeps.report.summary import summary
from quantray.sweeps.results import Results
from tests.builders.sweep_results import nothing_completed, results

SHAPES = {
    "search": lambda: results(),
    "table": lambda: results("exhaustive", edge=3.0),
    "nothing held out": lambda: results(n_unseen=0),
    "one session": lambda: results(n_seen=1, n_unseen=0),
    "nothing completed": nothing_completed,
    "bare": lambda: Results(results().plan, (), Counts(), nothing_completed().verdict),
}
VOID = {"meta", "link", "br"}


class Balanced(HTMLParser):
    """Refuses a page whose tags do not nest; collects its text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("line", "rect", "circle", "polyline")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def page(r: Results) -> tuple[str, str]:
    html = report_html(r)
    reader = Balanced()
    reader.feed(html)
    assert reader.open == []
    return html, " ".join(" ".join(reader.said).split())


@pytest.mark.parametrize("shape", SHAPES)
def test_every_file_is_written_and_reads_back(shape: str, tmp_path: Path):
    r = SHAPES[shape]()
    files = write_all(r, tmp_path / "deep" / "run")
    assert set(files) == {"trials.parquet", "top_trials.csv", "history.png", "summary.json", "report.html"}
    assert all(path.stat().st_size > 0 for path in files.values())
    assert files["history.png"].read_bytes().startswith(b"\x89PNG")
    found = json.loads(files["summary.json"].read_text(), parse_constant=lambda name: pytest.fail(name))
    keys = {"study", "n_completed", "n_pruned", "n_failed", "n_attempts", "duplicates", "best", "digests", "versions",
            "seconds", "verdict", "regret", "surface", "data", "quality", "stop_reason", "seeds"}  # fmt: skip
    assert keys <= set(found)
    assert found["n_attempts"] == found["n_completed"] + found["n_pruned"] + found["n_failed"]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_page_needs_nothing_from_outside(shape: str):
    html, _ = page(SHAPES[shape]())
    assert re.findall(r"""(?:src|href|action)\s*=\s*["'](?!data:)""", html) == []
    assert re.findall(r"https?://|url\(|@import|<script", html) == []
    assert len(html) < 1_500_000


def test_the_verdict_comes_first_with_all_of_its_reasons():
    r = results()
    html, said = page(r)
    assert html.index('class="verdict') < html.index("Best candidate")
    assert str(r.verdict.word).capitalize() in said
    for check in r.verdict.checks:
        assert check.sentence in said


def test_the_page_says_what_a_reader_looks_for():
    r = results()
    _, said = page(r)
    for words in (
        "Searched and held out", "Net, trade by trade", "Net of each session", "Top trials",
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
    assert "Best candidate" in said
    assert html.count('class="tile"') == 4


def test_nothing_completed_is_said_loudly():
    html, said = page(nothing_completed())
    assert "No candidate had enough trades" in said
    assert "loud" in html
    assert "Too little data" in said
    found = summary(nothing_completed())
    assert (found["best"], found["n_completed"], found["verdict"]["word"]) == (None, 0, "too little data")


def test_a_table_has_no_progress_of_a_search():
    assert "Progress of the search" not in page(results("exhaustive"))[1]


def test_names_and_messages_are_escaped():
    r = replace(results(study="<b>&study"), notes=("<script>alert(1)</script>",), stop_reason="a < b")
    html, said = page(r)
    assert "<script" not in html
    assert "<b>&study" in said
    assert "a < b" in said


def test_metrics_that_do_not_exist_are_dashes_and_nulls():
    r = results()
    assert r.best is not None
    assert r.out_of_sample is not None
    none = dict.fromkeys(r.best.metrics)
    r = replace(
        r,
        best=replace(r.best, metrics=none),
        out_of_sample=replace(r.out_of_sample, metrics=none, value=None),
        top_oos=dict.fromkeys(r.top_oos, none),
    )
    _, said = page(r)
    assert "–" in said
    assert "None" not in said
    assert "nan" not in said.lower().split()
    best = summary(r)["best"]
    assert best["oos"]["value"] is None


def test_the_candidates_that_were_tried_stand_in_for_a_table():
    r = results()
    tried = r.plan.space.candidates(np.arange(30))
    r = replace(r, surface=summarise(tried, np.arange(30.0)), regret=None)
    assert "Over the 30 candidates that were tried" in page(r)[1]


def test_history_has_the_same_bytes_for_the_same_values(tmp_path: Path):
    values = np.random.default_rng(0).normal(size=500)
    one, two = history_png(values, tmp_path / "a.png"), history_png(values, tmp_path / "b.png")
    other = history_png(values[::-1], tmp_path / "c.png")
    assert one.read_bytes() == two.read_bytes() != other.read_bytes()


def test_json_knows_no_nan():
    assert jsonable({"a": float("nan"), 1: np.float64(2.5), "p": Path("x"), "t": (np.int64(3), float("inf"))}) == {
        "a": None, "1": 2.5, "p": "x", "t": [3, None],
    }  # fmt: skip
