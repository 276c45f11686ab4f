"""The screens in a real terminal, as scripts/tui_screens.py walks through them; and what wraps below a picture."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from quantray.cli.tui.screens import wrapped

ROOT = Path(__file__).parents[3]


@given(st.lists(st.text("abc x", min_size=1, max_size=20)), st.integers(20, 90))
def test_no_part_of_a_legend_is_torn(parts: list[str], width: int) -> None:
    lines = wrapped(parts, width).split("\n")
    assert "   ".join(filter(None, lines)) == "   ".join(parts)
    assert all(len(line) <= width for line in lines)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_screens_in_a_terminal(tmp_path: Path) -> None:
    script = [sys.executable, str(ROOT / "scripts" / "tui_screens.py"), str(tmp_path), "--small"]
    done = subprocess.run(script, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    screens = {path.stem.removeprefix("80x24-"): path.read_text() for path in tmp_path.glob("80x24-*.txt")}
    assert set(screens) == {
        "running", "left", "done", "sorted", "filtered", "calls", "candles", "ending", "open-callers", "open-sorted",
        "open-filtered", "open-calls", "open-candles", "open-resized",
    }  # fmt: skip
    for name, screen in screens.items():
        assert len(screen.splitlines()) == (21 if name == "open-resized" else 24), name
        assert max(map(cell_len, screen.splitlines())) <= (97 if name == "open-resized" else 80), name
        assert "Traceback" not in screen
        if name not in ("left", "ending"):
            assert "q leave" in screen.splitlines()[-1], name
    assert "›first touch" in screens["running"]
    left = screens["left"].replace("\n", "")
    assert "interrupted: stopped in first touch" in left
    assert "go on with: quantray baseline --tui" in left
    assert "reused" in screens["ending"] or "report.html" in screens["ending"]
    for name in ("candles", "open-candles"):
        assert "1x┤E" in screens[name] or "┤E" in screens[name]
        assert "time since the entry" in screens[name]
        assert "H ath" in screens[name]
    assert screens["open-sorted"].splitlines()[5].split()[:2] == ["caller", "calls"]
