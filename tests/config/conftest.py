"""A working directory with choices of the user's own."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``conf/`` of a working directory whose name a careless path would stumble over."""
    home = tmp_path / "a b, [c]='d' $e"
    home.mkdir()
    monkeypatch.chdir(home)
    return home / "conf"
