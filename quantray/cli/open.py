"""``quantray open RUN``: the screens of a finished run about callers; without a terminal its callers as lines."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.cli.exits import DONE, quiet
from quantray.cli.verbs import Parser, Work

if TYPE_CHECKING:
    from quantray.cli.tui.source import Source

LONGEST = 44  # of a name in a line
ABOUT = """\
Look at a finished run of quantray baseline, v1-baseline or caller-policies: its callers, a caller's calls, a call's
candles. Keys stand at the foot of the screen. Without a terminal the callers are printed, one a line.
"""


def parse(given: Sequence[str]) -> Work:
    """What stands behind ``quantray open``."""
    parser = Parser("quantray open", ABOUT)
    parser.add_argument("run", metavar="RUN", help="run_dir of a finished run")
    args = parser.read(given)
    return lambda: look(Path(args.run))


def look(run_dir: Path) -> int:
    """Open the run; ConfigError and DataError where it cannot be."""
    from quantray.cli.tui.outlet import has_terminal
    from quantray.cli.tui.session import check_installed, show

    quiet()
    check_installed("quantray open")
    from quantray.cli.tui.finished import finished_source

    source = finished_source(run_dir)
    if has_terminal():
        return show(source)
    _print(source)
    return DONE


def _print(source: Source) -> None:
    """The callers as lines in the order of the screen: as many columns as a terminal has room for, all in a pipe."""
    from quantray.cli.tui.columns import ordered
    from quantray.cli.tui.fitted import drawable, fitted

    columns = list(source.caller_columns)
    rows = [[drawable(column.cell(row)) for column in columns] for row in ordered(source.callers(), columns[2])]
    name = min(max([len(row[0]) for row in rows], default=0), LONGEST)
    widths = [max(name, len(columns[0].title)), *(column.width for column in columns[1:])]
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    while room is not None and len(widths) > 1 and sum(widths) + 2 * (len(widths) - 1) > room:
        widths.pop()
    head = source.head()
    print(*(line for line in (drawable(source.study), head.progress, head.medians, "")), sep="\n")
    for row in [[column.title for column in columns], *rows]:
        cells = zip(row, widths, columns, strict=False)
        print("  ".join(fitted(cell, width, right=not column.text) for cell, width, column in cells).rstrip())
