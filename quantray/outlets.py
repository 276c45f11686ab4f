"""Where text leaves the process: terminal, logs, files and messages of errors, without passwords and controls.

A command runs inside :func:`guarded_streams`, which puts itself before standard output and standard error. What does
not go there passes :func:`clean`: errors by their ``str``, log records by their logger, files where they are written.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from quantray.passwords import masked, remembered
from quantray.plain import shown


def clean(text: str) -> str:
    """``text`` as anybody may see it."""
    return shown(masked(text))


def cleaned(value: object, clean: Callable[[str], str] = clean) -> Any:
    """A plain value with all text in it clean; its figures are not touched."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {cleaned(key, clean): cleaned(item, clean) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(item, clean) for item in value]
    return value


class Outlet:
    """A stream that shows clean text. Whole lines are written on, and what is there when it is flushed."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._held = ""
        self._turn = threading.RLock()  # threads print, and so does who answers a signal

    def write(self, text: str) -> int:
        with self._turn:
            lines, end, rest = (self._held + text).rpartition("\n")
            self._held = rest
            if end:
                self.stream.write(clean(lines + end))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        with self._turn:
            ready, self._held = self._held, ""
            if ready:
                self.stream.write(clean(ready))
            self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class Drawing(Outlet):
    """The same for a program that moves the cursor and sets colours itself; the text that it draws is clean already."""

    def write(self, text: str) -> int:
        if isinstance(self.stream, Outlet):
            self.stream.flush()
            return self.stream.stream.write(masked(text))
        return self.stream.write(masked(text))


@contextmanager
def guarded_streams(words: Iterable[str]) -> Iterator[None]:
    """Nothing that is printed inside shows a password, be it in ``words`` (a command line) or elsewhere."""
    before = sys.stdout, sys.stderr
    with remembered(words):
        sys.stdout, sys.stderr = (cast(TextIO, s if isinstance(s, Outlet) else Outlet(s)) for s in before)
        try:
            yield
        finally:
            for stream in (sys.stdout, sys.stderr):
                flush(stream)
            sys.stdout, sys.stderr = before


def flush(stream: TextIO) -> None:
    """Write what is held; a reader that went away (``… | head``) has read enough."""
    try:
        stream.flush()
    except BrokenPipeError:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except ValueError:  # closed by whoever made it
        return


def drawing(stream: TextIO) -> TextIO:
    """``stream`` for a library that draws."""
    return cast(TextIO, Drawing(stream))


class _Cleaning(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = clean(record.getMessage()), ()
        return True


def logger(name: str) -> logging.Logger:
    """The logger of a module, whose records are clean wherever they are sent."""
    found = logging.getLogger(name)
    if not any(isinstance(f, _Cleaning) for f in found.filters):
        found.addFilter(_Cleaning())
    return found
