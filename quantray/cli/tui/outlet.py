"""The terminal while the screens have it: what the process prints meanwhile is kept, and shown when they are left."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from quantray.interrupts import unheard
from quantray.outlets import clean

MOST_KEPT = 20_000  # bytes of what was printed that are shown, the last ones
#: Ends what a program of screens asks of a terminal: mouse, pasting, focus, the other screen; the cursor comes back.
LEAVE = "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[<u\x1b[?1049l\x1b[?25h\x1b[0m"


def has_terminal() -> bool:
    """Whether there is a keyboard, and a screen on which a cursor can be moved."""
    ends = (sys.__stdin__, sys.__stderr__)
    return all(end is not None and end.isatty() for end in ends) and os.environ.get("TERM", "") not in ("", "dumb")


@contextmanager
def taken(lost: Callable[[Callable[[], None]], object]) -> Iterator[None]:
    """Standard output and error go to a file; the screens alone write to the terminal.

    ``lost`` is given what puts the terminal back, for a process that has to end at once.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    for name in ("COLUMNS", "LINES"):  # of a moment that is over: the terminal itself is asked
        os.environ.pop(name, None)
    before = sys.__stdout__, sys.__stderr__
    kept = os.dup(1), os.dup(2)
    screen = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace")
    lost(_restoring(kept[1]))
    with tempfile.TemporaryFile() as file, unheard():
        for number in (1, 2):
            os.dup2(file.fileno(), number)
        sys.__stdout__ = sys.__stderr__ = screen  # type: ignore[misc]
        try:
            yield
        finally:
            with suppress(OSError, ValueError):
                screen.flush()
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            for number, mine in zip((1, 2), kept, strict=True):
                os.dup2(mine, number)
                os.close(mine)
            sys.__stdout__, sys.__stderr__ = before  # type: ignore[misc]
            screen.close()
            _repeat(file)


def _repeat(file: IO[bytes]) -> None:
    """Print the end of what was printed meanwhile."""
    long = file.seek(0, os.SEEK_END)
    file.seek(max(long - MOST_KEPT, 0))
    text = file.read().decode("utf-8", "replace").strip("\n")
    if text:
        print(clean(text), file=sys.stderr, flush=True)


def _restoring(terminal: int) -> Callable[[], None]:
    """What gives the terminal back as it was, from any thread."""
    import termios

    attributes: list[Any] | None = None
    with suppress(termios.error, ValueError, OSError):
        attributes = termios.tcgetattr(sys.__stdin__.fileno()) if sys.__stdin__ is not None else None

    def restore() -> None:
        with suppress(OSError):
            os.write(terminal, LEAVE.encode())
        if attributes is not None and sys.__stdin__ is not None:
            with suppress(termios.error, ValueError, OSError):
                termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSADRAIN, attributes)
        for number in (1, 2):
            os.dup2(terminal, number)

    return restore
