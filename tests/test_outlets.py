"""What leaves the program leaves it clean."""

from __future__ import annotations

import sys

import pytest

from quantray.outlets import Outlet, guarded_streams


def test_what_is_printed_in_pieces_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    with guarded_streams(["storage.url=postgresql://ann:hunter2xyz@db"]):
        print("one", "\x1b[31m", "hunter2xyz")
        print("password", "=", "other-one", file=sys.stderr)
        sys.stdout.write("no end of li")
        sys.stdout.flush()
        sys.stdout.write("ne")
    got = capsys.readouterr()
    assert got.out == "one \\x1b[31m ***\nno end of line"
    assert got.err == "password = ***\n"
    assert not isinstance(sys.stdout, Outlet)
