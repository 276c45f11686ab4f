"""The files of a run on a terminal, each with what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


WHOLE_PATH = 54  # a path up to here stands on one line; of longer ones in one folder, the folder is told once


def plain_grid() -> Table:
    """Rows without lines between them."""
    from rich.table import Table

    return Table.grid(padding=(0, 2))


def listing(lying: Mapping[str, Path], told: Mapping[str, str]) -> Iterator[RenderableType]:
    """Files with what each is, in the order in which they are ``told``."""
    from rich.text import Text

    shown = {name: _relative(path) for name, path in lying.items()}
    folders = {str(Path(path).parent) for path in shown.values()}
    head = "Where everything lies"
    if len(folders) == 1 and max(map(len, shown.values())) > WHOLE_PATH:
        shown = {name: Path(path).name for name, path in shown.items()}
        head += f", in\n{folders.pop()}"
    yield Text(head, style="bold", overflow="fold")
    grid = plain_grid()
    grid.add_column(no_wrap=max(map(len, shown.values()), default=0) <= WHOLE_PATH, overflow="fold")
    grid.add_column()
    for name in sorted(shown, key=lambda n: list(told).index(n) if n in told else len(told)):
        grid.add_row(Text(f"  {shown[name]}"), Text(told.get(name, ""), style="dim"))
    yield grid


def _relative(path: Path) -> str:
    """A path as short as it can be typed."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
