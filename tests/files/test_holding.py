"""Who holds a folder: the second is told who the first is, the dead hold nothing."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from quantray.files import Pieces
from tests.builders.commands import compared, finished, prepare, process, words

pytestmark = pytest.mark.slow


def test_the_second_of_two_at_once_is_told_who_the_first_is(tmp_path: Path) -> None:
    prepare(tmp_path, "callers")
    finished(tmp_path, words("callers", "run_dir=whole"))
    many = words("callers", "run_dir=run", "policy.tp_mults=[1.1,1.2,1.3,1.4,1.5,1.6,1.7,1.8]")
    first = process(tmp_path, many)
    lock = Pieces(tmp_path / "run", "mine").lock
    while not (lock.exists() and lock.read_text()) and first.poll() is None:
        time.sleep(0.005)
    first.send_signal(signal.SIGSTOP)
    try:
        for more in ((), ("fresh=true",), ("storage=memory",)):
            said = finished(tmp_path, [*many, *more], code=2)
            assert f"is being worked on by process {first.pid} on {os.uname().nodename}" in said
            assert "the same command then goes on" in said
    finally:
        first.send_signal(signal.SIGCONT)
    _, err = first.communicate(timeout=120)
    assert first.returncode == 0, err
    finished(tmp_path, many)


def test_one_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    prepare(tmp_path, "callers")
    command = words("callers", "run_dir=run")
    first = process(tmp_path, command)
    lock = Pieces(tmp_path / "run", "mine").lock
    while not lock.exists() and first.poll() is None:
        time.sleep(0.005)
    time.sleep(random.uniform(0, 0.3))
    first.kill()
    first.communicate()
    finished(tmp_path, command)
    finished(tmp_path, words("callers", "run_dir=whole"))
    assert compared(tmp_path / "run", "callers") == compared(tmp_path / "whole", "callers")
