"""The files of a run on a terminal, each with what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.plain import one_line

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.measure import Measurement
    from rich.segment import Segment
    from rich.table import Table


WHOLE_PATH = 54  # a path up to here stands beside what it is; of longer ones in one folder, the folder is told once
REPORT = "report.html"


def plain_grid() -> Table:
    """Rows without lines between them."""
    from rich.table import Table

    return Table.grid(padding=(0, 2))


def listing(lying: Mapping[str, Path], told: Mapping[str, str]) -> Iterator[RenderableType]:
    """Files with what each is, in the order in which they are ``told``; the report on a line of its own.

    No path is broken: where it is too long beside what the file is, that stands below it.
    """
    from rich.text import Text

    yield from reports(lying)
    shown = {name: _relative(path) for name, path in lying.items() if name != REPORT}
    if not shown:
        return
    folders = {str(Path(path).parent) for path in shown.values()}
    head = "Where everything else lies" if REPORT in lying else "Where everything lies"
    if len(folders) == 1 and max(map(len, shown.values())) > WHOLE_PATH:
        shown = {name: Path(path).name for name, path in shown.items()}
        yield Text(f"{head}, in", style="bold")
        yield Unbroken(folders.pop())
    else:
        yield Text(head, style="bold")
    grid = plain_grid()
    grid.add_column(no_wrap=True)
    grid.add_column()
    for name in sorted(shown, key=lambda n: list(told).index(n) if n in told else len(told)):
        if len(shown[name]) > WHOLE_PATH:
            yield grid
            yield Unbroken(f"  {shown[name]}", lying[name])
            yield Text(f"    {told.get(name, '')}", style="dim")
            grid = plain_grid()
            grid.add_column(no_wrap=True)
            grid.add_column()
        else:
            grid.add_row(Unbroken(f"  {shown[name]}", lying[name]), Text(told.get(name, ""), style="dim"))
    yield grid


def reports(files: Mapping[str, Path], head: str = "The report, for a browser") -> Iterator[RenderableType]:
    """The report on a line of its own."""
    from rich.text import Text

    if REPORT in files:
        yield Text(head, style="bold")
        yield Unbroken(f"  {_relative(files[REPORT])}", files[REPORT])


def still(study: str, told: str, more: str, files: Mapping[str, Path]) -> RenderableType:
    """What a request is answered with that is carried out already: what it came to, what ``more`` can be asked for."""
    from rich.console import Group
    from rich.text import Text

    return Group(
        Text(f"{one_line(study)}: nothing to do. {told}, and the results are as they were written"),
        Text(f"{more}fresh=true starts over", style="dim"),
        *reports(files),
    )


class Unbroken:
    """A path on one line, however narrow the terminal is: who copies it gets all of it.

    A terminal that can opens the file where it is clicked (OSC 8); elsewhere the text is plain.
    """

    def __init__(self, text: str, target: Path | None = None) -> None:
        self.text, self.target = text, target

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        from rich.segment import Segment
        from rich.style import Style

        indent = len(self.text) - len(self.text.lstrip())
        link = self.target is not None and console.is_terminal and not console.legacy_windows
        style = Style(link=self.target.absolute().as_uri()) if link and self.target is not None else Style()
        yield Segment(self.text[:indent])
        yield Segment(self.text[indent:], style)
        if not options.no_wrap:
            yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        from rich.measure import Measurement

        return Measurement(len(self.text), len(self.text))


def _relative(path: Path) -> str:
    """A path as short as it can be typed."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
