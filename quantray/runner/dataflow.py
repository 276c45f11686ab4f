"""Rows of work in order: on threads of this process, or through Ray Data over a pool of actors.

A row is a descriptor of a few bytes, never data: workers read files and write files, and return what is small.
"""

from __future__ import annotations

import contextlib
import pickle
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from quantray.errors import QuantrayError
from quantray.runner.threads import in_order, worker_count
from quantray.settings import Runner

Row = TypeVar("Row")
Result = TypeVar("Result")
Item = TypeVar("Item")
Work = Callable[[Row], Result]

AHEAD = 2  # rows that wait at each actor


def flow(
    runner: Runner, rows: Sequence[Row], make: Callable[[], Work[Row, Result]], *, name: str
) -> Iterator[tuple[Row, Result]]:
    """Give ``(row, make()(row))`` in the order of ``rows``, few rows ahead of the consumer.

    ``make`` is called once in each worker (once in all on threads), so what it opens and compiles is shared by the
    worker's rows; rows, ``make`` and results must be picklable for Ray. An exception of a row is raised here, in its
    place. A worker that is killed is replaced, and its rows are done again. ``name`` is for messages.
    """
    if not rows:
        return
    if runner.kind == "ray":
        yield from _on_ray(runner, rows, make, name)
    else:
        yield from in_order(rows, make(), worker_count(runner.workers, len(rows)))


def _on_ray(
    runner: Runner, rows: Sequence[Row], make: Callable[[], Work[Row, Result]], name: str
) -> Iterator[tuple[Row, Result]]:
    from quantray.runner import cluster

    cluster.start(runner)
    import ray

    cores = cluster.cpus()
    actors = min(worker_count(runner.workers, cores) if runner.address == "local" else cores, len(rows))
    if runner.workers is not None:
        actors = min(actors, runner.workers)
    shared = [ray.put(make)]  # in a list: read when it can be imported
    seen = 0
    for number, result in _pumped(lambda: _streamed(rows, actors, cluster.surroundings(), shared)):
        if number != seen:
            raise QuantrayError(f"{name}: row {seen} is missing, row {number} came in its place")
        seen += 1
        if isinstance(result, _Failed):
            raise result.error
        yield rows[number], result
    if seen != len(rows):
        raise QuantrayError(f"{name}: {len(rows) - seen} of {len(rows)} rows are missing")


def _pumped(make: Callable[[], Iterator[Item]]) -> Iterator[Item]:
    """What an iterator gives, made and driven on a thread of its own, one item ahead.

    So Ctrl-C meets this loop, and never Ray's own code, which may swallow it. Who stops reading waits for nothing: the
    thread ends with the row that it waits for.
    """
    items: queue.Queue[Any] = queue.Queue(maxsize=1)
    over = threading.Event()

    def put(item: object) -> None:
        while not over.is_set():
            with contextlib.suppress(queue.Full):
                items.put(item, timeout=0.1)
                return

    def pump() -> None:
        try:
            for item in make():
                put((item, None))
                if over.is_set():
                    return
            put((None, StopIteration()))
        except Exception as error:
            put((None, error))

    threading.Thread(target=pump, name="quantray-data", daemon=True).start()
    try:
        while True:
            try:
                item, error = items.get(timeout=0.1)
            except queue.Empty:
                continue
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item
    finally:
        over.set()


def _streamed(
    rows: Sequence[object], actors: int, around: Mapping[str, object], shared: list[Any]
) -> Iterator[tuple[int, Any]]:
    """(number of the row, its result) in order."""
    import ray.data  # sets the levels of its loggers when it is imported

    from quantray.runner.local_ray import quiet

    items = [{"number": i, "row": pickle.dumps(row)} for i, row in enumerate(rows)]
    with quiet():
        data = ray.data.from_items(items, override_num_blocks=len(items)).map_batches(
            _Actor,
            fn_constructor_args=(dict(around), shared),
            batch_size=1,
            batch_format="numpy",
            zero_copy_batch=True,
            compute=ray.data.ActorPoolStrategy(size=actors, max_tasks_in_flight_per_actor=AHEAD),
            num_cpus=1,
        )
        data.context.enable_progress_bars = False
        data.context.execution_options.preserve_order = True
        for batch in data.iter_batches(batch_size=1, prefetch_batches=0, batch_format="numpy"):
            yield int(batch["number"][0]), pickle.loads(batch["result"][0])


class _Failed:
    """An exception on its way to the driver."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class _Actor:
    """Holds what ``make`` gave for as long as the pool lives."""

    def __init__(self, around: Mapping[str, object], shared: list[Any]) -> None:
        import ray

        from quantray.runner import cluster

        cluster.settle(around)
        self.failed: _Failed | None = None
        try:
            self.work = ray.get(shared[0])()
        except Exception as error:
            self.failed = _Failed(error)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        import numpy as np

        from quantray.runner.counters import worked

        began, result = time.perf_counter(), np.empty(1, object)
        result[0], failed = self._pickled(batch["row"][0])
        worked(failed, time.perf_counter() - began)
        return {"number": batch["number"], "result": result}

    def _pickled(self, row: bytes) -> tuple[bytes, bool]:
        """What becomes of a row, and whether it failed."""
        found: Any = self.failed
        if found is None:
            try:
                found = self.work(pickle.loads(row))
            except Exception as error:
                found = _Failed(error)
        try:
            return pickle.dumps(found), isinstance(found, _Failed)
        except Exception as error:
            why = QuantrayError(f"a result cannot be sent: {type(error).__name__}: {error}")
            return pickle.dumps(_Failed(why)), True
