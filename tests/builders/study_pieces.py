"""The pieces of a study."""

from __future__ import annotations

from pathlib import Path

from quantray.files import Pieces


def pieces(folder: Path, study: str = "study") -> Pieces:
    return Pieces(folder, study).open()
