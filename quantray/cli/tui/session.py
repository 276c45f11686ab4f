"""From a plan, or a finished run, to its screens and back: who has the terminal when, and how it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from quantray.cli.exits import DONE, INTERRUPTED, end_with
from quantray.cli.tui.outlet import taken
from quantray.errors import ConfigError
from quantray.runner import presence

if TYPE_CHECKING:
    from quantray.callers.baseline.plan import BaselinePlan
    from quantray.callers.plan import CallerPlan
    from quantray.cli.tui.running import Running
    from quantray.cli.tui.source import Source
    from quantray.protocols import Say

Study = TypeVar("Study")
Event = TypeVar("Event")
Told = Callable[[Event], object]  # who hears of progress
NEEDED = ("textual", "textual_plotext")


def check_installed(what: str) -> None:
    """ConfigError where the packages of the screens are missing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        package = missing[0].replace("_", "-")
        raise ConfigError(f"{what} needs {package}, which is not installed; pip install 'quantray[tui]'")


def show(source: Source) -> int:
    """The screens of a finished run."""
    from quantray.cli.tui.app import Screens

    with taken(_lost):
        try:
            app = Screens(source)
            app.run()
        finally:
            presence.when_lost(end_with)
    if app.failure is not None:
        raise app.failure
    return DONE


def followed(
    source: Source, work: Callable[[Running], Study], finish: Callable[[Study], object],
    ended: Callable[[Study], Source],
) -> int:  # fmt: skip
    """Run ``work`` behind its screens, then ``finish``; raises what the run raised, once the terminal is back.

    Once it has ``ended`` the screens show what its folder holds.

    Who leaves twice does not wait for the rows that are being worked on: the process ends.
    """
    from quantray.cli.tui.app import Screens
    from quantray.cli.tui.running import Running

    found: list[Study] = []
    with taken(_lost):
        try:
            run = Running(lambda mine: found.append(work(mine)))
            app = Screens(source, run, lambda: ended(found[0]))
            app.run()
        finally:
            presence.when_lost(end_with)
    for sentence in dict.fromkeys(run.sentences):
        print(sentence, file=sys.stderr)
    if app.failure is not None:
        run.stop()
        raise app.failure
    if not run.over:
        print("interrupted: the run was left at once; the same command goes on with it", file=sys.stderr, flush=True)
        os._exit(INTERRUPTED)
    run.result()
    finish(found[0])
    return DONE


def _lost(restore: Callable[[], None]) -> None:
    """A cluster that goes away ends the process: the terminal is put back first."""

    def end(sentence: str) -> None:
        restore()
        end_with(sentence)

    presence.when_lost(end)


def policy_screens(plan: CallerPlan) -> int:
    """A run over policies behind its screens; in the end they show what its folder holds."""
    from quantray.callers.report.terminal import CallerTerminal
    from quantray.callers.study import optimise
    from quantray.cli.tui.live_policies import LivePolicies

    source = LivePolicies(plan)
    return _behind(
        plan.run_dir, source, source.take, lambda told, say: optimise(plan, progress=told, say=say),
        CallerTerminal(plan).finish,
    )  # fmt: skip


def baseline_screens(plan: BaselinePlan) -> int:
    """The alert baseline behind its screens."""
    from quantray.callers.baseline_study import baseline
    from quantray.callers.report.baseline.terminal import BaselineTerminal
    from quantray.cli.tui.live_baseline import LiveBaseline

    source = LiveBaseline(plan)
    return _behind(
        plan.run_dir, source, source.take, lambda told, say: baseline(plan, progress=told, say=say),
        BaselineTerminal(plan).finish,
    )  # fmt: skip


def _behind(
    run_dir: Path, source: Source, take: Callable[[Event], object], carry_out: Callable[[Told[Event], Say], Study],
    finish: Callable[[Study], object],
) -> int:  # fmt: skip
    """Carry out a plan behind its screens, which ``take`` its progress; in the end they show what its folder holds."""
    from quantray.cli.tui.finished import finished_source

    def work(run: Running) -> Study:
        def progress(event: Event) -> None:
            take(event)
            run.met()

        return carry_out(progress, run.say)

    return followed(source, work, finish, lambda _: finished_source(run_dir))
