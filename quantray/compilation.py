"""Where compiled kernels are kept between runs: beside the code, in the user's cache folder, else in a private one.

Numba looks for a place when a kernel is defined, and gives up where an installation is read-only and its user has no
home, as service accounts and containers have it. A cache is code that is run: so the last resort is a folder that
nobody else can write to.

Numba looks whether a kernel's own file changed, not whether what that file calls did: after an upgrade in place it
would run old machine code, or fail over a name that is gone. So each state of all kernels has a folder of its own.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from quantray.private import private_folder

VARIABLE = "NUMBA_CACHE_DIR"
_PACKAGE = Path(__file__).parent
#: Where kernels are written; what they import from the package belongs to them.
KERNELS = ("kernels/*.py", "*/kernels/*.py", "stats/flip*.py")
_IMPORT = re.compile(r"^from quantray\.([\w.]+) import ", re.MULTILINE)


def place_cache() -> None:
    """Settle the place before the first kernel is defined. Raises UserError when there is no place at all."""
    import numba

    name = f"kernels-{digest_of_kernels()}"
    given = os.environ.get(VARIABLE)
    found = Path(given) / name if given else next(filter(_writable, _places(name)), None)
    numba.config.CACHE_DIR = str(found or private_folder("numba") / name)


@cache
def digest_of_kernels() -> str:
    """Of the sources of every kernel and of what they import from this package, with the folder they lie in."""
    found = hashlib.sha256(str(_PACKAGE).encode())
    for path in _sources():
        found.update(f"{path.relative_to(_PACKAGE)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()[:12]


def _sources() -> Iterable[Path]:
    todo = [path for pattern in KERNELS for path in _PACKAGE.glob(pattern)]
    found: set[Path] = set()
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found.add(path)
        for module in _IMPORT.findall(path.read_text("utf-8")):
            if module == "compilation":  # this file: it says where, not what
                continue
            file = _PACKAGE.joinpath(*module.split("."))
            todo += [p for p in (file.with_suffix(".py"), file / "__init__.py") if p.is_file()]
    return sorted(found)


def is_compiled(kernel: str) -> bool:
    """Whether an earlier run has compiled ``kernel`` (file.function) of this state of the code."""
    import numba

    place_cache()
    return next(Path(numba.config.CACHE_DIR).rglob(f"{kernel}-*.nbc"), None) is not None


def is_private(cache: Path) -> bool:
    """Whether kernels are kept in the last resort, which may not outlive the machine."""
    return any(above.name == "numba" and above.parent.name.startswith("quantray-") for above in (cache, *cache.parents))


def _places(name: str) -> Iterable[Path]:
    """Beside the code, then Numba's folder for a user on this system; a home that does not exist is no place."""
    yield _PACKAGE / "__pycache__" / name
    home = "~/Library/Caches" if sys.platform == "darwin" else os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = Path(os.path.expanduser(home)) / "numba"
    if folder.is_absolute():
        yield folder / name


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
