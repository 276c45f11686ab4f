"""A run in a thread: what it raises is raised where it is asked for, and it can be stopped in the middle."""

from __future__ import annotations

import threading
import time

import pytest

from quantray.cli.tui import running
from quantray.cli.tui.running import Running
from quantray.errors import DataError


def ended(run: Running) -> None:
    end = time.monotonic() + 20
    while not run.over:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_its_error_is_raised_with_its_sentences_kept() -> None:
    def work(run: Running) -> None:
        run.say("first \x1b[2J")
        raise DataError("no candles")

    run = Running(work)
    ended(run)
    assert run.failed
    assert run.said == "first \\x1b[2J"
    with pytest.raises(DataError, match="no candles"):
        run.result()


def test_a_run_is_stopped_as_by_ctrl_c() -> None:
    """In the middle of what it does; what it cleans up is cleaned up, and asking twice changes nothing."""
    cleaned = threading.Event()

    def work(run: Running) -> None:
        try:
            while True:
                time.sleep(0.01)
        finally:
            cleaned.set()

    run = Running(work)
    time.sleep(0.05)
    run.stop()
    run.stop()
    with pytest.raises(KeyboardInterrupt):
        run.result()
    assert cleaned.is_set()


def test_a_run_that_swallowed_it_is_stopped_at_its_next_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "DEAF_S", 0.05)

    def work(run: Running) -> None:
        try:
            while True:
                time.sleep(0.01)
        except KeyboardInterrupt:
            pass
        while True:
            time.sleep(0.01)
            run.met()

    run = Running(work)
    time.sleep(0.05)
    run.stop()
    with pytest.raises(KeyboardInterrupt):
        run.result()


def test_a_run_that_is_over_is_not_stopped() -> None:
    run = Running(lambda mine: None)
    ended(run)
    run.stop()
    run.result()
    assert not run.failed
