"""The face of a run of the optimiser, live and in the end."""

from __future__ import annotations

import contextlib
import io
import os
import pty
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from quantray.callers.progress import STAGES, Progress
from quantray.callers.report.live import live
from quantray.callers.report.printout import ending
from quantray.callers.report.terminal import CallerTerminal
from quantray.callers.report.words import metric
from quantray.callers.results import CallerResults
from tests.builders.caller_results import SHAPES, many, results


@dataclass
class Done:
    """What an optimiser's run returns, as far as the terminal reads it."""

    results: Any
    files: dict[str, Path]


def end(r: CallerResults, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(ending(r, {"report.html": Path("run/report.html")}, width))
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_every_stage_is_a_plain_line():
    r, err, out = results(), io.StringIO(), io.StringIO()
    with CallerTerminal(r.plan, out=out, err=err) as face:
        face.say("small enough for this process [x]")
        face.progress(Progress("calls", elapsed=0.4))
        face.progress(Progress("scores", 3, 8, 2, 61.0, "best 1.2 %"))
        face.progress(Progress("scores", 4, 8, 2, 61.5))
        face.progress(Progress("winners", 8, 8, 0, 90.0))
    assert err.getvalue().splitlines() == [
        "sample: preparing",
        "small enough for this process [x]",
        "sample: calls, 0 s",
        "sample: scores 3 of 8, 2 reused, 1 min 01 s, best 1.2 %",
        "sample: winners 8 of 8, 1 min 30 s",
    ]
    assert out.getvalue() == ""


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_live_picture_fits(width: int):
    r = results()
    p = replace(r.plan, study="a_rather_long_name_of_a_study_that_somebody_chose_for_reasons_of_their_own")
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    face = CallerTerminal(p, err=io.StringIO())
    console.print(face.picture(2.0))
    for i, stage in enumerate(STAGES[:5]):
        face.progress(Progress(stage, 0, 0 if i < 3 else 12, 0, float(i)))
        face.progress(Progress(stage, 0 if i < 3 else 12 - 7 * (i == 4), 0 if i < 3 else 12, 4, i + 0.5))
        console.print(live(p, face._state, 10.0))
    face.progress(Progress("winners", 12, 12, 0, 20.0))
    console.print(live(p, face._state, 10.0))
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(len(line) for line in said.splitlines()) <= width
    for words in ("preparing, 2 s", "5 of 12", "12 (4 reused)", "9 policies", "10 s so far", *STAGES, "writing"):
        assert words in said


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


def test_bad_news_stands_before_the_scores():
    said = end(results(40, 400), 80)
    flat = " ".join(said.split())
    assert flat.index("ZERO TRADES on the held-out calls") < flat.index("Mean net return")
    assert "Collapsed, no policy of the grid keeps the capital of" in flat
    assert "without a call in the data: nobody" in flat


def test_nothing_ranked_is_said_with_the_reason_of_each():
    said = " ".join(end(results(minimum=1e9), 80).split())
    assert "ZERO TRADES for caller_0" in said
    assert "No caller has a best policy." in said
    assert "caller_2: no trade executed" in said
    assert "Verdict: No result" in said


def test_on_a_terminal_it_is_live_and_a_stopped_run_says_where_it_stands():
    r = results()
    ours, theirs = pty.openpty()
    stop = contextlib.suppress(KeyboardInterrupt)
    with open(theirs, "w", encoding="utf-8") as err, stop, CallerTerminal(r.plan, err=err) as face:
        face.progress(Progress("scores", 3, 8, 2, 61.0))
        raise KeyboardInterrupt
    said = ""
    with contextlib.suppress(OSError):  # the other end is closed once everything is read
        while part := os.read(ours, 65536):
            said += part.decode()
    os.close(ours)
    assert "sample: scores 3 of 8, 2 reused" in said
    assert "\x1b[?25h" in said  # the cursor is back


def test_bad_prices_and_incomplete_calls_are_told_before_any_figure():
    r = results()
    clean = end(replace(r, quality={**r.quality, "nonpositive": 0}, counts={**r.counts, "incomplete": 0}), 120)
    assert "no number above 0" not in clean
    assert "without an id" not in clean
    said = end(replace(r, quality={**r.quality, "nonpositive": 1234}, counts={**r.counts, "incomplete": 7}), 120)
    assert "Candles with a price that is no number above 0: 1,234;" in said
    assert "a time, left out: 7." in said


def test_where_a_file_lies_stands_on_one_line():
    console = Console(file=io.StringIO(), width=80)
    path = "somewhere/beneath/a/folder/of/results/optimal_policies.csv"[-54:]
    console.print(ending(results(), {"optimal_policies.csv": Path(path), "trades.parquet": Path("trades.parquet")}, 80))
    assert f"  {path}  the best" in console.file.getvalue()  # type: ignore[attr-defined]


def test_the_result_goes_to_out():
    out, err = io.StringIO(), io.StringIO()
    CallerTerminal(results().plan, out=out, err=err).finish(Done(results(), {}))
    assert "Verdict: " in out.getvalue()
    assert err.getvalue() == ""
