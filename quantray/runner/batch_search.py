"""What Ray Tune calls: a searcher whose suggestion is a batch, and the stopper behind it."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Any

import ray
from ray.air.execution import FixedResourceManager
from ray.tune import Stopper
from ray.tune.schedulers import FIFOScheduler
from ray.tune.search import Searcher
from ray.tune.search.optuna import OptunaSearch

from quantray.protocols import Batch, Loop
from quantray.runner.counters import Duplicates, retried
from quantray.runner.interrupt import GRACE_S
from quantray.runner.parcel import METRIC, Parcel, Reply

if TYPE_CHECKING:
    from ray.tune.execution.tune_controller import TuneController
    from ray.tune.experiment import Trial as TuneTrial

#: How often a batch is given to another worker after one died.
MAX_DEATHS = 2


class BatchSearch(OptunaSearch):
    """One Tune trial is one batch of the loop, whose searcher does the sampling and whose ledger the claiming.

    Tune calls ``suggest`` and ``on_trial_complete`` in the thread that runs ``Tuner.fit``, so the loop has one
    thread. Tune also pickles its searcher: the loop, with its engine and threads, stays out of the state.
    """

    def __init__(self, loop: Loop, stop: threading.Event) -> None:
        super().__init__(metric=METRIC, mode="max")
        self._loop: Loop | None = loop
        self._stop: threading.Event | None = stop
        self._given: dict[str, Batch] = {}  # by Tune's trial
        self._again: deque[Batch] = deque()  # their workers died
        self._deaths: Counter[int] = Counter()
        self._duplicates = Duplicates(loop.duplicates)
        self.error: Exception | None = None

    def set_search_properties(
        self, metric: str | None, mode: str | None, config: dict[str, Any], **spec: object
    ) -> bool:
        return True

    def suggest(self, trial_id: str) -> Any:
        """None while the next batch waits for the results of an earlier one, FINISHED at the end."""
        if self._loop is None or self._stop is None or self._stop.is_set() or self.error is not None:
            return Searcher.FINISHED
        batch = self._again.popleft() if self._again else self._loop.next_batch()
        self._duplicates.see(self._loop.duplicates)
        if batch is None:
            return Searcher.FINISHED if self._loop.finished else None
        self._given[trial_id] = batch
        return {"parcel": Parcel(batch)}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """A batch reports once, when it is complete."""

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        batch = self._given.pop(trial_id, None)
        if batch is None or self._loop is None:
            return
        reply: Reply | None = result.get("reply") if result else None
        if reply is None:
            if self._stop is None or not self._stop.is_set():
                self._died(batch, self._loop)
        elif reply.error is not None:
            self.error = reply.error
        elif reply.why is not None:
            self._loop.fail(batch.number, reply.why)
        else:
            self._loop.finish(batch.number, reply.trials)

    def _died(self, batch: Batch, loop: Loop) -> None:
        """A worker or its node is gone. Tune's own retries are not used: they do not cover a worker that starts."""
        self._deaths[batch.number] += 1
        if self._deaths[batch.number] > MAX_DEATHS:
            loop.fail(batch.number, "the worker died three times while it evaluated this batch")
        else:
            loop.retried += len(batch.digests)
            retried(len(batch.digests))
            self._again.append(batch)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_loop": None, "_stop": None, "_given": {}, "_again": deque(), "error": None}

    def save(self, checkpoint_path: str) -> None:
        """The ledger is what a run resumes from."""

    def restore(self, checkpoint_path: str) -> None:
        """See :meth:`save`."""


class DedupeStopper(Stopper):
    """The net behind the searcher: ends a trial that reports a candidate a second time, and counts the candidate.

    Ends the experiment when the loop is finished (target reached, attempts used, space exhausted, time over)
    and when the run is interrupted.
    """

    def __init__(self, loop: Loop, stop: threading.Event) -> None:
        self._loop: Loop | None = loop
        self._stop: threading.Event | None = stop
        self._reported: set[str] = set()
        self._deadline: float | None = None
        self.repeated = 0

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        reply: Reply | None = result.get("reply")
        digests = [trial.digest for trial in reply.trials] if reply is not None else []
        again = sum(digest in self._reported for digest in digests)
        self.repeated += again
        self._reported.update(digests)
        return again > 0

    def stop_all(self) -> bool:
        """Raises KeyboardInterrupt when batches do not end in ``GRACE_S`` after the wish to stop."""
        if self._stop is not None and self._stop.is_set():
            self._deadline = self._deadline or time.monotonic() + GRACE_S
            if time.monotonic() > self._deadline:
                raise KeyboardInterrupt
        return self._loop is not None and self._loop.finished

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_loop": None, "_stop": None, "_reported": set()}


class KeepWorkers(FIFOScheduler):
    """First come, first served; keeps as many idle workers as run at once.

    Tune keeps only one idle worker unless trials are waiting for it; a batch that finishes out of order would
    cost the start of a process. With ``ready`` it takes the workers that a Ray of our own has ready. Tune would
    not: it reserves a placement group for each trial and asks by a task, which needs a worker, whether it is
    there; and it gives every worker environment variables, so that only a new process will do. Processes of our
    own Ray have ours anyway.
    """

    def __init__(self, workers: int, *, ready: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._workers, self._ready = workers, ready
        self._kept = False

    def on_trial_add(self, tune_controller: TuneController, trial: TuneTrial) -> None:
        if not self._kept:
            self._kept = True
            cache: Any = getattr(tune_controller, "_actor_cache", None)
            if hasattr(cache, "increase_max"):
                cache.increase_max(trial.placement_group_factory, by=self._workers)
            if self._ready:
                _take_ready(tune_controller, trial)
        super().on_trial_add(tune_controller, trial)


def _take_ready(controller: TuneController, trial: Any) -> None:
    manager: Any = getattr(controller, "_actor_manager", None)
    classes: Any = getattr(controller, "_class_cache", None)
    if hasattr(manager, "_resource_manager") and hasattr(classes, "_cache"):
        manager._resource_manager = FixedResourceManager()
        worker = trial.get_trainable_cls()
        classes._cache.setdefault(worker, ray.remote(worker))
