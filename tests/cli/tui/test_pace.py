"""Rate and time left come from the rows of the stage that runs, and are told once there is one."""

from __future__ import annotations

import pytest

from quantray.cli.tui import pace as module
from quantray.cli.tui.pace import Pace, bar, pace, stage_line, stages_within


def test_a_new_stage_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    found = Pace()
    assert found.of("scores", 3, 10) == (None, None)  # what was there is none of this run's
    now[0] += 2
    assert found.of("scores", 7, 10) == (2.0, 1.5)
    assert found.of("ranking", 0, 4) == (None, None)
    now[0] += 1
    assert found.of("scores", 1, 10) == (None, None)  # the stage comes again


def test_words() -> None:
    assert pace(None, None) == ""
    assert pace(0.25, 90) == "0.25/s, 2 min left"
    assert pace(1234.5, 2) == "1,234/s, 2 s left"
    assert bar(7, 5) == f"[{'#' * 16}] 100 %"
    assert stage_line(("a", "b", "c"), "b") == "✓a  ›b  ·c"
    assert stage_line(("a", "b"), None) == "✓a  ✓b"
    long = stage_line([f"stage{k}" for k in range(12)], "stage6")
    assert stages_within(long, 60) == "…  ›stage6  ·stage7  ·stage8  ·stage9  ·stage10  ·stage11"
    assert stages_within(long, 40).startswith("…  ›stage6  ")  # what is under way stays, whatever has room behind it
    assert stages_within(long, 200) == long
