"""Following a run where somebody looks on: a line that is drawn in its place, or nothing at all."""

from __future__ import annotations

import io
import sys
from types import ModuleType, SimpleNamespace
from typing import TextIO

import pytest

from quantray.report import cell
from quantray.sweeps.report.terminal import Terminal
from tests.builders.sweep_progress import event
from tests.builders.sweep_results import plan

pytest.importorskip("IPython", reason="IPython is not installed")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What a kernel's display is told: (text, HTML) of each drawing."""
    found: list[tuple[str, str]] = []

    def display(thing: cell.Cell, display_id: bool) -> SimpleNamespace:
        assert display_id
        return SimpleNamespace(update=lambda thing: found.append((repr(thing), thing._repr_html_())))

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr(cell, "place", lambda: "cell")
    monkeypatch.setattr(cell, "REDRAWN_S", 0.0)
    return found


def face(out: TextIO, err: TextIO) -> Terminal:
    return Terminal(plan(), out=out, err=err)


def test_the_line_of_a_cell_is_that_of_a_terminal(shown: list[tuple[str, str]]) -> None:
    printed = io.StringIO()
    with cell.following(face) as seen:
        assert seen.progress is not None
        assert seen.say is not None
        assert seen.reached is not None
        seen.reached("data")
        seen.progress(event(30))
        seen.say("a sentence <b>\x1b[31m")
    with Terminal(plan(), out=printed, err=printed) as terminal:
        terminal.progress(event(30))
        line = terminal.line()
    assert shown[0][0] == "sample: preparing"
    assert shown[1][0].startswith("sample: data")
    text, html = shown[-1]
    assert text.split("\n")[0] == line
    assert 'value="0.5000"' in html
    assert "<b>" not in html
    assert "\x1b" not in html
    assert 'role="status"' in html


def test_sentences_do_not_flood_the_cell(shown: list[tuple[str, str]]) -> None:
    with cell.following(face) as seen:
        assert seen.say is not None
        for i in range(50):
            seen.say(f"sentence {i}")
    assert shown[-1][1].count("<p>") == cell.MOST_SAID + 1
    assert "… 44 earlier" in shown[-1][0]


def test_a_hundred_thousand_events_are_drawn_a_few_times(
    shown: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cell, "REDRAWN_S", 60.0)
    told = event(10)
    with cell.following(face) as seen:
        assert seen.progress is not None
        for _ in range(1000):
            seen.progress(told)
    assert len(shown) == 2  # at the beginning and in the end


def test_a_script_shows_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert cell.place() == "nowhere"
    with cell.following(face) as seen:
        assert (seen.progress, seen.say, seen.reached) == (None, None, None)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("shell", "terminal", "found"), [
    (SimpleNamespace(kernel=1), False, "cell"), (SimpleNamespace(), True, "terminal"),
    (SimpleNamespace(), False, "nowhere"), (None, True, "nowhere"),
])  # fmt: skip
def test_where_the_user_looks(shell: object, terminal: bool, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("IPython")
    monkeypatch.setattr(module, "get_ipython", lambda: shell, raising=False)
    monkeypatch.setitem(sys.modules, "IPython", module)
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: terminal))
    assert cell.place() == found
