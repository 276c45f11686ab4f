"""One MLflow run a study, in a real store."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.settings import Tracking
from quantray.tracking import publish
from tests.builders.trackers import a_record, artifacts, made_by_two, runs, store, tracking_in

pytest.importorskip("mlflow", reason="mlflow is not installed")
pytestmark = pytest.mark.slow


@pytest.fixture
def tracking(tmp_path: Path) -> Tracking:
    return store(tmp_path / "a b")


def test_a_study_has_one_run_however_often_it_is_told(tracking: Tracking, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_text("first")
    record = a_record("study", headline="too little data", files=(report,))
    publish(tracking, record)
    (first,) = runs(tracking)
    assert (first.info.run_name, first.info.status) == ("study", "FINISHED")
    assert (first.data.params, first.data.metrics) == ({"seed": "1"}, {"n_completed": 3.0})
    assert first.data.tags["mlflow.note.content"] == "too little data"
    assert first.data.tags["quantray.kind"] == "sweep"
    report.write_text("second")
    grown = a_record("study", metrics={"n_completed": 5.0, "pick.value": 2.0}, files=(report,))
    publish(tracking, grown)
    (again,) = runs(tracking)
    assert again.info.run_id == first.info.run_id
    assert again.data.metrics == {"n_completed": 5.0, "pick.value": 2.0}
    assert artifacts(tracking, again) == {"report.html": b"second"}
    other = a_record("other", digest="1" * 32)
    publish(tracking, other)
    assert sorted(run.info.run_name for run in runs(tracking)) == ["other", "study"]


@pytest.mark.parametrize("name", ["params", "metrics"])
def test_what_cannot_be_taken_back_gives_a_new_run_in_the_place_of_the_former(name: str, tracking: Tracking) -> None:
    """Another pick has other parameters; none has no figures: nothing of the former one may stay."""
    publish(tracking, a_record("study", params={"pick.stop": "-25"}, metrics={"pick.value": 2.0}))
    (first,) = runs(tracking)
    left = {"params": {"pick.stop": "-50"}, "metrics": {"n_completed": 9.0}}
    same = {"params": {"pick.stop": "-25"}, "metrics": {"pick.value": 2.0}}
    publish(tracking, a_record("study", **{**same, name: left[name]}))
    (again,) = runs(tracking)
    assert again.info.run_id != first.info.run_id
    assert getattr(again.data, name) == left[name]


def test_a_run_that_was_left_in_the_middle_is_completed(tracking: Tracking) -> None:
    params, metrics = {f"p{i}": str(i) for i in range(250)}, {f"m{i}": 1.0 for i in range(1100)}
    record = a_record("study", params=params, metrics=metrics)
    publish(tracking, record)
    from mlflow import MlflowClient

    (run,) = runs(tracking)
    client = MlflowClient(tracking_uri=tracking.uri)
    client.delete_run(run.info.run_id)
    experiment = run.info.experiment_id
    begun = client.create_run(
        experiment, tags={"quantray.study_digest": record.digest}
    )  # as a killed process leaves it
    client.log_param(begun.info.run_id, "p7", "7")
    publish(tracking, record)
    (again,) = runs(tracking)
    assert (again.info.run_id, again.info.status) == (begun.info.run_id, "FINISHED")
    assert (len(again.data.params), len(again.data.metrics)) == (250, 1100)


def test_two_at_once_on_a_store_that_nobody_made_yet() -> None:
    file, said = made_by_two()
    (run,) = runs(tracking_in(file))
    assert run.info.run_id in said[0], said
    assert said[0] == said[1]
    assert [path.name for path in file.parent.iterdir()] == ["mlflow.db"]  # no file of ours lies beside it
