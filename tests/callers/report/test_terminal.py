"""The face of a run of the optimiser, live and in the end."""

from __future__ import annotations

import contextlib
import io
import os
import pty
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantray.callers.progress import Progress
from quantray.callers.report.terminal import CallerTerminal
from tests.builders.caller_results import results


@dataclass
class Done:
    """What an optimiser's run returns, as far as the terminal reads it."""

    results: Any
    files: dict[str, Path]


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


def test_the_result_goes_to_out():
    out, err = io.StringIO(), io.StringIO()
    CallerTerminal(results().plan, out=out, err=err).finish(Done(results(), {}))
    assert "Verdict: " in out.getvalue()
    assert err.getvalue() == ""
