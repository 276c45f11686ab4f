"""Batches on threads of this process: no Ray, no start-up time."""

from __future__ import annotations

import threading
import time

from quantray.errors import QuantrayError
from quantray.failures import told
from quantray.protocols import D, Evaluate, Loop, Outcome, P
from quantray.runner.interrupt import GRACE_S, interruptible
from quantray.runner.threads import Threads, worker_count


def run_local(plan: P, data: D, loop: Loop, evaluate: Evaluate[P, D]) -> Outcome:
    """Run a loop to its end. The stored trials do not depend on ``runner.workers``.

    An exception of ``evaluate`` FAILs its batch; a :class:`QuantrayError` ends the loop. Raises
    :class:`Interrupted` after Ctrl-C and :class:`TooManyFailures`, with everything finished stored.
    """
    threads = Threads(
        lambda candidates: evaluate(plan, data, candidates),
        worker_count(plan.runner.workers, plan.search.in_flight),
    )
    try:
        with interruptible() as stop:
            _drive(loop, threads, stop)
            return loop.close()
    finally:
        threads.close()


def _drive(loop: Loop, threads: Threads, stop: threading.Event) -> None:
    while not stop.is_set():
        while threads.running < threads.count and not stop.is_set():
            batch = loop.next_batch()
            if batch is None:
                break
            threads.submit(batch.number, batch.candidates)
        if not threads.running:
            break
        _collect(loop, threads, 0.1)
    if stop.is_set():
        loop.interrupted = True
        deadline = time.monotonic() + GRACE_S
        while threads.running and time.monotonic() < deadline:
            _collect(loop, threads, 0.1)


def _collect(loop: Loop, threads: Threads, timeout: float) -> None:
    found = threads.next(timeout)
    if found is None:
        return
    number, trials, error = found
    if isinstance(error, QuantrayError):
        raise error
    if error is not None:
        loop.fail(number, told(error))
    else:
        loop.finish(number, trials)
