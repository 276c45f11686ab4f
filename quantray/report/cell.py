"""Following a run where somebody looks on: one line with a bar in a notebook's cell, the live picture on a terminal.

In a script, a test or a job nobody looks on, and nothing is shown.
"""

from __future__ import annotations

import io
import logging
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Generic, Literal, Protocol, Self, TextIO, TypeVar

from quantray.cards import enclosed
from quantray.interrupts import answering
from quantray.outlets import clean
from quantray.plain import one_line
from quantray.protocols import Reached, Say

Event = TypeVar("Event")
Taken = TypeVar("Taken", contravariant=True)
Place = Literal["cell", "terminal", "nowhere"]
REDRAWN_S = 0.2  # between two drawings of the line
MOST_SAID = 6  # sentences beneath it, the latest


class Watching(Protocol[Taken]):
    """The face of a run, as far as this needs it (:class:`quantray.report.terminal.Face`)."""

    def __enter__(self) -> Self: ...
    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None: ...
    def progress(self, event: Taken, /) -> None: ...
    def line(self) -> str: ...
    def say(self, sentence: str) -> None: ...
    def reached(self, stage: str) -> None: ...
    @property
    def study(self) -> str: ...
    @property
    def doing(self) -> str: ...
    @property
    def share(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Following(Generic[Event]):
    """What a run is given so that it can be followed; None: nobody looks on, or it is not for this to say."""

    progress: Callable[[Event], object] | None = None
    say: Say | None = None
    reached: Reached | None = None


@contextmanager
def following(make: Callable[[TextIO, TextIO], Watching[Event]]) -> Iterator[Following[Event]]:
    """Follow a run where the user looks; ``make`` makes its face on two streams (result, progress)."""
    where = place()
    if where == "nowhere":
        yield Following()
    elif where == "terminal":
        with make(sys.stdout, sys.stderr) as face:
            yield Following(face.progress, face.say, face.reached)
    else:
        yield from _in_a_cell(make(io.StringIO(), io.StringIO()))


def _in_a_cell(face: Watching[Event]) -> Iterator[Following[Event]]:
    """The face is not entered: of it the words are taken, and a line of the cell shows them."""
    cell = Cell()

    def progress(event: Event) -> None:
        face.progress(event)
        cell.show(face.line(), face.share)

    def reached(stage: str) -> None:
        face.reached(stage)
        cell.show(f"{face.study}: {face.doing}", cell.share, now=True)

    cell.show(f"{face.study}: preparing", now=True)
    with answering(cell.say):
        try:
            yield Following(progress, cell.say, reached)
        finally:
            cell.flush()


def place() -> Place:
    """Where the user looks: a cell of a notebook, an interactive session on a terminal, or nowhere."""
    shell = _shell()
    if shell is not None and hasattr(shell, "kernel"):
        return "cell"
    interactive = shell is not None or hasattr(sys, "ps1") or bool(sys.flags.interactive)
    return "terminal" if interactive and sys.stderr is not None and sys.stderr.isatty() else "nowhere"


def _shell() -> object:
    """IPython's shell, None where there is none; nothing is imported to find that out."""
    found = sys.modules.get("IPython")
    return None if found is None else found.get_ipython()


def hush() -> None:
    """In a notebook without ipywidgets: Ray and tqdm ask for them, and nothing here needs them."""
    warnings.filterwarnings("ignore", "IProgress not found")
    logging.getLogger("ray.widgets").setLevel(logging.WARNING)


class Cell:
    """One line of a cell's output that is drawn anew in its place, with a bar and the latest sentences beneath."""

    def __init__(self) -> None:
        from IPython.display import display

        self.share: float | None = None
        self._text, self._said = "", list[str]()
        self._drawn = time.monotonic()
        self._handle = display(self, display_id=True)  # type: ignore[no-untyped-call]

    def show(self, text: str, share: float | None = None, *, now: bool = False) -> None:
        """Take what the line says and how much is done (0 to 1); drawn a few times a second, ``now`` at once."""
        self._text, self.share = clean(one_line(text)), share
        if now or time.monotonic() - self._drawn >= REDRAWN_S:
            self.flush()

    def say(self, sentence: str) -> None:
        """A sentence a person should read."""
        self._said.append(clean(one_line(sentence)))
        self.flush()

    def flush(self) -> None:
        """Draw what is known by now."""
        self._drawn = time.monotonic()
        if self._handle is not None:
            self._handle.update(self)

    def __repr__(self) -> str:
        return "\n".join([self._text, *self._shown()])

    def _repr_html_(self) -> str:
        at = "" if self.share is None else f'value="{min(max(self.share, 0.0), 1.0):.4f}"'
        bar = f'<progress style="width:180px;vertical-align:-2px;margin-right:10px" max="1" {at}></progress>'
        said = "".join(f"<p>{escape(sentence)}</p>" for sentence in self._shown())
        return enclosed(f'<div role="status">{bar if self.share is not None else ""}{escape(self._text)}</div>{said}')

    def _shown(self) -> list[str]:
        left = len(self._said) - MOST_SAID
        return [*([f"… {left:,} earlier"] if left > 0 else []), *self._said[-MOST_SAID:]]
