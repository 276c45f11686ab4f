"""Every benchmark runs, says what is equal before it times anything, and has its place on the page."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.__main__ import LIMIT_S, child, main, names
from benchmarks._page import Report, Row, in_turns, page, read_report, section, sections_of, shown


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_every_benchmark_runs_and_has_its_rows(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    report = module.main(module.SMALL)
    printed = [
        line
        for line in capsys.readouterr().out.splitlines()
        if re.match(r" *\d+ s  (equal:|.* median .* worst )", line)
    ]
    assert " s  equal: " in printed[0]  # before any figure
    assert report.name == name
    assert report.rows
    text = page_of(read_report(json.loads(json.dumps(report.stored()))))
    assert f"## {name}\n" in text
    for row in report.rows:
        assert f"| {row.what} | {shown(row.middle, row.unit)} | {shown(row.worst, row.unit)} | " in text


def report_of(*rows: Row) -> Report:
    report = Report("one", "sorting a list")
    report.equal("both lists are sorted", True)
    report.rows += rows
    return report


def page_of(report: Report) -> str:
    return page({report.name: section(report)})


def test_nothing_is_timed_before_something_is_equal() -> None:
    with pytest.raises(SystemExit, match="sorting is timed before anything is said to be equal"):
        Report("one", "sorting a list").row("sorting", [1.0])


def test_what_is_not_equal_ends_the_benchmark() -> None:
    with pytest.raises(SystemExit, match="NOT true: both lists are sorted"):
        Report("one", "sorting a list").equal("both lists are sorted", False)


@pytest.mark.parametrize(
    ("row", "ratios"),
    [
        (Row("faster", (1.0, 2.0, 4.0), "s", beside="other", theirs=(4.0, 6.0, 5.0)), (2.5, 1.5)),
        (Row("slower", (4.0, 6.0, 5.0), "s", beside="other", theirs=(1.0, 2.0, 4.0)), (0.4, 4 / 6)),
        (Row("more a second", (100.0, 80.0), "a second", True, "other", (45.0, 40.0)), (90 / 42.5, 2.0)),
        (Row("alone", (1.0,), "s"), None),
    ],
)
def test_a_ratio_says_how_many_times_better(row: Row, ratios: tuple[float, float] | None) -> None:
    assert row.ratios == (None if ratios is None else pytest.approx(ratios))


def worse(text: str) -> str:
    return text[text.index("## What is worse here") : text.index("## one")]


def test_the_page_says_what_is_worse_from_its_own_figures() -> None:
    fast = Row("fast", (1.0,), "s", beside="other", theirs=(5.0,))
    slow = Row("slow", (4.0, 4.0), "s", beside="other", theirs=(1.0,))
    tail = Row("tail", (1.0, 1.0, 9.0), "s", beside="other", theirs=(5.0,))
    floor = Row("floor", (5.0,), "s", beside="reading", theirs=(1.0,), bound=True)
    text = page_of(report_of(fast, tail, slow, floor))
    told = worse(text)
    assert told.index("- slow (one): 0.25 x of other, by the worst runs 0.25 x\n") < told.index(
        "By the worst runs alone:"
    )
    assert told.index("By the worst runs alone:") < told.index(
        "- tail (one): 5.00 x of other, by the worst runs 0.56 x\n"
    )
    assert "fast" not in told
    assert "floor" not in told
    assert "| at best: reading |" in text
    assert "By medians nothing of what is measured beside another." in worse(page_of(report_of(fast)))
    assert page(sections_of(text)) == text  # what it says is read from its sections


def test_a_section_is_replaced_and_the_others_stay_with_their_day_and_load() -> None:
    old = report_of(Row("fast", (1.0,), "s"))
    old.day, old.load = "2020-01-02", (97.0, 98.0)
    new = read_report({**report_of(Row("slow", (9.0,), "s")).stored(), "name": "two", "load": (0.0, 0.0)})
    text = page({**sections_of(page_of(old)), "two": section(new)})
    assert f"Figures were measured on {new.day}, those of `one` on 2020-01-02." in text
    assert "Those of `one` began at a load above" in text
    assert "on 2020-01-02 in 0 s, load 97.0 at its beginning and 98.0 at its end." in text
    assert list(sections_of(text)) == ["one", "two"]


@pytest.mark.slow
def test_what_fails_keeps_its_figures_and_the_page_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It says so in its own section, those of others stay, and the command ends with an error."""
    there = tmp_path / "page.md"
    there.write_text(page_of(report_of(Row("fast", (1.0,), "s"))).replace("## one", "## year"), encoding="utf-8")
    monkeypatch.setitem(LIMIT_S, "small", 0.05)
    assert main(["--small", "--only", "formats", "--page", str(there)]) == 1
    text = there.read_text(encoding="utf-8")
    assert list(sections_of(text)) == ["formats", "year"]
    assert "- `formats` did not come to its end: its section says why.\n" in text
    assert "It did not come to its end: it was stopped after 0 s." in text
    assert "did not come to their end: formats" in capfd.readouterr().out


def test_what_was_found_before_an_error_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(arguments: list[str]) -> Report:
        report = Report("half", "two lists")
        report.equal("both lists are sorted", True)
        report.row("the first", [1.0])
        raise ValueError("the second is\nno list.")

    module = ModuleType("half")
    module.__dict__.update(main=half, SMALL=[])
    monkeypatch.setitem(sys.modules, "benchmarks.half", module)
    monkeypatch.setattr(Report, "kept", None)
    file = tmp_path / "report.json"
    assert child("half", file, "small") == 1
    found = read_report(json.loads(file.read_text(encoding="utf-8")))
    assert found.failed == "ValueError: the second is no list"
    assert "It did not come to its end: ValueError: the second is no list." in section(found)
    assert "| the first | 1.00 s |" in section(found)


def test_works_are_measured_in_turns_after_one_that_warms_up() -> None:
    done: list[str] = []
    seconds = in_turns([lambda: done.append("a"), lambda: done.append("b")], 3)
    assert "".join(done) == "ab" * 4
    assert [len(taken) for taken in seconds] == [3, 3]


def test_the_page_names_no_host() -> None:
    import platform

    assert platform.node() not in page_of(report_of(Row("alone", (1.0,), "s")))
