"""The files of a run on a terminal, each with what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


WHOLE_PATH = 54  # a path up to here stands on one line, whatever becomes of the words beside it


def plain_grid() -> Table:
    """Rows without lines between them."""
    from rich.table import Table

    return Table.grid(padding=(0, 2))


def listing(lying: Mapping[str, Path], told: Mapping[str, str]) -> Iterator[RenderableType]:
    """Files with what each is, in the order in which they are ``told``."""
    from rich.text import Text

    yield Text("Where everything lies", style="bold")
    grid = plain_grid()
    longest = max((len(_relative(path)) for path in lying.values()), default=0)
    grid.add_column(no_wrap=longest <= WHOLE_PATH, overflow="fold")
    grid.add_column()
    for name in sorted(lying, key=lambda n: list(told).index(n) if n in told else len(told)):
        grid.add_row(Text(f"  {_relative(lying[name])}"), Text(told.get(name, ""), style="dim"))
    yield grid


def _relative(path: Path) -> str:
    """A path as short as it can be typed."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
