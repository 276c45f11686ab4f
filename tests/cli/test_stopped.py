"""Ctrl-C in every stage of a real command: a word at once, one sentence in the end, and the same command goes on."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from quantray.interrupts import ANSWER, CODE

ROOT = Path(__file__).parents[2]
#: The word takes milliseconds where a core is free; test machines have none to spare.
WORD_S, END_S = 2.0, 30.0
SWEEP = ("+experiment=options_sweep", "data.synthetic.sessions=6", "mirror.enabled=false")


class Command:
    """A command whose lines on standard error are heard as they come."""

    def __init__(self, folder: Path, *line: str) -> None:
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "quantray.run", *line], cwd=folder, env=environ, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.lines: list[tuple[float, str]] = []
        self.hearing = threading.Thread(target=self._hear, daemon=True)
        self.hearing.start()

    def _hear(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append((time.monotonic(), line.rstrip()))

    def wait(self, ready: Callable[[list[str]], bool], seconds: float) -> float | None:
        """When ``ready`` was true of the lines, None when it never was."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            if ready([text for _, text in self.lines]):
                return time.monotonic()
            time.sleep(0.01)
        return None

    def stop(self) -> None:
        sent = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=END_S) == CODE, self.lines
        self.hearing.join(END_S)
        after = [(at - sent, text) for at, text in self.lines if at >= sent]
        said = [text for _, text in after]
        assert [text for text in said if text == ANSWER] == [ANSWER], "said once"
        assert next(at for at, text in after if text == ANSWER) < WORD_S
        assert [bool(re.match("interrupted.*go on with: python -m quantray.run", text)) for text in said[-1:]] == [True]
        assert sum("stored" in text for text in said) <= 2
        assert not any("Traceback" in text for text in said)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "stage"),
    [
        (SWEEP, "data:"),  # and Ray starts beside it
        ((*SWEEP, "runner=local", "search.n_trials=100000"), "of 100,000"),
        ((*SWEEP, "search.n_trials=100000"), "searching:"),  # Tune
    ],
    ids=["data", "search", "Tune"],
)
def test_a_word_at_once_in_every_stage(tmp_path: Path, line: tuple[str, ...], stage: str) -> None:
    command = Command(tmp_path, *line)
    try:
        assert command.wait(lambda lines: any(stage in text for text in lines), 120.0), command.lines
        command.stop()
    finally:
        command.process.kill()
