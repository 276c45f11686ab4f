"""Folders that nobody else can enter: one of the user's in the temporary directory, and the check of any other.

Whoever may write to a shared folder can put a folder or a link of any name there first. So what is found is used only
where it belongs to the user, is closed to everybody else and is no link.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from quantray.errors import UserError

#: Where temporary folders may stand when the one that the environment names is of no use.
USUAL = ("/tmp", "/var/tmp")


def check_private(folder: Path, owner: int, remedy: str = "remove it, or set TMPDIR to a directory of yours") -> None:
    """UserError unless ``folder`` is a folder, no link, of the user ``owner`` and closed to everybody else."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        what = "is a link" if stat.S_ISLNK(found.st_mode) else "is no folder"
    elif found.st_uid != owner:
        what = f"belongs to {name_of(found.st_uid)}, not to {name_of(owner)}"
    elif found.st_mode & 0o077:
        what = f"is open to other users (mode {stat.S_IMODE(found.st_mode):o})"
    else:
        return
    raise UserError(f"{folder} {what}, and is not used: {remedy}")


def home() -> Path | None:
    """The user's home where it can be written, else None: a service account and a container may have none."""
    place = Path(os.path.expanduser("~"))
    return place if place.is_absolute() and writable(place) else None


def writable(folder: Path) -> bool:
    """Whether ``folder`` is there or can be made, and takes files. Nothing is made to find out."""
    place = folder.absolute()
    while not os.path.lexists(place):
        place = place.parent
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK)


def users_cache(name: str) -> Path:
    """The user's cache folder ``name``, or where that cannot be written a private one, for this machine alone."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(base) / name
    return folder if folder.is_absolute() and writable(folder) else private_folder(name)


def give_folder(variable: str, name: str) -> None:
    """Name a private folder for a library that would keep files in a home that cannot be written."""
    if not os.environ.get(variable) and home() is None:
        os.environ[variable] = str(private_folder(name))


def private_folder(name: str, *, owner: int | None = None, most: int | None = None) -> Path:
    """``quantray-<uid>/<name>`` in a temporary directory, with mode 0700, made unless it is there.

    ``owner`` is the user for whom it is (this one); another user's is made by root alone. ``most`` is how many bytes
    its path may have. Raises UserError when what is there is not private, or when no directory will do.
    """
    mine = os.geteuid() if hasattr(os, "geteuid") else 0
    owner = mine if owner is None else owner
    for place in _temporary(strangers=owner != mine):
        folder = place / f"quantray-{owner}" / name
        if most is None or len(os.fsencode(folder)) <= most:
            _make(folder.parent, owner, mine)
            _make(folder, owner, mine)
            return folder
    raise UserError(
        f"no temporary directory can hold a private folder of {name_of(owner)}; "
        "set TMPDIR to one that is yours, or shared with the sticky bit"
    )


def _make(folder: Path, owner: int, mine: int) -> None:
    try:
        if owner == mine:
            folder.mkdir(mode=0o700)
            folder.chmod(0o700)  # whatever the umask
        elif not os.path.lexists(folder):
            _give(folder, owner)
    except FileExistsError:
        pass
    except OSError as error:
        raise UserError(f"{folder} cannot be made: {error.strerror}; set TMPDIR to a directory of yours") from error
    check_private(folder, owner)


def _give(folder: Path, owner: int) -> None:
    """Made under another name and moved, so that nobody meets it while it is still root's."""
    made = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    try:
        os.chown(made, owner, -1)
        made.rename(folder)
    except OSError as error:
        made.rmdir()
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
            raise


def _temporary(*, strangers: bool) -> Iterator[Path]:
    """Directories in which nobody can replace a folder of ours; ``strangers``: another user gets through to them."""
    for place in dict.fromkeys((_named(), *USUAL)):
        if place is None:
            continue
        folder = Path(place).absolute()
        try:
            found = folder.stat()
            open_to_all = all(above.stat().st_mode & 0o001 for above in (folder, *folder.parents))
        except OSError:
            continue
        replaceable = found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX
        if os.access(folder, os.W_OK | os.X_OK) and not replaceable and (open_to_all or not strangers):
            yield folder


def _named() -> str | None:
    try:
        return tempfile.gettempdir()
    except OSError:
        return None


def name_of(user: int) -> str:
    """A user as a reader knows it: the name, else the number."""
    try:
        import pwd

        return f"user {pwd.getpwuid(user).pw_name}"
    except (ImportError, KeyError):
        return f"user {user}"
