"""A tracker never costs a result."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from quantray.errors import QuantrayError
from quantray.settings import Tracking
from quantray.tracking import Record, publish, tell
from tests.builders.trackers import a_record, artifacts, runs, store

pytest.importorskip("mlflow", reason="mlflow is not installed")


@pytest.fixture
def nobody() -> str:
    """The address of a server that is not there."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.mark.slow
def test_a_tracker_that_is_down_is_a_sentence_without_its_password(nobody: str) -> None:
    tracking = Tracking("mlflow", f"http://ann:hunter2secret@{nobody}")
    said: list[str] = []
    before = dict(os.environ)
    tell(tracking, lambda: a_record("study"), said.append)
    sentence = said[-1]
    assert dict(os.environ) == before  # a notebook's own MLflow keeps its patience
    assert "does not answer" in sentence
    assert "The results are complete" in sentence
    assert "hunter2secret" not in sentence + repr(tracking)
    with pytest.raises(QuantrayError, match="does not answer") as raised:
        publish(tracking, a_record("study"))
    assert "hunter2secret" not in str(raised.value)


@pytest.mark.slow
def test_a_file_that_is_no_store_is_a_sentence_and_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database")
    said: list[str] = []
    tell(Tracking("mlflow", f"sqlite:///{tmp_path / 'x.db'}"), lambda: a_record("study"), said.append)
    assert "file is not a database" in said[-1]
    assert (tmp_path / "x.db").read_bytes() == b"not a database"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("odd"), FileNotFoundError("summary.json")])
def test_whatever_is_raised_is_a_sentence(error: BaseException) -> None:
    def made() -> Record:
        raise error

    said: list[str] = []
    tell(Tracking("mlflow"), made, said.append)
    assert len(said) == 1
    tell(Tracking(), made, said.append)  # nobody is to be told
    assert len(said) == 1


@pytest.mark.slow
def test_a_large_file_stays_at_home_and_is_said(tmp_path: Path) -> None:
    small, large = tmp_path / "report.html", tmp_path / "trials.parquet"
    small.write_bytes(b"x")
    large.write_bytes(b"x" * 200_000)
    kept = store(tmp_path / "store")
    tracking = Tracking("mlflow", kept.uri, kept.experiment, largest_mb=0.1)
    said = publish(tracking, a_record("study", files=(small, large)))
    assert "1 file of more than 0.1 MB stayed at home" in said
    (run,) = runs(tracking)
    assert artifacts(tracking, run) == {"report.html": b"x"}
