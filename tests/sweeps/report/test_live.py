"""The live picture of a sweep."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from quantray.sweeps.loop.progress import STAGES
from quantray.sweeps.report.live import DOING, live
from quantray.sweeps.report.terminal import Terminal
from tests.builders.sweep_progress import event
from tests.builders.sweep_results import results


@pytest.mark.parametrize("width", [80, 120])
def test_the_live_picture_fits(width: int):
    r = results(study="a_rather_long_name_of_a_study_that_somebody_chose")
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    face = Terminal(r.plan, err=io.StringIO())
    console.print(live(r.plan, {}, 3.0))
    face.progress(event(30, r.best))
    console.print(live(r.plan, face._state, 12.0))
    face.progress(event(60, r.best, 0.0))
    for stage in STAGES:
        console.print(live(r.plan, {}, 12.0, stage))
        console.print(live(r.plan, face._state, 12.0, stage))
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(len(line) for line in said.splitlines()) <= width
    for words in ("30 of 60", "4 s left", "3 pruned", "sampler 7, memory 2", "best 2.71 %", *DOING.values()):
        assert words in " ".join(said.split())
    assert set(DOING) == set(STAGES)
    assert "database" not in said
