"""The console obeys no text."""

from __future__ import annotations

import io

import pytest

from quantray.report.console import PlainConsole, show


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


def test_a_pipe_gets_no_spaces_that_fill_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is drawn; what stands at the beginning of a line, and empty lines, stay."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table("name", "value", box=None)
    table.add_row("a", "x" * 300)
    table.add_row("long name", "")
    show(Group(Text("title", style="bold"), Text("\nnext"), Padding(table, (0, 0, 0, 2))))
    lines = capsys.readouterr().out.split("\n")
    assert lines[:3] == ["title", "", "next"]
    assert lines[3].startswith("   name")
    assert "x" * 300 in lines[4]
    assert lines[-1] == ""
    assert [line for line in lines if line != line.rstrip()] == []
