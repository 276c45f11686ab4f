"""Ctrl-C in a command: heard at once whatever the main thread does, answered once; the second one ends at once.

Python runs the handler of a signal in its main thread, between two of its own steps: a long query or kernel keeps it
from that. The handler beneath it also writes the signal's number to a file descriptor. A thread reads it there, gives
the answer, interrupts queries, and the second time ends the process.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar
from weakref import WeakSet

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ANSWER = "stopping; what is stored stays stored (Ctrl-C again ends at once)"
EARLY = "interrupted before anything began"
LATE = "interrupted as it ended: what it had to say was said"
CODE = 130
#: Who stops a run wants the prompt back: a report that takes longer is not waited for.
PATIENCE_S = 2.0
_AGAIN_S = 0.02  # until what dropped an interruption has returned
_POLITE_S = 0.5  # the answer may need what the interrupted step holds

Connection = TypeVar("Connection")
_ears: list[_Ear] = []  # at most one: of the command
_answers: list[Callable[[str], object]] = []  # who shows the answer, the newest first asked
_queries: WeakSet[Any] = WeakSet()
_began: list[bool] = []  # a signal while a command leaves is early no more
_turn = threading.Lock()  # threads open connections while another one hears


def heeded() -> list[signal.Signals]:
    """The signals that stop a run. A closed terminal does, unless whoever started the run (nohup) says it does not."""
    return [s for s in SIGNALS if s is not signal.SIGHUP or signal.getsignal(s) is not signal.SIG_IGN]


def early() -> None:
    """Until :func:`listening`: a signal ends the process with a sentence instead of a traceback out of an import."""
    if threading.current_thread() is threading.main_thread():
        for number in heeded():
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                signal.signal(number, _end_early)


def _end_early(number: int, frame: FrameType | None) -> None:
    with suppress(OSError):  # the terminal is gone
        os.write(2, f"{LATE if _began else EARLY}\n".encode())
    os._exit(CODE)


@contextmanager
def listening(end: Callable[[], object], answer: str = ANSWER) -> Iterator[None]:
    """Hear SIGINT and SIGTERM: the first raises KeyboardInterrupt in the main thread, ``end`` answers the second.

    ``answer`` is what the first one is answered with.

    Nothing changes outside the main thread, where Python allows no handlers, and inside another of these.
    """
    if _ears or threading.current_thread() is not threading.main_thread():
        yield
        return
    ear = _Ear(end, answer)
    _ears.append(ear)
    _began.append(True)
    try:
        with ear.open():
            yield
    finally:
        with _turn:
            _ears.clear()


@contextmanager
def unheard() -> Iterator[None]:
    """For a program that answers signals itself, as screens do."""
    ears = _ears[:]
    for ear in ears:
        ear.close()
    try:
        yield
    finally:
        for ear in ears:
            ear.listen()


@contextmanager
def answering(say: Callable[[str], object]) -> Iterator[None]:
    """Meanwhile ``say`` shows the answer; it is called from a thread of its own."""
    _answers.append(say)
    try:
        yield
    finally:
        _answers.remove(say)


def asked() -> bool:
    """Whether a signal came since the command listens."""
    return any(ear.heard for ear in _ears)


def check() -> None:
    """Between two stages: KeyboardInterrupt where one was asked for, and a library in between has swallowed it."""
    if asked() and threading.current_thread() is threading.main_thread():
        raise KeyboardInterrupt


def forgiven() -> None:
    """The signal was about what has just ended; the next one is the first again."""
    for ear in _ears:
        ear.heard = 0
        ear.answered.clear()


def interruptible(connection: Connection) -> Connection:
    """The DuckDB ``connection``, whose queries a signal interrupts; DuckDB notices one by itself now and then only."""
    with _turn:
        _queries.add(connection)
    return connection


def written_in_time(write: Callable[[Callable[[], bool]], Path | None]) -> Path | None:
    """What ``write`` wrote, None where it takes longer: it is told when nobody waits for it any more.

    A second Ctrl-C ends the process meanwhile; results are moved to their places whole, whenever that is. What goes
    wrong here is told by the command that writes the report later.
    """
    found: list[Path | None] = []
    over = threading.Event()

    def work() -> None:
        try:
            found.append(write(lambda: not over.is_set()))
        except Exception:
            found.append(None)

    writer = threading.Thread(target=work, name="quantray-report", daemon=True)
    writer.start()
    writer.join(PATIENCE_S)
    over.set()
    return found[0] if found else None


class _Ear:
    """The thread that hears, and the handlers that it stands behind."""

    def __init__(self, end: Callable[[], object], answer: str) -> None:
        self.heard = 0
        self.answered = threading.Event()
        self._end, self._answer_text = end, answer
        self._near, self._far = socket.socketpair()
        self._far.setblocking(False)
        self._before: dict[int, Any] = {}
        self._fd = -1
        self._again = 0  # signals that are sent once more: nobody pressed anything
        self._hook: Callable[[Any], object] = sys.unraisablehook

    @contextmanager
    def open(self) -> Iterator[None]:
        threading.Thread(target=self._hear, name="quantray-signals", daemon=True).start()
        self.listen()
        try:
            yield
        finally:
            self.close()
            self._far.close()

    def listen(self) -> None:
        self._before = {number: signal.signal(number, _raise) for number in heeded()}
        self._fd = signal.set_wakeup_fd(self._far.fileno(), warn_on_full_buffer=False)
        self._hook, sys.unraisablehook = sys.unraisablehook, self._dropped

    def close(self) -> None:
        sys.unraisablehook = self._hook
        signal.set_wakeup_fd(self._fd)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _hear(self) -> None:
        with self._near:
            while numbers := self._near.recv(64):
                for number in numbers:
                    if self._again and number == signal.SIGINT:
                        self._again -= 1
                    elif number in self._before:
                        self._answer(number)

    def _dropped(self, what: Any) -> None:
        """Python cannot raise out of a finaliser, nor out of a callback, such as that of an import: it goes on.

        An interruption that is lost so is sent once more.
        """
        if self.heard and issubclass(what.exc_type, KeyboardInterrupt):
            threading.Thread(target=self._send, name="quantray-again", daemon=True).start()
        else:
            self._hook(what)

    def _send(self) -> None:
        time.sleep(_AGAIN_S)
        if self in _ears and self._before:
            self._again += 1
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def _answer(self, number: int) -> None:
        if number == signal.SIGHUP and self.heard:
            return  # the shell tells of the closed terminal, and the kernel does
        self.heard += 1
        if self.heard > 1:
            self._end()
            return
        say = _answers[-1] if _answers else _print
        with suppress(Exception):  # the terminal is gone
            say(self._answer_text)
        self.answered.set()
        threading.Thread(target=_interrupt, args=(self,), name="quantray-queries", daemon=True).start()


def _interrupt(ear: _Ear) -> None:
    """Queries that run, and those that threads begin before they hear of it; none of what begins after the run."""
    for _ in range(5):
        with _turn:
            for query in list(_queries) if ear in _ears else ():
                with suppress(Exception):  # it was closed
                    query.interrupt()
        time.sleep(0.2)


def _print(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _raise(number: int, frame: FrameType | None) -> None:
    for ear in _ears:
        ear.answered.wait(_POLITE_S)  # first the answer, then what the interruption leads to
    raise KeyboardInterrupt
