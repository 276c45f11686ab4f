"""The three screens: callers, a caller's calls, a call's candles. Each reads its source whenever it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from quantray.callers.results import GROUP
from quantray.cli.tui.chart import CandleChart
from quantray.cli.tui.columns import Row
from quantray.cli.tui.fitted import drawable
from quantray.cli.tui.letters import legend
from quantray.cli.tui.listing import Listing
from quantray.cli.tui.shown import Line, Shown, StagesLine, Tabled
from quantray.cli.tui.source import Source
from quantray.errors import QuantrayError

KEYS = "q leave"
SORTS = "↑↓ move  ←→ sort by  r reverse  / filter"


class CallersScreen(Tabled):
    """How far the run is, what it has found, and every caller."""

    def compose(self) -> ComposeResult:
        yield Line("bold", id="title")
        yield StagesLine(id="stages")
        yield Line(id="progress")
        yield Line(id="medians")
        yield Line("dim", id="told")
        yield Listing(self.source.caller_columns, "caller", sort=2, empty="no caller is known yet")
        yield self.asked()
        yield Line("reverse", id="keys")

    def read(self) -> None:
        head = self.source.head()
        self.listing.take(self.source.callers())
        self.query_one("#title", Line).say(f"{self.counted('callers', GROUP)}  {drawable(self.source.study)}")
        self.query_one("#stages", Line).say(head.stages)
        self.query_one("#progress", Line).say(head.progress)
        self.query_one("#medians", Line).say(head.medians)
        self.query_one("#keys", Line).say(f"{SORTS}  enter calls  {KEYS}")

    def on_listing_opened(self, event: Listing.Opened) -> None:
        self.app.push_screen(CallsScreen(self.source, str(event.row["caller"])))


class CallsScreen(Tabled):
    """Every call of one caller."""

    def __init__(self, source: Source, caller: str) -> None:
        super().__init__(source)
        self.caller = caller

    def compose(self) -> ComposeResult:
        yield Line("bold", id="title")
        yield Line(id="progress")
        yield Listing(self.source.call_columns, "call_id", sort=1, empty="no call is known yet")
        yield self.asked()
        yield Line("reverse", id="keys")

    def read(self) -> None:
        self.listing.take(self.source.calls(self.caller))
        calls = self.listing.all
        measured = sum(row.get("ath_multiple") is not None for row in calls)
        told = "" if measured == len(calls) else f", {measured:,} of all measured"
        self.query_one("#title", Line).say(f"{self.counted('calls')}{told}  {drawable(self.caller)}")
        self.query_one("#progress", Line).say(self.source.head().progress)
        self.query_one("#keys", Line).say(f"{SORTS}  enter candles  esc back  {KEYS}")

    def on_listing_opened(self, event: Listing.Opened) -> None:
        rows = self.listing.rows
        self.app.push_screen(CallScreen(self.source, self.caller, [row["call_id"] for row in rows], self.listing.at))


def wrapped(parts: Sequence[str], width: int) -> str:
    """The parts on as few lines as hold them, none of them torn."""
    lines = [""]
    for part in parts:
        longer = f"{lines[-1]}   {part}" if lines[-1] else part
        if len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(part)
    return "\n".join(lines)


class CallScreen(Shown):
    """A call's candles with its milestones, and the exits of the policy that is chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n,right", "step(1)", "next", show=False),
        Binding("p,left", "step(-1)", "previous", show=False),
        Binding("x", "exits", "exits", show=False),
    ]
    DEFAULT_CSS = "CallScreen #legend { height: auto; max-height: 4; }"

    def __init__(self, source: Source, caller: str, calls: Sequence[str], at: int) -> None:
        super().__init__(source)
        self.caller, self.calls, self.at, self.choice = caller, calls, at, 0

    def compose(self) -> ComposeResult:
        yield Line("bold", id="title")
        yield Line(id="facts")
        yield Line(id="exits")
        yield CandleChart()
        yield Static("", id="legend", markup=False)
        yield Line("reverse", id="keys")

    def on_resize(self) -> None:
        self.draw()

    def action_step(self, by: int) -> None:
        self.at = (self.at + by) % len(self.calls)
        self.draw()

    def action_exits(self) -> None:
        self.choice += 1
        self.draw()

    def read(self) -> None:
        rows = {row["call_id"]: row for row in self.source.calls(self.caller)}
        row = rows.get(self.calls[self.at])
        place = f"{self.at + 1:,} of {len(self.calls):,}"
        keys = f"←→ previous, next call  x other exits  esc back  {KEYS}"
        self.query_one("#keys", Line).say(keys)
        if row is None:
            self._empty("the call is no longer among those of the run")
            return
        title = f"{row['called']}  {drawable(str(row['asset']))}  {drawable(self.caller)}"
        self.query_one("#title", Line).say(f"{place}  {title}")
        self._picture(row)

    def _picture(self, row: Row) -> None:
        choices: list[str | None] = [*self.source.exits(row), None]
        exits = choices[self.choice % len(choices)]
        try:
            picture = self.source.picture(row, exits)
        except QuantrayError as error:
            self._empty(str(error))
            return
        self.query_one("#facts", Line).say(picture.facts)
        self.query_one("#exits", Line).say(drawable(picture.exits or "no exits shown"))
        self.query_one(CandleChart).show(picture)
        self.query_one("#legend", Static).update(Text(wrapped(legend(picture.marks), self.size.width)))

    def _empty(self, why: str) -> None:
        self.query_one("#facts", Line).say(drawable(why))
        self.query_one("#exits", Line).say("")
        self.query_one(CandleChart).show(None)
        self.query_one("#legend", Static).update("")
