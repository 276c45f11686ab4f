"""Ctrl-C as a wish that is granted between two steps, so that no transaction is torn."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from quantray.interrupts import heeded

#: How long batches that are being evaluated may still finish after the first signal.
GRACE_S = 2.0


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """An event that the first signal sets that stops a run; the second one raises KeyboardInterrupt.

    Outside the main thread, where Python allows no handlers, nothing is caught.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def handle(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {s: signal.signal(s, handle) for s in heeded()}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
