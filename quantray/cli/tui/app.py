"""The screens as one program: it draws at its own pace, whatever the run does, and says how it is left."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar, Protocol

from textual.app import App
from textual.binding import Binding, BindingType

from quantray.cli.tui.screens import CallersScreen
from quantray.cli.tui.shown import Shown
from quantray.cli.tui.source import Source

DRAW_S = 0.2
STOPPING = "stopping; the same command goes on from here (q again: leave at once)"
WRITTEN = "done: everything is written; q leaves, and says where"


class Going(Protocol):
    """A run in another thread."""

    @property
    def over(self) -> bool: ...

    @property
    def failed(self) -> bool: ...

    @property
    def said(self) -> str:
        """Its newest sentence."""

    def stop(self) -> None: ...


class Screens(App[None]):
    """Shows ``source``; ``run`` is what fills it, None where it is finished. ``ended`` gives the source of the end."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,ctrl+c,ctrl+q", "leave", "leave", priority=False)]
    ENABLE_COMMAND_PALETTE = False
    CSS = "Screen { background: ansi_default; color: ansi_default; }"

    def __init__(self, source: Source, run: Going | None = None, ended: Callable[[], Source] | None = None) -> None:
        super().__init__(ansi_color=True)
        self.theme = "ansi-dark"
        self.source, self.run_, self._ended = source, run, ended
        self._stopping, self._said = False, ""
        self._streams = sys.stdout, sys.stderr

    def on_mount(self) -> None:
        sys.stdout, sys.stderr = self._streams  # where the run writes is not the screens' business
        self.push_screen(CallersScreen(self.source))
        self.set_interval(DRAW_S, self._tick)
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError, RuntimeError, ValueError):
                asyncio.get_running_loop().add_signal_handler(number, self.action_leave)

    def _fit(self) -> None:
        """Ask for the size of the terminal: not every server of terminals sends the signal that it has changed."""
        if self.is_headless or sys.__stdout__ is None:
            return
        with suppress(OSError, ValueError):
            if tuple(os.get_terminal_size(sys.__stdout__.fileno())) != tuple(self.size):
                signal.raise_signal(signal.SIGWINCH)

    def _tick(self) -> None:
        self._fit()
        run = self.run_
        if run is not None and run.over:
            if run.failed or self._stopping:
                self.exit()
                return
            self.run_ = None
            self._finished()
        if isinstance(self.screen, Shown):
            self.screen.draw(again=False)
            if self.run_ is not None:
                self._said = STOPPING if self._stopping else self.run_.said
            self.screen.told(self._said, loud=self._stopping)

    def _finished(self) -> None:
        """The run ended well: from now on its results are read."""
        if self._ended is not None:
            self.source = self._ended()
            for screen in self.screen_stack:
                if isinstance(screen, Shown):
                    screen.source = self.source
                    screen.draw()
        self._said = WRITTEN

    def _fatal_error(self) -> None:
        """An error of the screens closes them; it is told once the terminal is back, without what lies in memory."""
        self._close_messages_no_wait()

    @property
    def failure(self) -> Exception | None:
        """What the screens themselves fell over."""
        return self._exception

    def action_leave(self) -> None:
        if self.run_ is None or self._stopping:
            self.exit()
            return
        self._stopping = True
        self.run_.stop()
        if isinstance(self.screen, Shown):
            self.screen.told(STOPPING, loud=True)
