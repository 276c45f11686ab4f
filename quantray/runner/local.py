"""Batches on threads of this process: no Ray, no start-up time."""

from __future__ import annotations

import threading
import time

from quantray.errors import QuantrayError
from quantray.failures import told
from quantray.plan import Plan
from quantray.runner.interrupt import GRACE_S, interruptible
from quantray.runner.progress import Evaluate, Outcome
from quantray.runner.sweep import Sweep
from quantray.runner.threads import Threads, worker_count
from quantray.types import Slice


def run_local(plan: Plan, slice: Slice, sweep: Sweep, evaluate: Evaluate) -> Outcome:
    """Run a sweep to its end. The stored trials do not depend on ``runner.workers``.

    An exception of ``evaluate`` FAILs its batch; a :class:`QuantrayError` ends the sweep. Raises
    :class:`Interrupted` after Ctrl-C and :class:`TooManyFailures`, with everything finished stored.
    """
    threads = Threads(
        lambda candidates: evaluate(plan, slice, candidates),
        worker_count(plan.runner.workers, plan.search.in_flight),
    )
    try:
        with interruptible() as stop:
            _drive(sweep, threads, stop)
            return sweep.close()
    finally:
        threads.close()


def _drive(sweep: Sweep, threads: Threads, stop: threading.Event) -> None:
    while not stop.is_set():
        while threads.running < threads.count and not stop.is_set():
            batch = sweep.next_batch()
            if batch is None:
                break
            threads.submit(batch.number, batch.candidates)
        if not threads.running:
            break
        _collect(sweep, threads, 0.1)
    if stop.is_set():
        sweep.interrupted = True
        deadline = time.monotonic() + GRACE_S
        while threads.running and time.monotonic() < deadline:
            _collect(sweep, threads, 0.1)


def _collect(sweep: Sweep, threads: Threads, timeout: float) -> None:
    found = threads.next(timeout)
    if found is None:
        return
    number, trials, error = found
    if isinstance(error, QuantrayError):
        raise error
    if error is not None:
        sweep.fail(number, told(error))
    else:
        sweep.finish(number, trials)
