"""Where compiled kernels are kept between runs: beside the code, in the user's cache folder, else in a private one.

Numba looks for a place when a kernel is defined, and gives up where an installation is read-only and its user has no
home, as service accounts and containers have it. A cache is code that is run: so the last resort is a folder that
nobody else can write to.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from quantray.private import private_folder

VARIABLE = "NUMBA_CACHE_DIR"
_BESIDE = Path(__file__).parent / "sweeps" / "kernels" / "__pycache__"


def place_cache() -> None:
    """Settle the place before the first kernel is defined; processes that are started from here inherit it.

    Raises UserError when there is no place at all.
    """
    if os.environ.get(VARIABLE) or _writable(_BESIDE) or _writable(_users()):
        return
    os.environ[VARIABLE] = str(private_folder("numba"))
    if "numba" in sys.modules:  # it has read its variables already
        sys.modules["numba"].config.CACHE_DIR = os.environ[VARIABLE]


def is_private(cache: Path) -> bool:
    """Whether kernels are kept in the last resort, which may not outlive the machine."""
    return any(above.name == "numba" and above.parent.name.startswith("quantray-") for above in (cache, *cache.parents))


def _users() -> Path | None:
    """Numba's folder for a user on this system; a home that does not exist is no place."""
    place = "~/Library/Caches" if sys.platform == "darwin" else os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = Path(os.path.expanduser(place)) / "numba"
    return folder if folder.is_absolute() else None


def _writable(folder: Path | None) -> bool:
    if folder is None:
        return False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
