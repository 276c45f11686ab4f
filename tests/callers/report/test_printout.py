"""What a run about callers prints when it ends."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from quantray.callers.report.printout import ending
from quantray.callers.report.words import metric
from quantray.callers.results import CallerResults
from tests.builders.caller_results import SHAPES, many, results


def end(r: CallerResults, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(ending(r, {"report.html": Path("run/report.html")}, width))
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_end_fits_and_prints_no_nothing(shape: str, width: int):
    said = end(SHAPES[shape](), width)
    assert max(len(line) for line in said.splitlines()) <= width
    assert not {"None", "nan", "NaN"} & set(said.replace("(", " ").replace(")", " ").split())
    assert "Verdict: " in said
    assert "report.html" in said


@pytest.mark.parametrize("width", [80, 120])
def test_scores_are_never_cut_and_n_stands_beside_them(width: int):
    r = results()
    lines = end(r, width).splitlines()
    for unit in r.units:
        line = next(text for text in lines if text.startswith(unit.name))
        assert unit.train is not None
        assert unit.held_out is not None
        held = f"{metric('captured_return', unit.held_out_value)} ({unit.held_out.metrics['n_trades']})"
        train = f"{metric('captured_return', unit.value)} ({unit.train.metrics['n_trades']})"
        assert line.index(held) < line.index(train)
        assert unit.verdict is not None
        assert line.rstrip().endswith(str(unit.verdict.word))


def test_of_many_callers_the_first_and_the_last_are_shown():
    said = end(many(1000), 80)
    assert "… 984 more in the report …" in said
    assert len(said.splitlines()) < 70


@pytest.mark.slow
def test_bad_news_stands_before_the_scores():
    said = end(results(40, 400), 80)
    flat = " ".join(said.split())
    assert flat.index("ZERO TRADES on the held-out calls") < flat.index("Mean net return")
    assert "Collapsed, no policy of the grid keeps the capital of" in flat


def test_nothing_ranked_is_said_with_the_reason_of_each():
    said = " ".join(end(results(minimum=1e9), 80).split())
    assert "ZERO TRADES for caller_0" in said
    assert "No caller has a best policy." in said
    assert "caller_2: no trade executed" in said
    assert "Verdict: No result" in said


def test_where_a_file_lies_stands_on_one_line():
    console = Console(file=io.StringIO(), width=80)
    path = "somewhere/beneath/a/folder/of/results/optimal_policies.csv"[-54:]
    console.print(ending(results(), {"optimal_policies.csv": Path(path), "trades.parquet": Path("trades.parquet")}, 80))
    assert f"  {path}  the best" in console.file.getvalue()  # type: ignore[attr-defined]
