"""The face of a run: live progress while it goes on (plain lines where there is no terminal), then what was found."""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, Self, TextIO, TypeVar

from quantray import plain
from quantray.interrupts import answering
from quantray.outlets import clean

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live


PLAIN_SECONDS = 5.0  # between two plain lines


R = TypeVar("R", covariant=True)
Found = TypeVar("Found")
State = TypeVar("State")


class Finished(Protocol[R]):
    """A study that ended: what was found, and the files it was written to."""

    @property
    def results(self) -> R: ...

    @property
    def files(self) -> Mapping[str, Path]: ...


class Face(ABC, Generic[Found, State]):
    """Show a run. Progress and sentences go to ``err``, the result to ``out``; use it as a context manager.

    Each kind of run says how its state is drawn, how it is told on one line, and what is printed in the end.
    """

    def __init__(self, study: str, *, out: TextIO | None = None, err: TextIO | None = None) -> None:
        from quantray.report.console import PlainConsole

        self.study = plain.one_line(study)
        self._out = PlainConsole(_forgiving(out or sys.stdout), soft_wrap=False)
        self._err = PlainConsole(_forgiving(err or sys.stderr), soft_wrap=False)
        self._live: Live | None = None
        self._answer = ExitStack()
        self._began = self._told = time.monotonic()
        self._state: State | None = None  # until the first is taken
        self.stage = ""

    @abstractmethod
    def picture(self, elapsed: float) -> RenderableType:
        """The state as a terminal shows it, ``elapsed`` seconds after the beginning."""

    @abstractmethod
    def line(self) -> str:
        """The state on one line of plain text."""

    @abstractmethod
    def ending(self, study: Finished[Found]) -> RenderableType:
        """What was found, and where it lies."""

    def __enter__(self) -> Self:
        from rich.live import Live

        self._answer.enter_context(answering(self.say))
        if self._err.is_terminal:
            self._live = Live(console=self._err, get_renderable=self._render, transient=True, refresh_per_second=4)
            self._live.start()
        else:
            self._line(f"{self.study}: preparing")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._answer.close()
        self._stop()
        if self._state is not None and kind is not None:  # a stopped run says where it stands
            self._line(self.line())

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def say(self, sentence: str) -> None:
        """A sentence a person should read, above the progress."""
        if self._live is not None:
            self._err.say(sentence)
        else:
            self._line(sentence)

    def reached(self, stage: str) -> None:
        """A stage begins."""
        self.stage = stage
        if self._live is None:
            self._line(f"{self.study}: {self.doing}")

    @property
    def doing(self) -> str:
        """The stage, for who does not know its name."""
        return self.stage

    @property
    def share(self) -> float | None:
        """How much is done, 0 to 1; None where nobody knows."""
        return None

    def take(self, state: State, *, at_once: bool = False) -> None:
        """Take the newest state of the run; drawn a few times a second, printed every few (``at_once``: now)."""
        self._state = state
        now = time.monotonic()
        if self._live is None and (at_once or now - self._told >= PLAIN_SECONDS):
            self._told = now
            self._line(self.line())

    def finish(self, study: Finished[Found]) -> None:
        """Print the result."""
        self._stop()
        self._out.print(self.ending(study))

    def _line(self, text: str) -> None:
        print(clean(text), file=self._err.file, flush=True)

    def _render(self) -> RenderableType:
        return self.picture(time.monotonic() - self._began)


def _forgiving(stream: TextIO) -> TextIO:
    """A stream that cannot write a character writes a question mark instead of ending the run."""
    if "utf" not in (getattr(stream, "encoding", None) or "utf-8").lower() and hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")
    return stream
