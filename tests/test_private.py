"""Temporary folders are our own and nobody else looks into them."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest

from quantray.errors import UserError
from quantray.private import private_folder
from tests.builders.people import needs_root, uid_of


@pytest.mark.parametrize("trap", ["link", "open", "file"])
def test_a_temporary_folder_that_is_not_private_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trap: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ours = tmp_path / f"quantray-{os.geteuid()}"
    if trap == "link":
        (tmp_path / "there").mkdir(mode=0o700)
        ours.symlink_to("there")
    elif trap == "open":
        ours.mkdir()
        ours.chmod(0o777)
    else:
        ours.touch()
    with pytest.raises(UserError, match=r"(is a link|is open to other users|is no folder).*, and is not used: remove"):
        private_folder("sockets")


@needs_root
def test_a_temporary_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ours = tmp_path / "quantray-0"
    ours.mkdir(mode=0o700)
    os.chown(ours, uid_of("daemon"), -1)
    with pytest.raises(UserError, match="belongs to user daemon, not to user root"):
        private_folder("sockets")
    os.chown(ours, 0, -1)
    made = private_folder("sockets")
    assert (made, stat.S_IMODE(made.stat().st_mode)) == (ours / "sockets", 0o700)
    tmp_path.chmod(0o777)  # in which anybody can replace it
    assert private_folder("sockets").parent.parent != tmp_path
