"""MLflow stores that are really there: SQLite files, whose tables MLflow makes in seconds, once a session of tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from quantray.settings import Tracking
from quantray.tracking import Record

ROOT = Path(__file__).parents[2]
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")


AT_ONCE = """\
import sys
from pathlib import Path
from quantray.tracking import publish
from tests.builders.trackers import a_record, tracking_in
print(publish(tracking_in(Path(sys.argv[1])), a_record("study")))
"""


@cache
def made_by_two() -> tuple[Path, list[str]]:
    """A store, and what each of the two processes said that made it and told it of one study at the same time."""
    file = Path(tempfile.mkdtemp(prefix="qr-mlflow-")) / "mlflow.db"
    both = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", AT_ONCE, str(file)], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for _ in range(2)
    ]  # fmt: skip
    return file, [process.communicate(timeout=120)[0] for process in both]


def store(folder: Path) -> Tracking:
    """A tracker of one's own in ``folder``, without a run."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(made_by_two()[0], folder / "mlflow.db")
    return tracking_in(folder / "mlflow.db", "quantray")


def tracking_in(file: Path, experiment: str = "made") -> Tracking:
    return Tracking("mlflow", f"sqlite:///{file}", experiment)


def a_record(study: str, **other: Any) -> Record:
    given: dict[str, Any] = {
        "digest": "0" * 32, "headline": "", "params": {"seed": "1"}, "metrics": {"n_completed": 3.0},
        "tags": {"quantray.kind": "sweep"}, "files": (),
    }  # fmt: skip
    return Record(study, **{**given, **other})


def runs(tracking: Tracking) -> list[Any]:
    """The runs of the tracker's experiment that are not deleted."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=tracking.uri)
    found = client.get_experiment_by_name(tracking.experiment)
    return [] if found is None else list(client.search_runs([found.experiment_id]))


def artifacts(tracking: Tracking, run: Any) -> dict[str, bytes]:
    """Name -> bytes of what lies beside a run."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=tracking.uri)
    with tempfile.TemporaryDirectory() as folder:
        return {
            found.path: Path(client.download_artifacts(run.info.run_id, found.path, folder)).read_bytes()
            for found in client.list_artifacts(run.info.run_id)
        }
