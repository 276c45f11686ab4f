"""What a sweep prints when it ends."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from quantray.sweeps.report.printout import ending
from tests.builders.sweep_results import nothing_completed, results


@pytest.mark.parametrize("width", [80, 120])
def test_the_end_says_everything(width: int, tmp_path: Path):
    r = results()
    files = {"report.html": tmp_path / "report.html", "other.bin": tmp_path / "other.bin"}
    console = Console(file=io.StringIO(), width=width)
    console.print(ending(r, files), crop=False)  # as the console of a run does
    said = console.file.getvalue()  # type: ignore[attr-defined]
    flat = " ".join(said.split())
    paths = [line for line in said.splitlines() if str(tmp_path) in line]  # never broken, however long
    assert max(len(line) for line in said.splitlines() if line not in paths) <= width
    assert "Verdict: do not believe" in flat
    assert "take_profit_percent" in flat
    assert "Peak: trial" in flat
    assert "nothing survives" in flat
    assert "searched held out" in flat
    assert r.verdict.checks[0].sentence in flat
    assert any(line.strip() == str(files["report.html"]) for line in paths)
    assert "15 duplicates not launched" in flat


def test_the_end_without_a_result():
    console = Console(file=io.StringIO(), width=90)
    console.print(ending(nothing_completed(), {}))
    said = " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]
    assert "No candidate had enough trades" in said
    assert "too little data" in said


def test_nothing_held_out_is_said():
    console = Console(file=io.StringIO(), width=100)
    console.print(ending(results(n_unseen=0), {}))
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Nothing was held out" in said
    assert "held out" not in said.split("Nothing was held out")[0].split("Peak:")[1]
