"""Batches on Ray Tune: one Tune trial is one batch."""

from __future__ import annotations

import tempfile
import warnings
from typing import TYPE_CHECKING

from quantray.errors import QuantrayError
from quantray.protocols import D, Evaluate, Loop, Outcome, P
from quantray.runner import cluster
from quantray.runner.interrupt import interruptible
from quantray.runner.local_ray import quiet

if TYPE_CHECKING:
    import threading

    import ray
    from ray.tune import ProgressReporter
    from ray.tune.experiment import Trial


def run_tune(plan: P, data: D, loop: Loop, evaluate: Evaluate[P, D]) -> Outcome:
    """Run a loop to its end on Ray; the stored trials are those of :func:`quantray.runner.local.run_local`.

    ``evaluate`` must be picklable. ``data`` is put into the object store once. An exception of ``evaluate``
    FAILs its batch, a :class:`QuantrayError` ends the loop, a worker that dies is replaced twice. Raises
    :class:`Interrupted` after Ctrl-C and :class:`TooManyFailures`, with everything finished stored.
    """
    cluster.start(plan.runner, data)
    with interruptible() as stop, tempfile.TemporaryDirectory(prefix="quantray-tune-") as folder:
        if stop.is_set() or not _fit(plan, loop, evaluate, cluster.share(data), stop, folder):
            loop.interrupted = True
        return loop.close()


def _silent() -> ProgressReporter | None:
    """In a notebook a reporter that says nothing: Tune's own clears the cell, whatever its verbosity is."""
    from ray.tune import ProgressReporter
    from ray.widgets.util import in_notebook

    class Silent(ProgressReporter):
        def should_report(self, trials: list[Trial], done: bool = False) -> bool:
            return False

        def report(self, trials: list[Trial], done: bool, *sys_info: str) -> None:
            return None

    return Silent() if in_notebook() else None


def _fit(
    plan: P, loop: Loop, evaluate: Evaluate[P, D], data: ray.ObjectRef[D], stop: threading.Event, folder: str
) -> bool:
    """False when it was interrupted."""
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ray
        from ray import tune

        from quantray.runner.batch_search import BatchSearch, DedupeStopper, KeepWorkers
        from quantray.runner.parcel import METRIC
        from quantray.runner.worker import make_worker

        count = cluster.cores(plan.runner, plan.search.in_flight)
        search, stopper = BatchSearch(loop, stop), DedupeStopper(loop, stop)
        tuner = tune.Tuner(
            make_worker(cluster.surroundings(), ray.put((plan, evaluate)), data),
            tune_config=tune.TuneConfig(
                metric=METRIC, mode="max", search_alg=search, scheduler=KeepWorkers(count, ready=cluster.owned()),
                num_samples=-1, max_concurrent_trials=count, reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                name="loop", storage_path=folder, stop=stopper, verbose=0, progress_reporter=_silent(),
                failure_config=tune.FailureConfig(max_failures=0),
                checkpoint_config=tune.CheckpointConfig(checkpoint_frequency=0, checkpoint_at_end=False),
            ),
        )  # fmt: skip
        try:
            tuner.fit()
        except KeyboardInterrupt:
            return False
        loop.repeated += stopper.repeated
    if search.error is not None:
        raise search.error
    if not stop.is_set() and not loop.finished:
        raise QuantrayError("Ray Tune ended before the search did; the same command goes on where it stopped")
    return not stop.is_set()
