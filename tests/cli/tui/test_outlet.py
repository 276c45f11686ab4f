"""While the screens have the terminal, nothing else writes to it; what was written meanwhile comes behind them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from quantray.cli.tui import outlet
from quantray.cli.tui.outlet import has_terminal, taken


@contextmanager
def owned() -> Iterator[None]:
    """Streams on the descriptors themselves, as a command has them."""
    with pytest.MonkeyPatch.context() as patch:
        for number, name in ((1, "stdout"), (2, "stderr")):
            patch.setattr(sys, name, open(number, "w", closefd=False))  # noqa: SIM115
        yield


def test_what_is_printed_meanwhile_comes_afterwards(capfd: pytest.CaptureFixture[str]) -> None:
    with owned(), taken(lambda restore: None):
        print("a warning of the run")
        print("an error of it", file=sys.stderr)
        os.write(1, b"from C\n")
        subprocess.run([sys.executable, "-c", "print('of a child \\x1b[2J')"], check=True)
        sys.stdout.flush()
        assert capfd.readouterr() == ("", "")
        assert sys.__stderr__ is not None
        sys.__stderr__.write("the screen\n")
        sys.__stderr__.flush()
        assert capfd.readouterr().err == "the screen\n"
    out, err = capfd.readouterr()
    assert out == ""
    for words in ("a warning of the run", "an error of it", "from C", "of a child \\x1b[2J"):
        assert words in err


def test_streams_are_put_back_also_behind_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    before = sys.__stdout__, sys.__stderr__
    with pytest.raises(ValueError, match="of the screens"), taken(lambda restore: None):
        raise ValueError("of the screens")
    assert (sys.__stdout__, sys.__stderr__) == before
    os.write(2, b"here again")
    assert capfd.readouterr().err == "here again"


def test_only_the_end_of_much_output_is_repeated(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlet, "MOST_KEPT", 50)
    with owned(), taken(lambda restore: None):
        os.write(2, b"x" * 5000 + b" the end")
    assert capfd.readouterr().err == "x" * 42 + " the end\n"


def test_a_process_that_must_end_leaves_the_terminal_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    found = []
    with owned(), taken(found.append):
        found[0]()
        print("failed: the cluster went away", file=sys.stderr, flush=True)
        err = capfd.readouterr().err
        assert err.index("\x1b[?1049l") < err.index("failed: the cluster")
        assert "\x1b[?25h" in err


@pytest.mark.parametrize("term", ["dumb", "", "xterm"])
def test_without_a_terminal_there_are_no_screens(monkeypatch: pytest.MonkeyPatch, term: str) -> None:
    monkeypatch.setenv("TERM", term)
    assert not has_terminal()  # pytest's streams are none


def test_a_terminal_that_moves_no_cursor_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Typewriter:
        def isatty(self) -> bool:
            return True

    for name in ("__stdin__", "__stderr__"):
        monkeypatch.setattr(sys, name, Typewriter())
    for term, there in (("dumb", False), ("", False), ("vt100", True), ("xterm-256color", True)):
        monkeypatch.setenv("TERM", term)
        assert has_terminal() is there
