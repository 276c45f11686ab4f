"""What the screens have in common: one-line texts, drawing anew, a table with a filter."""

from __future__ import annotations

import time
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input, Static

from quantray.cli.tui.fitted import drawable, fitted
from quantray.cli.tui.listing import Listing
from quantray.cli.tui.pace import stages_within
from quantray.cli.tui.source import Source


class Line(Static):
    """One line, cut to its width; no name is read as markup."""

    DEFAULT_CSS = "Line { height: 1; width: 1fr; }"

    def __init__(self, style: str = "", id: str | None = None) -> None:
        super().__init__("", markup=False, id=id)
        self._style, self.text = style, ""

    def say(self, text: str) -> None:
        self.text = text
        self.update(Text(fitted(text, self.size.width) if self.size.width else text, self._style, no_wrap=True))

    def on_resize(self) -> None:
        self.say(self.text)


class StagesLine(Line):
    """The stages of a run: of those that have no room the finished ones go first."""

    def say(self, text: str) -> None:
        super().say(stages_within(text, self.size.width) if self.size.width else text)
        self.text = text


class Shown(Screen[None]):
    """A screen that is drawn anew when its source has something new."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,backspace", "back", "back", show=False)]

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source, self._drawn = source, (-1, 0)
        self._there = False  # it has its widgets

    def action_back(self) -> None:
        if len(self.app.screen_stack) > 2:
            self.app.pop_screen()

    def on_mount(self) -> None:
        self._there = True
        self.draw()

    def on_screen_resume(self) -> None:
        self.draw()

    def draw(self, *, again: bool = True) -> None:
        """Read the source; ``again``: also where nothing is new."""
        now = self.source.version, int(time.monotonic()) if self.source.live else 0
        if self._there and self.is_attached and (again or now != self._drawn):
            self._drawn = now
            self.read()

    def read(self) -> None:
        raise NotImplementedError

    def told(self, sentence: str, *, loud: bool = False) -> None:
        """A sentence of the run where there is a line for it; ``loud``: in place of the keys where there is none."""
        found = self.query(Line).filter("#told") or (self.query(Line).filter("#keys") if loud else None)
        if found:
            found.first(Line).say(drawable(sentence))


class Tabled(Shown):
    """A screen with a table that is filtered by what is typed behind ``/``."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("slash", "ask", "filter", show=False)]
    DEFAULT_CSS = """
    Tabled Input { height: 1; border: none; padding: 0; display: none; background: ansi_default; }
    """

    def asked(self) -> Input:
        box = Input(placeholder="part of a name, or a condition such as ath>=2 2x>30%", compact=True)
        box.can_focus = True
        return box

    @property
    def listing(self) -> Listing:
        return self.query_one(Listing)

    def action_ask(self) -> None:
        box = self.query_one(Input)
        box.display = True
        box.focus()

    def action_back(self) -> None:
        box = self.query_one(Input)
        if box.display and (box.has_focus or box.value):
            box.value = ""
            self._leave(box)
        else:
            super().action_back()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.listing.filter(event.value)
        self.read()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._leave(event.input)

    def _leave(self, box: Input) -> None:
        box.display = bool(box.value)
        self.listing.focus()

    def counted(self, what: str, but: str | None = None) -> str:
        """How many rows there are, and how many of them the filter left; the caller ``but`` is none of them."""
        found = self.listing
        n, shown = (sum(row.get("caller") != but for row in rows) for rows in (found.all, found.rows))
        left = f"{shown:,} of {n:,}" if found.wanted.split() else f"{n:,}"
        return f"{left} {what if n != 1 or shown != n else what.removesuffix('s')}"
