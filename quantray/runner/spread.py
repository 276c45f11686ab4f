"""One piece of work over many chunks, in order: on threads of this process, or on Ray when that pays."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from quantray.protocols import D, P
from quantray.runner.threads import in_order, worker_count

if TYPE_CHECKING:
    import ray

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")
Work = Callable[[P, D, Chunk], Result]

_RETRIES = 2  # a task whose worker died is given to another one this often


def spread(
    plan: P,
    data: D,
    chunks: Iterable[Chunk],
    work: Work[P, D, Chunk, Result],
    *,
    kind: str = "local",
    compiled: bool = True,
    workers: int | None = None,
) -> Iterator[tuple[Chunk, Result]]:
    """Give ``(chunk, work(plan, data, chunk))`` in the order of ``chunks``, of which a few are taken ahead.

    ``kind="ray"`` goes to Ray where that pays: on a cluster (``runner.address`` is not ``local``), and for work
    that holds the interpreter (not ``compiled``). Compiled kernels release it, so on one machine threads on the one
    copy of the data are faster than processes and start at once. ``work`` must be picklable for Ray.
    An exception of ``work`` is raised here, in its place; Ctrl-C raises KeyboardInterrupt, and nothing waits for
    the chunks that are being worked on.
    """
    if isinstance(chunks, Sized) and not len(chunks):
        return iter(())
    if goes_to_ray(plan, kind, compiled):
        return _on_ray(plan, data, chunks, work, workers)
    return _on_threads(plan, data, chunks, work, workers)


def goes_to_ray(plan: P, kind: str, compiled: bool) -> bool:
    """Whether work goes to Ray: see :func:`spread`."""
    return kind == "ray" and (plan.runner.address != "local" or not compiled)


def _on_threads(
    plan: P, data: D, chunks: Iterable[Chunk], work: Work[P, D, Chunk, Result], workers: int | None
) -> Iterator[tuple[Chunk, Result]]:
    count = len(chunks) if isinstance(chunks, Sized) else 10_000
    return in_order(chunks, lambda chunk: work(plan, data, chunk), worker_count(workers, max(count, 1)))


def _on_ray(
    plan: P, data: D, chunks: Iterable[Chunk], work: Work[P, D, Chunk, Result], workers: int | None
) -> Iterator[tuple[Chunk, Result]]:
    from quantray.runner import cluster

    cluster.start(plan.runner, data)
    import ray

    run: Any = ray.remote(_task).options(num_cpus=1, max_retries=_RETRIES, retry_exceptions=False)
    around, about = cluster.surroundings(), [ray.put((plan, work))]  # in a list: read when it can be imported
    shared, cores = cluster.share(data), cluster.cpus()
    ahead = 2 * (min(workers, cores) if workers else cores)
    waiting: deque[tuple[Chunk, ray.ObjectRef[Result]]] = deque()
    rest = iter(chunks)
    try:
        while True:
            for chunk in islice(rest, ahead - len(waiting)):
                waiting.append((chunk, run.remote(around, about, shared, chunk)))
            if not waiting:
                return
            chunk, reference = waiting[0]
            while not ray.wait([reference], timeout=0.1)[0]:
                pass
            waiting.popleft()
            yield chunk, _value(reference)
    finally:
        for _, reference in waiting:
            ray.cancel(reference, force=True)


def _value(reference: ray.ObjectRef[Result]) -> Result:
    import ray

    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise (error.cause if isinstance(error.cause, Exception) else error) from None


def _task(
    around: Mapping[str, object], about: list[ray.ObjectRef[tuple[P, Work[P, D, Chunk, Result]]]], data: D, chunk: Chunk
) -> Result:
    import ray

    from quantray.runner import cluster
    from quantray.runner.counters import worked

    cluster.settle(around)
    plan, work = ray.get(about[0])
    cluster.check_sources(plan)
    began, failed = time.perf_counter(), True
    try:
        found = work(plan, data, chunk)
        failed = False
        return found
    finally:
        worked(failed, time.perf_counter() - began)
