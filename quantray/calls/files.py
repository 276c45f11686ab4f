"""Files that are whole or not there: made beside their place and moved into it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def fresh_folder(folder: Path, sign: str) -> Iterator[Path]:
    """A new folder that becomes ``folder`` when the block ends; the file ``sign`` in it says that it is complete.

    Who comes second, because another process made the same folder meanwhile, throws its own away.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        made.chmod(0o755)
        yield made
        if folder.exists() and not (folder / sign).is_file():
            shutil.rmtree(folder)
        try:
            os.rename(made, folder)
        except OSError:
            if not (folder / sign).is_file():
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def fresh_file(path: Path) -> Iterator[Path]:
    """The name of a new file that becomes ``path`` when the block ends, replacing one that is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        yield work / path.name
        os.replace(work / path.name, path)
    finally:
        shutil.rmtree(work, ignore_errors=True)
