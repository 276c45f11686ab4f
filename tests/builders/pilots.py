"""The screens driven without a terminal, and what stands on them as text."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from quantray.cli.tui.app import Going, Screens
from quantray.cli.tui.source import Source

Step = Callable[[Pilot[None]], Awaitable[None]]
WAIT_S = 60.0


def text_of(screen: Screen[Any]) -> list[str]:
    """The lines of a screen, each as wide as it."""
    return ["".join(segment.text for segment in strip) for strip in screen._compositor.render_strips()]


async def until(pilot: Pilot[None], there: Callable[[list[str]], bool]) -> list[str]:
    """The lines as soon as they are as they should be."""
    end = time.monotonic() + WAIT_S
    while not there(lines := text_of(pilot.app.screen)):
        assert time.monotonic() < end, "\n".join(lines)
        await pilot.pause(0.05)
    return lines


def walked(
    source: Source, step: Step, *, size: tuple[int, int] = (80, 24), run: Going | None = None,
    ended: Callable[[], Source] | None = None,
) -> Screens:  # fmt: skip
    """Drive the screens of ``source`` through ``step``; gives the program as it was left."""
    app = Screens(source, run, ended)

    async def go() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await step(pilot)

    asyncio.run(go())
    return app
