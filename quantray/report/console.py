"""The console of every command: it reads no markup in names, and shows control characters as their codes."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from quantray.outlets import clean, drawing
from quantray.plain import shown

PIPE_WIDTH = 400  # a pipe has no width: names must arrive whole


class PlainConsole(Console):
    """Rich's console on one of our outlets."""

    def __init__(self, file: TextIO, **settings: Any) -> None:
        super().__init__(file=drawing(file), markup=False, emoji=False, highlight=False, **settings)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else shown(segment.text)
            yield segment if text is segment.text else Segment(text, segment.style)

    def render_str(self, text: str, **settings: Any) -> Text:
        return super().render_str(shown(text), **settings)

    def print(self, *objects: Any, **settings: Any) -> None:
        """What fits is fitted already; what does not, a path, must not lose its end."""
        super().print(*objects, **{"crop": False, **settings})

    def say(self, sentence: str) -> None:
        """A sentence, clean before it is wrapped."""
        self.print(clean(sentence))


def show(renderable: RenderableType) -> None:
    """Print the result of a command; into a file or a pipe without the spaces that fill a line on a terminal."""
    if sys.stdout.isatty():
        PlainConsole(sys.stdout).print(renderable)
        return
    held = io.StringIO()
    PlainConsole(held, width=PIPE_WIDTH).print(renderable)
    lines = held.getvalue().removesuffix("\n").split("\n")
    drawing(sys.stdout).write("".join(f"{line.rstrip(' ')}\n" for line in lines))
