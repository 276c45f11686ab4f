"""What a tracker is told of a sweep, for every shape of results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quantray.sweeps.report.files import write_all
from quantray.sweeps.report.tracked import record_of
from tests.builders.sweep_pages import SHAPES


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_the_record_says_what_the_summary_says(shape: str, tmp_path: Path) -> None:
    made = SHAPES[shape]()
    files = write_all(made, tmp_path)
    found, record = json.loads(files["summary.json"].read_text()), record_of(tmp_path)
    assert record.study == made.study
    assert set(record.files) == set(files.values())
    assert record.headline.startswith(found["verdict"]["word"])
    assert record.tags["quantray.verdict"] == found["verdict"]["word"]
    assert {f"quantray.digest.{name}" for name in found["digests"]} <= set(record.tags)
    assert record.metrics["n_survivors"] == found["n_survivors"]
    for name in ("pick", "best"):
        chosen = found[name]
        params = {key.removeprefix(f"{name}.") for key in record.params if key.startswith(f"{name}.")}
        assert params == set(chosen["params"] if chosen else ())
        assert record.metrics.get(f"{name}.value") == (chosen["value"] if chosen else None)
        held = (chosen["oos"] or {}).get("value") if chosen else None
        assert record.metrics.get(f"{name}.held_out.value") == held
    assert json.loads(record.params["space.stop_loss_percent"]) == found["settings"]["space"]["stop_loss_percent"]


@pytest.mark.slow
def test_files_of_another_study_are_not_told(tmp_path: Path) -> None:
    made = SHAPES["search"]()
    write_all(made, tmp_path)
    (tmp_path / "history.png").unlink()
    assert "history.png" not in {path.name for path in record_of(tmp_path).files}
    (tmp_path / "notes.txt").write_text("mine")
    assert all(path.name != "notes.txt" for path in record_of(tmp_path).files)
