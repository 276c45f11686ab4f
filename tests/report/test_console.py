"""The console obeys no text."""

from __future__ import annotations

import io

from quantray.report.console import PlainConsole


def test_a_console_reads_no_markup_and_obeys_no_name() -> None:
    from rich.table import Table
    from rich.text import Text

    for colour in (False, True):
        out = io.StringIO()
        console = PlainConsole(out, width=200, force_terminal=colour, color_system="standard" if colour else None)
        table = Table("[bold]head", "\x1b]0;x\x1b\\")
        table.add_row("[red]caller[/red]", "\x1b[2J\u202e evil")
        table.add_row("two", Text("\x1b[2J\u202e evil"))
        table.add_row("[/]", ":smile:")
        console.print(table)
        console.say("a sentence of [bold]\x9b2J")
        told = out.getvalue()
        for name in ("[bold]head", "[red]caller[/red]", "[/]", ":smile:", r"\x1b[2J\u202e evil", r"\x1b]0;x\x1b"):
            assert name in told
        assert "\x1b[2J" not in told
        assert "\x1b]" not in told
        assert "\x9b" not in told
        assert "\u202e" not in told
