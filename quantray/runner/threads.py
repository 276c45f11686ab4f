"""Daemon threads that evaluate: kernels release the interpreter, and an interrupted run does not wait for them."""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

Row = TypeVar("Row")
Result = TypeVar("Result")
ROOM = 1_000_000_000  # bytes that pieces of work may take together


def worker_count(workers: int | None, at_most: int) -> int:
    """How many workers are of use; ``workers`` None means every core this process may run on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(workers or cores, at_most))


def abreast(nbytes: int) -> int:
    """How many pieces of work, each of which takes ``nbytes`` of memory, may go on at once: on every core, in ROOM."""
    return worker_count(None, max(1, ROOM // max(nbytes, 1)))


class Threads:
    """``submit(key, ...)`` runs ``work(...)``; ``next`` gives (key, result, error) as they finish."""

    def __init__(self, work: Callable[..., object], count: int) -> None:
        self._work = work
        self._tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Any, Any, Exception | None]] = queue.SimpleQueue()
        self.running = 0
        self.count = count
        for i in range(count):
            threading.Thread(target=self._serve, name=f"quantray-worker-{i}", daemon=True).start()

    def submit(self, key: object, *arguments: object) -> None:
        self.running += 1
        self._tasks.put((key, arguments))

    def next(self, timeout: float) -> tuple[Any, Any, Exception | None] | None:
        """What finished next; None when nothing did in ``timeout`` seconds."""
        try:
            found = self._done.get(timeout=timeout)
        except queue.Empty:
            return None
        self.running -= 1
        return found

    def close(self) -> None:
        """Threads end after what they are doing; nothing waits for them."""
        with suppress(queue.Empty):  # a worker may take the last one meanwhile: nothing may wait for it here
            while True:
                self._tasks.get_nowait()
        for _ in range(self.count):
            self._tasks.put(None)

    def _serve(self) -> None:
        while (task := self._tasks.get()) is not None:
            key, arguments = task
            try:
                self._done.put((key, self._work(*arguments), None))
            except Exception as error:
                self._done.put((key, None, error))


def in_order(rows: Iterable[Row], work: Callable[[Row], Result], count: int) -> Iterator[tuple[Row, Result]]:
    """Give ``(row, work(row))`` in the order of ``rows``, of which a few are taken ahead, on ``count`` threads.

    An exception of ``work`` is raised here, in its place; nothing waits for rows that are being worked on.
    """
    threads = Threads(work, count)
    finished: dict[int, Any] = {}
    waiting: deque[tuple[int, Any]] = deque()
    rest = enumerate(rows)
    try:
        while True:
            while len(waiting) <= count and (taken := next(rest, None)) is not None:  # few: results are large
                waiting.append(taken)
                threads.submit(*taken)
            if not waiting:
                return
            wanted, row = waiting.popleft()
            while wanted not in finished:
                found = threads.next(0.1)
                if found is not None:
                    finished[found[0]] = found[1:]
            result, error = finished.pop(wanted)
            if error is not None:
                raise error
            yield row, result
    finally:
        threads.close()
