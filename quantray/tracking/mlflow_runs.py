"""One MLflow run a study, found again by the study's digest.

A run of the study is updated where MLflow lets it be; a parameter cannot be changed there, nor a figure be taken back,
so a study that went on and came to another pick gets a new run, and the former one is deleted (``mlflow gc`` removes it
for good). What two processes do at once comes to one run, too.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from quantray.digests import digest_of
from quantray.files.holding import waited_for
from quantray.outlets import clean
from quantray.private import private_folder
from quantray.settings import Tracking
from quantray.tracking.record import Record

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

STUDY, FILES = "quantray.study_digest", "quantray.files"
#: Most entries of a kind in one request.
METRICS, OTHERS = 500, 100
#: A tracker that does not answer is given up after so many seconds, once more tried.
PATIENCE = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",  # nobody is told of a study who was not named
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_SQLITE = "sqlite:///"


def put(tracking: Tracking, record: Record, files: Sequence[Path]) -> str:
    """Put the study into its run, the ``files`` as artifacts; returns where. What MLflow raises passes through."""
    with _quiet():
        from mlflow import MlflowClient

        uri = _uri(tracking)
        with _alone(_file(uri)):
            client = MlflowClient(tracking_uri=uri)
            run_id = _put(client, _reached(client, tracking.experiment), record, files)
    return f"experiment {clean(tracking.experiment)}, run {run_id}"


def _put(client: MlflowClient, experiment: str, record: Record, files: Sequence[Path]) -> str:
    """The id of the one run that holds the record now."""
    before = _runs(client, experiment, record)
    run = next((old for old in before if _fits(old, record, files)), None) or _new(client, experiment, record)
    run_id = str(run.info.run_id)
    try:
        _fill(client, run_id, record, files)
        client.set_terminated(run_id, "FINISHED")
    except BaseException:
        with suppress(Exception):
            client.set_terminated(run_id, "FAILED")
        raise
    return _only_one(client, experiment, record, {str(old.info.run_id) for old in before} - {run_id}) or run_id


@contextmanager
def _quiet() -> Iterator[None]:
    """MLflow's chatter about itself stays out of the terminal; what its environment says already, stays."""
    ours = {name: value for name, value in PATIENCE.items() if name not in os.environ}
    os.environ.update(ours)
    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic", "urllib3")]
    levels = [each.level for each in loggers]
    try:
        import mlflow  # noqa: F401  # it sets its own loggers' levels when it is imported

        for each in loggers:
            each.setLevel(logging.ERROR)
        yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
        for name in ours:
            os.environ.pop(name, None)


def _uri(tracking: Tracking) -> str:
    """What the settings say, else MLflow's environment; ``~`` is the user's own folder."""
    import mlflow

    uri = tracking.uri or str(mlflow.get_tracking_uri())
    if not uri.startswith(f"{_SQLITE}~"):
        return uri
    return f"{_SQLITE}{Path(uri.removeprefix(_SQLITE)).expanduser()}"


def _reached(client: MlflowClient, name: str) -> str:
    """The experiment's id. Raises ConnectionError where nobody answers."""
    from mlflow.exceptions import MlflowException

    try:
        return _experiment(client, name)
    except MlflowException as error:
        if "API request to" not in str(error) or "failed with exception" not in str(error):
            raise
        raise ConnectionError(f"{client.tracking_uri} does not answer; is an MLflow server running there?") from error


def _experiment(client: MlflowClient, name: str) -> str:
    """The id of the experiment, which is made where there is none."""
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    file = _file(str(client.tracking_uri))
    # beside the file, and not in whatever directory the command was started in; a server knows its own place
    place = None if file is None else (file.parent / "mlartifacts").as_uri()
    return str(client.create_experiment(name, artifact_location=place))


def _file(uri: str) -> Path | None:
    """The SQLite file that is meant; None for a server."""
    if not uri.startswith(_SQLITE):
        return None
    return Path(unquote(uri.removeprefix(_SQLITE).partition("?")[0])).absolute()


@contextmanager
def _alone(file: Path | None) -> Iterator[None]:
    """One process of this user's at a time writes a file: two that make its tables at once spoil it for each other."""
    if file is None:
        yield
        return
    with waited_for(private_folder("trackers") / digest_of(str(file.resolve()))):
        yield


def _runs(client: MlflowClient, experiment: str, record: Record) -> list[Run]:
    """Runs of this study that are not deleted, the oldest first."""
    found = client.search_runs([experiment], filter_string=f"tags.`{STUDY}` = '{record.digest}'", max_results=100)
    return sorted(found, key=lambda run: (run.info.start_time, run.info.run_id))


def _fits(run: Run, record: Record, files: Sequence[Path]) -> bool:
    """Whether what the run holds can become the record: nothing of it would have to be changed or taken back."""
    data: Any = run.data
    kept = set(filter(None, data.tags.get(FILES, "").split("/")))
    return (
        all(record.params.get(name) == text for name, text in data.params.items())
        and set(data.metrics) <= set(record.metrics)
        and kept <= {path.name for path in files}
    )


def _new(client: MlflowClient, experiment: str, record: Record) -> Run:
    return client.create_run(experiment, run_name=clean(record.study)[:250], tags={STUDY: record.digest})


def _fill(client: MlflowClient, run_id: str, record: Record, files: Sequence[Path]) -> None:
    from mlflow.entities import Metric, Param, RunTag

    now = int(time.time() * 1000)
    metrics = [Metric(name, value, now, 0) for name, value in record.metrics.items()]
    params = [Param(name, text) for name, text in record.params.items()]
    told = {**record.tags, FILES: "/".join(path.name for path in files), "mlflow.note.content": record.headline}
    tags = [RunTag(name, text) for name, text in told.items()]
    for begin in range(0, len(metrics), METRICS):
        client.log_batch(run_id, metrics=metrics[begin : begin + METRICS])
    for begin in range(0, len(params), OTHERS):
        client.log_batch(run_id, params=params[begin : begin + OTHERS])
    for begin in range(0, len(tags), OTHERS):
        client.log_batch(run_id, tags=tags[begin : begin + OTHERS])
    for path in files:
        client.log_artifact(run_id, str(path))


def _only_one(client: MlflowClient, experiment: str, record: Record, former: set[str]) -> str | None:
    """Delete the ``former`` runs of the study, and of those that others made meanwhile all but the oldest: its id."""
    left = [str(run.info.run_id) for run in _runs(client, experiment, record)]
    kept = [run_id for run_id in left if run_id not in former][:1]
    for run_id in left:
        if run_id not in kept:
            with suppress(Exception):  # another process has deleted it
                client.delete_run(run_id)
    return kept[0] if kept else None
