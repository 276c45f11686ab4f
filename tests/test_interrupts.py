"""A signal is answered at once whatever the main thread does, once; the second ends the process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from quantray.interrupts import ANSWER, CODE, EARLY

ROOT = Path(__file__).parents[1]
#: Between the signal and the word of a process that has the machine to itself; tests have not.
PROMPT_S = 2.0
PROGRAM = """
import sys, time
from quantray.cli.exits import attended, guarded, leave
from quantray.files.duckdb_file import confined
import numpy as np

def query():
    connection = confined()
    print("ready", flush=True)
    connection.execute("SELECT sum(hash(a.range + 7 * b.range)) FROM range(2000000) a, range(2000000) b").fetchall()

def queries():
    import threading
    said = []
    def one():
        try:
            query()
        except Exception as error:
            said.append(error)
    threads = [threading.Thread(target=one, daemon=True) for _ in range(2)]
    [t.start() for t in threads]
    try:
        [t.join() for t in threads]
    except KeyboardInterrupt:  # as a pool does that collects what its threads came to
        [t.join() for t in threads]
    raise said[0]

def numbers():
    big = np.random.default_rng(0).random((3000, 3000))
    print("ready", flush=True)
    while True:
        np.linalg.svd(big)  # seconds in one call, which hears nothing

def steps():
    print("ready", flush=True)
    while True:
        time.sleep(0.01)

with attended([]):
    code = guarded(lambda: globals()[sys.argv[1]](), "the same")
leave(code)
"""


def started(*program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.slow
@pytest.mark.parametrize("work", ["query", "queries", "numbers", "steps"])
def test_the_answer_comes_at_once_and_once(work: str) -> None:
    process = started("-c", PROGRAM, work)
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.stderr.readline() == f"{ANSWER}\n"
    assert time.monotonic() - sent < PROMPT_S
    if work == "numbers":
        process.send_signal(signal.SIGINT)
    err = process.stderr.read()
    assert process.wait(timeout=30) == CODE
    if work == "numbers":
        assert err == "interrupted at once; what is stored stays stored\n"
        assert time.monotonic() - sent < 2 * PROMPT_S
    else:
        assert err == "interrupted; go on with: the same\n"


@pytest.mark.slow
@pytest.mark.parametrize("module", ["quantray.run", "quantray"])
def test_a_signal_while_modules_are_read_ends_with_a_sentence(module: str) -> None:
    """The earliest moment at which the process is ours: its handler is there before anything else is imported."""
    stopped = f"import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nraise SystemExit(f'not stopped: {module}')"
    program = f"""
import runpy, sys
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "quantray.cli":
            exec({stopped!r})
sys.meta_path.insert(0, Slow())
runpy.run_module({module!r}, run_name="__main__")
"""
    process = started("-c", program)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (CODE, "", f"{EARLY}\n")


def test_a_second_command_inside_one_hears_through_the_first() -> None:
    from quantray import interrupts

    before = signal.getsignal(signal.SIGINT)
    with interrupts.listening(lambda: None):
        handler = signal.getsignal(signal.SIGINT)
        with interrupts.listening(lambda: None):
            assert signal.getsignal(signal.SIGINT) is handler
        with interrupts.unheard():
            assert signal.getsignal(signal.SIGINT) is before
        assert signal.getsignal(signal.SIGINT) is handler
    assert signal.getsignal(signal.SIGINT) is before
    assert not interrupts.asked()


class Deaf:
    """Is told of a signal where Python drops what is raised."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)  # the handler runs in here


def test_an_interruption_that_python_dropped_comes_all_the_same_and_counts_once() -> None:
    from quantray import interrupts

    said: list[str] = []
    ended: list[str] = []
    hook = sys.unraisablehook
    with interrupts.listening(lambda: ended.append("at once")), interrupts.answering(said.append):
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012
            Deaf()
            time.sleep(10)
        assert said == [ANSWER]
        time.sleep(0.05)
        assert not ended
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        until = time.monotonic() + PROMPT_S
        while not ended and time.monotonic() < until:
            time.sleep(0.01)
        assert ended == ["at once"]
    assert sys.unraisablehook is hook


def test_a_closed_terminal_stops_a_run_once_and_nohup_keeps_it() -> None:
    from quantray import interrupts

    ended: list[str] = []
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have said nohup
    try:
        with interrupts.listening(lambda: ended.append("at once")), interrupts.answering(lambda text: None):
            for _ in range(2):  # from the shell, and from the kernel
                with pytest.raises(KeyboardInterrupt):  # noqa: PT012
                    os.kill(os.getpid(), signal.SIGHUP)
                    time.sleep(5)
            time.sleep(0.05)
            assert not ended
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with interrupts.listening(lambda: None):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_report_that_takes_longer_is_not_waited_for_and_hears_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from quantray import interrupts

    heard: list[bool] = []
    done = threading.Event()

    def slow(wanted: Callable[[], bool]) -> Path:
        heard.append(wanted())
        while wanted():
            time.sleep(0.01)
        done.set()
        return Path("never")

    monkeypatch.setattr(interrupts, "PATIENCE_S", 0.05)
    assert interrupts.written_in_time(slow) is None
    assert done.wait(10)
    assert heard == [True]
    monkeypatch.setattr(interrupts, "PATIENCE_S", 10.0)
    assert interrupts.written_in_time(lambda wanted: Path("there")) == Path("there")
    assert interrupts.written_in_time(lambda wanted: 1 / 0) is None  # type: ignore[arg-type, return-value]
