"""Every benchmark runs, says what is equal before it times anything, and has its place on the page."""

from __future__ import annotations

import importlib
import json
import re

import pytest

from benchmarks.__main__ import names
from benchmarks._page import Report, Row, in_turns, page, read_report, shown


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_every_benchmark_runs_and_has_its_rows(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    report = module.main(module.SMALL)
    printed = [
        line for line in capsys.readouterr().out.splitlines() if re.match(r"  (equal:|.* median .* worst )", line)
    ]
    assert printed[0].startswith("  equal: ")  # before any figure
    assert report.name == name
    assert report.rows
    text = page([read_report(json.loads(json.dumps(report.stored())))])
    assert f"## {name}\n" in text
    for row in report.rows:
        assert f"| {row.what} | {shown(row.middle, row.unit)} | {shown(row.worst, row.unit)} | " in text


def report_of(*rows: Row) -> Report:
    report = Report("one", "sorting a list")
    report.equal("both lists are sorted", True)
    report.rows += rows
    return report


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


def test_the_page_says_what_is_worse_and_what_failed() -> None:
    fast = Row("fast", (1.0,), "s", beside="other", theirs=(5.0,))
    slow = Row("slow", (1.0, 9.0), "s", beside="other", theirs=(5.0,))  # by its worst run alone
    floor = Row("floor", (5.0,), "s", beside="reading", theirs=(1.0,), bound=True)
    text = page([report_of(fast, slow, floor)], ["two"])
    worse = text[text.index("## What is worse here") : text.index("## one")]
    assert "- slow (one): 1.00 x of other, by worst runs 0.56 x\n" in worse
    assert "fast" not in worse
    assert "floor" not in worse
    assert "| at best: reading |" in text
    assert "`two` did not end well" in worse
    assert "Nothing of what is measured beside another." in page([report_of(fast)])


def test_works_are_measured_in_turns_after_one_that_warms_up() -> None:
    done: list[str] = []
    seconds = in_turns([lambda: done.append("a"), lambda: done.append("b")], 3)
    assert "".join(done) == "ab" * 4
    assert [len(taken) for taken in seconds] == [3, 3]


def test_the_page_names_no_host() -> None:
    import platform

    assert platform.node() not in page([report_of(Row("alone", (1.0,), "s"))])
