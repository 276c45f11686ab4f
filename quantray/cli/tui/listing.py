"""A table of which only the rows in sight are drawn: it sorts and filters any number of them while they change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from quantray.cli.tui.columns import Column, Row, filtered, ordered
from quantray.cli.tui.fitted import drawable, fitted

HEAD, SHORTEST, LONGEST, GAP = 1, 18, 44, 1
CURSOR, ELSE = "› ", "  "
FALLS, RISES = "▼", "▲"


class Listing(ScrollView, can_focus=True):
    """Rows by their ``key``: the cursor stays on its row when the order changes.

    ``sort`` is a place in ``columns``; columns that have no room are reached by sorting by them.
    """

    DEFAULT_CSS = "Listing { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "move", show=False),
        Binding("down,j", "move(1)", "move", show=False),
        Binding("pageup", "page(-1)", "page", show=False),
        Binding("pagedown,space", "page(1)", "page", show=False),
        Binding("home,g", "go(0)", "first", show=False),
        Binding("end,G", "go(-1)", "last", show=False),
        Binding("left", "sort_by(-1)", "sort", show=False),
        Binding("right", "sort_by(1)", "sort", show=False),
        Binding("r", "turn", "reverse", show=False),
        Binding("enter", "open", "open", show=False),
    ]

    class Opened(Message):
        """A row was chosen."""

        def __init__(self, row: Row) -> None:
            super().__init__()
            self.row = row

    def __init__(self, columns: Sequence[Column], key: str, *, sort: int = 0, empty: str = "nothing yet") -> None:
        super().__init__()
        self.columns, self.key, self.sort, self.empty = columns, key, sort, empty
        self.reverse, self.wanted, self.at = False, "", 0
        self.all: Sequence[Row] = ()
        self.rows: list[Row] = []

    def take(self, rows: Sequence[Row]) -> None:
        """Show these rows from now on."""
        self.all = rows
        self._arrange()

    def filter(self, wanted: str) -> None:
        self.wanted = wanted
        self._arrange()

    @property
    def row(self) -> Row | None:
        """The one under the cursor."""
        return self.rows[self.at] if self.rows else None

    def _arrange(self) -> None:
        before = self.row if self.at else None  # who is at the top stays there
        self.rows = ordered(
            filtered(self.all, self.columns, self.wanted), self.columns[self.sort], reverse=self.reverse
        )
        if before is not None:
            places = (i for i, row in enumerate(self.rows) if row[self.key] == before[self.key])
            self.at = next(places, self.at)
        self.at = max(min(self.at, len(self.rows) - 1), 0)
        self._laid_out()

    def _laid_out(self) -> None:
        self.virtual_size = Size(self._width, len(self.rows) + HEAD)
        self.scroll_to_region(Region(0, self.at, 1, 1 + HEAD), animate=False, force=True, immediate=True)
        self.refresh()

    def on_resize(self) -> None:
        self._laid_out()

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def action_move(self, by: int) -> None:
        self._to(self.at + by)

    def action_page(self, by: int) -> None:
        self._to(self.at + by * max(self.size.height - HEAD - 1, 1))

    def action_go(self, to: int) -> None:
        self._to(len(self.rows) - 1 if to < 0 else to)

    def _to(self, place: int) -> None:
        self.at = max(min(place, len(self.rows) - 1), 0)
        self._laid_out()

    def action_sort_by(self, by: int) -> None:
        self.sort, self.reverse = (self.sort + by) % len(self.columns), False
        self._arrange()
        self.at = 0
        self._laid_out()

    def action_turn(self) -> None:
        self.reverse = not self.reverse
        self._arrange()
        self.at = 0
        self._laid_out()

    def action_open(self) -> None:
        if self.row is not None:
            self.post_message(self.Opened(self.row))

    def on_click(self, event: events.Click) -> None:
        place = round(self.scroll_offset.y) + event.y - HEAD
        if event.y >= HEAD and 0 <= place < len(self.rows):
            again = place == self.at
            self._to(place)
            if again:
                self.action_open()

    def render_line(self, y: int) -> Strip:
        width = self._width
        if y < HEAD:
            return _strip(self._line(lambda column: self._title(column), ELSE), width, Style(bold=True))
        place = round(self.scroll_offset.y) + y - HEAD
        if place >= len(self.rows):
            told = self.empty if not self.all else "no row meets the filter" if not self.rows else ""
            return _strip(ELSE + told if y == HEAD else "", width, Style(dim=True))
        row, mine = self.rows[place], place == self.at
        return _strip(
            self._line(lambda column: drawable(column.cell(row)), CURSOR if mine else ELSE), width,
            Style(reverse=mine and self.has_focus),
        )  # fmt: skip

    def _title(self, column: Column) -> str:
        if column is not self.columns[self.sort]:
            return column.title
        falls = column.high_first is not self.reverse
        return f"{column.title} {FALLS if falls else RISES}"

    def _line(self, told: Callable[[Column], str], mark: str) -> str:
        shown = self._shown()
        cells = [fitted(told(column), width, right=not column.text) for column, width in zip(*shown, strict=True)]
        return mark + (" " * GAP).join(cells)

    def _shown(self) -> tuple[list[Column], list[int]]:
        """Columns that have room, the one that sorts among them, and their widths; the first is always there."""
        room = self._width - len(ELSE) - SHORTEST
        first, others = self.columns[0], self.columns[1:]
        shown: list[Column] = []
        needed = self.columns[self.sort]
        for column in others:
            if column is needed or sum(c.width + GAP for c in shown) + column.width + GAP <= room:
                shown.append(column)
            else:
                break
        if needed is not first and needed not in shown:
            shown.append(needed)
        while shown and sum(c.width + GAP for c in shown) > room:
            shown.pop(next((i for i in range(len(shown) - 1, -1, -1) if shown[i] is not needed), 0))
        left = room + SHORTEST - sum(c.width + GAP for c in shown)
        return [first, *shown], [max(min(left, LONGEST), 1), *(c.width for c in shown)]


def _strip(text: str, width: int, style: Style) -> Strip:
    return Strip([Segment(fitted(text, width), style)], width)
