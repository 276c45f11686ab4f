"""The live picture of a run about callers."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from quantray.callers.progress import STAGES, Progress
from quantray.callers.report.live import live
from quantray.callers.report.terminal import CallerTerminal
from tests.builders.caller_results import results


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
