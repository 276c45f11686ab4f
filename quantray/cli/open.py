"""``quantray open RUN``: the screens of a finished run about callers; without a terminal its callers as lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.cli.exits import DONE, quiet
from quantray.cli.verbs import Parser, Work

if TYPE_CHECKING:
    from quantray.cli.tui.source import Source

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
    """The callers as a table of lines, in the order of the screen."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from quantray.cli.tui.columns import ordered
    from quantray.plain import one_line
    from quantray.report.console import show

    columns = source.caller_columns
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column.title, justify="left" if column.text else "right", overflow="fold")
    for row in ordered(source.callers(), columns[2]):
        table.add_row(*(Text(one_line(column.cell(row))) for column in columns))
    head = source.head()
    show(Group(Text(one_line(source.study), style="bold"), Text(head.progress), Text(head.medians), Text(), table))
