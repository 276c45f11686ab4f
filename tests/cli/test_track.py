"""``quantray track``, and runs that are told of as they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quantray.cli import command, run
from quantray.cli.exits import DONE, FAILED, USER_ERROR
from quantray.settings import Tracking
from tests.builders.sweep_runs import SMALL
from tests.builders.trackers import artifacts, runs, store

pytest.importorskip("mlflow", reason="mlflow is not installed")


def test_what_is_no_finished_run_is_refused(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outputs" / "first").mkdir(parents=True)
    (tmp_path / "early").mkdir()
    (tmp_path / "early" / "summary.json").write_text("{}")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "summary.json").write_text("{")
    for name, found in (("sweep", {"verdict": {"word": "not judged"}}), ("calls", {"notes": ["Incomplete: 1 of 2"]})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "summary.json").write_text(json.dumps({"settings": {}, **found}))
    for word, said in (
        ("sweep", "has not ended"), ("calls", "has not ended"),
        ("frist", "did you mean 'first'"), ("first", "holds no summary.json"), ("early", "is of an earlier quantray"),
        ("torn", "cannot be read"),
    ):  # fmt: skip
        assert command.main(["track", word]) == USER_ERROR
        assert said in capsys.readouterr().err
    assert command.main(["track", "first", "--to", "none"]) == USER_ERROR


@pytest.mark.slow
def test_a_sweep_is_told_of_when_it_ends_and_again_when_it_is_asked_for(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    kept = store(tmp_path / "store")
    small = [*SMALL, "search.n_trials=16", "study.name=told", "tracking=mlflow"]
    down = [*small, "tracking.uri=http://ann:hunter2secret@127.0.0.1:9"]
    assert run.main(down) == DONE
    said = capsys.readouterr()
    assert "The results are complete without it; the same command tries again" in said.out + said.err
    assert "hunter2secret" not in said.out + said.err
    assert run.main([*small, f"tracking.uri={kept.uri}"]) == DONE  # nothing to do but that
    said = capsys.readouterr()
    assert "nothing to do" in said.out
    assert "told MLflow" in said.err
    (first,) = runs(kept)
    assert command.main(["track", "told", "--uri", str(kept.uri)]) == DONE
    (again,) = runs(kept)
    assert again.info.run_id == first.info.run_id
    found = artifacts(kept, again)
    folder = tmp_path / "outputs" / "told"
    for name, content in found.items():
        assert content == (folder / name).read_bytes()
        assert b"hunter2secret" not in content
    assert "report.html" in found
    assert float(again.data.metrics["best.value"]) == json.loads(found["summary.json"])["best"]["value"]
    assert command.main(["track", "told", "--uri", "http://127.0.0.1:9"]) == FAILED
    assert runs(Tracking("mlflow", kept.uri, "another")) == []


@pytest.mark.slow
@pytest.mark.parametrize("experiment", ["v1_baseline", "alert_baseline"])
def test_runs_about_callers_are_told_of(experiment: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    kept = store(tmp_path / "store")
    market = ["assets=4", "calls=40", "callers=2", "days=3", "ticks_per_minute=3"]
    words = [f"+experiment={experiment}", *(f"data.synthetic.{word}" for word in market), "study.name=told"]
    assert run.main([*words, "calls.horizon=2h", *(["policy.hold=[2h]"] if experiment == "v1_baseline" else []),
                     "tracking=mlflow", f"tracking.uri={kept.uri}"]) == DONE  # fmt: skip
    (told,) = runs(kept)
    assert told.data.tags["quantray.kind"] == (
        "alert_baseline" if experiment == "alert_baseline" else "caller_policies"
    )
    assert "report.html" in artifacts(kept, told)
