"""The face of a run: plain lines without a terminal, a live picture on one, and the end."""

from __future__ import annotations

import contextlib
import io
import os
import pty
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from quantray import plain
from quantray.protocols import Counts
from quantray.report import terminal as report_terminal
from quantray.sweeps.loop.progress import Progress
from quantray.sweeps.report.live import live
from quantray.sweeps.report.terminal import Terminal
from tests.builders.sweep_progress import event
from tests.builders.sweep_results import results


@dataclass
class Done:
    """What a sweep returns, as far as the terminal reads it."""

    results: Any
    files: dict[str, Path]


def test_plain_lines_say_how_far_it_is(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(report_terminal, "PLAIN_SECONDS", 0.0)
    r, err, out = results(), io.StringIO(), io.StringIO()
    with Terminal(r.plan, out=out, err=err) as face:
        face.say("resuming: 12 trials are stored [12]")
        face.progress(event(10))
        face.progress(event(20, r.best))
    said = err.getvalue().splitlines()
    assert said[1] == "resuming: 12 trials are stored [12]"
    assert said[2] == (
        "sample: 10 of 60, 3 pruned, 1 failed, 9 duplicates (sampler 7, memory 2), 12.5/s, 4 s left, no best yet"
    )
    assert "20 of 60" in said[3]
    assert "best 2.71 %" in said[3]
    assert "\x1b" not in err.getvalue()
    assert out.getvalue() == ""


@pytest.mark.parametrize("name", ["a\nerror: not ours", "a\r\x1b[2Kb", "tab\there", "\u202ereversed"])
def test_a_name_never_looks_like_a_line_of_ours(monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setattr(report_terminal, "PLAIN_SECONDS", 0.0)
    r, err = results(study=name), io.StringIO()
    console = Console(file=io.StringIO(), width=120, force_terminal=True, color_system=None)
    with Terminal(r.plan, err=err) as face:
        face.progress(event(10))
        console.print(live(r.plan, {}, 3.0))
        console.print(live(r.plan, face._state, 12.0))
    drawn = console.file.getvalue()  # type: ignore[attr-defined]
    assert len(err.getvalue().splitlines()) == 2
    for said in (err.getvalue(), drawn):
        assert name not in said
        assert plain.one_line(name)[:30] in said


def test_lines_come_every_few_seconds_and_a_stopped_run_says_where_it_stands():
    r, err = results(), io.StringIO()
    with contextlib.suppress(KeyboardInterrupt), Terminal(r.plan, err=err) as face:
        for i in range(50):
            face.progress(event(i))
        raise KeyboardInterrupt
    said = err.getvalue().splitlines()
    assert len(said) == 2
    assert "49 of 60" in said[-1]


def test_a_whole_table_is_counted_in_points(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(report_terminal, "PLAIN_SECONDS", 0.0)
    r, err = results("exhaustive"), io.StringIO()
    with Terminal(r.plan, err=err) as face:
        face.progress(Progress(Counts(1000, 24, 0), {}, r.best, 2048, 500.0, 2.0, 2.0))
    assert "1,024 of 2,048" in err.getvalue()


def test_a_stream_without_these_characters_does_not_end_the_run():
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    Terminal(results().plan, out=out, err=io.StringIO()).finish(Done(results(), {}))
    out.flush()
    assert b"Verdict: do not believe" in raw.getvalue()


def test_on_a_terminal_it_is_live_and_a_stopped_run_says_where_it_stands():
    r = results()
    ours, theirs = pty.openpty()
    stop = contextlib.suppress(KeyboardInterrupt)
    with open(theirs, "w", encoding="utf-8") as err, stop, Terminal(r.plan, err=err) as face:
        face.say("resuming [now]")
        face.progress(event(30, r.best))
        raise KeyboardInterrupt
    said = ""
    with contextlib.suppress(OSError):  # the other end is closed once everything is read
        while part := os.read(ours, 65536):
            said += part.decode()
    os.close(ours)
    assert "resuming [now]" in said
    assert "sample: 30 of 60" in said
    assert "\x1b[?25h" in said  # the cursor is back
