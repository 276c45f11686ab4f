"""What is in a folder: every name with its content, links by where they point."""

from __future__ import annotations

import os
from pathlib import Path


def tree(folder: Path) -> dict[str, str | bytes]:
    """Name -> content, links not followed; folders too."""
    found: dict[str, str | bytes] = {}
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place, name)
            key = str(path.relative_to(folder))
            if path.is_symlink():
                found[key] = f"-> {os.readlink(path)}"
            else:
                found[key] = "folder" if path.is_dir() else path.read_bytes()
    return found
