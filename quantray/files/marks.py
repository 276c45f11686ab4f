"""Folders that are ours: each holds a mark that says what it is; links and folders of others are refused by name."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import stat
from pathlib import Path
from typing import Any

from quantray.digests import digest_of
from quantray.errors import ConfigError
from quantray.files.durable import NO_ROOM, fresh_file, sync_folder
from quantray.plain import amount

#: The folder of a run's directory that holds all working files of its studies.
HOME = ".quantray"
MARK = "_quantray.json"  # readers of Parquet folders skip what begins with an underscore
FORMAT = 1  # of these folders: a newer one is refused
#: What is wrong with results of the first release.
UNNOTED = "which did not note what is its own"
_REMEDY = "move it away, or give another run_dir=DIR"


def made_by() -> str:
    try:
        return f"quantray {importlib.metadata.version('quantray')}"
    except importlib.metadata.PackageNotFoundError:
        return "quantray"


def key_of(study: str) -> str:
    """The name of a study's folder: readable, safe as a name, different for different studies."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", study).strip("-")[:40]
    return f"{plain}-{digest_of(study)[:12]}" if plain else digest_of(study)[:12]


def kind_of(path: Path) -> str | None:
    """``folder``, ``file``, ``link`` or ``other`` without following links; None where there is nothing."""
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"{path} cannot be looked at: {error.strerror}; {_REMEDY}") from None
    if stat.S_ISLNK(mode):
        return "link"
    if stat.S_ISDIR(mode):
        return "folder"
    return "file" if stat.S_ISREG(mode) else "other"


def refuse_link(path: Path, remedy: str = _REMEDY) -> None:
    """ConfigError where ``path`` is a link: nothing is written or deleted through one."""
    if kind_of(path) == "link":
        raise ConfigError(f"{path} is a link to {os.readlink(path)}, and quantray follows none; {remedy}")


def mark_of(folder: Path) -> dict[str, Any] | None:
    """What the mark of a folder says; None where it has none that can be read."""
    path = folder / MARK
    if kind_of(path) != "file":
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and isinstance(content.get("format"), int) else None


def earlier_of(run_dir: Path) -> str | None:
    """The quantray whose results lie in ``run_dir`` since before results were entered anywhere; None for others."""
    path = run_dir / "summary.json"
    if kind_of(run_dir / HOME) is not None or kind_of(path) != "file":
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return f"quantray {content['versions']['quantray']}" if "verdict" in content else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def check_folder(folder: Path, remedy: str = _REMEDY, **expected: object) -> bool:
    """Whether the folder is there and ours (else there is nothing, or it is empty). ConfigError for anything else.

    ``expected`` are entries that its mark must have.
    """
    kind = kind_of(folder)
    if kind is None:
        return False
    refuse_link(folder, remedy)
    if kind != "folder":
        raise ConfigError(f"{folder} is in the way: quantray needs a folder of that name; {remedy}")
    mark = mark_of(folder)
    if mark is None:
        try:
            held = [name for name in os.listdir(folder) if not name.startswith(".unfinished~")]
        except OSError as error:
            raise ConfigError(f"{folder} cannot be read: {error.strerror}; {remedy}") from None
        if held:
            earlier = earlier_of(folder.parent)
            whose = f"{earlier} seems to have made it, {UNNOTED}" if earlier else "quantray did not make that folder"
            raise ConfigError(
                f"{folder} is in the way: {whose}, and it holds {amount(len(held), 'entry', 'entries')} "
                f"({sorted(held)[0]!r}); {remedy}"
            )
        return False
    if mark["format"] > FORMAT:
        raise ConfigError(f"{folder} was made by a newer quantray ({mark.get('made_by')}); install that, or {remedy}")
    for name, value in expected.items():
        if mark.get(name) != value:
            raise ConfigError(f"{folder} is in the way: it is of {name} {mark.get(name)!r}, not {value!r}; {remedy}")
    return True


def make_folder(folder: Path, remedy: str = _REMEDY, **content: object) -> None:
    """Make and mark a folder unless it is ours already; its parent exists. ConfigError as :func:`check_folder`."""
    if check_folder(folder, remedy, **content):
        return
    try:
        folder.mkdir(exist_ok=True)
        write_mark(folder, **content)
        sync_folder(folder.parent)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise
        raise ConfigError(f"{folder} cannot be made: {error.strerror}; {remedy}") from None


def make_run_dir(run_dir: Path) -> None:
    """Make a run's directory. ConfigError where it cannot be."""
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise
        raise ConfigError(f"run_dir={run_dir} cannot be made: {error.strerror}; give run_dir=DIR") from None


def write_mark(folder: Path, **content: object) -> None:
    """Write the mark, synced."""
    text = json.dumps({"format": FORMAT, "made_by": made_by(), **content}, indent=1, sort_keys=True) + "\n"
    with fresh_file(folder / MARK) as path:
        path.write_text(text, encoding="utf-8")


def remove_mark(folder: Path) -> None:
    """Take away the mark, and the folder if that leaves it empty."""
    (folder / MARK).unlink(missing_ok=True)
    remove_empty(folder)


def remove_empty(folder: Path) -> None:
    """Remove the folder if it is empty."""
    try:
        folder.rmdir()
    except OSError:
        return
