"""What a tracker is told of a run about callers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quantray.callers.report.files import write_all
from quantray.callers.report.tracked import MOST, record_of
from tests.builders.caller_results import SHAPES
from tests.builders.finished_runs import hostile_baseline

KINDS = [pytest.param(s, marks=pytest.mark.slow) if s == "thousand callers" else s for s in SHAPES]


@pytest.mark.slow
@pytest.mark.parametrize("shape", KINDS)
def test_the_record_says_what_the_summary_says(shape: str, tmp_path: Path) -> None:
    files = write_all(SHAPES[shape](), tmp_path)
    found, record = json.loads(files["summary.json"].read_text()), record_of(tmp_path)
    units = found["units"]
    assert record.study == found["study"]
    assert {path.name for path in record.files} == set(files) - {"results.duckdb", "policies"}
    assert record.metrics["n_survivors"] == sum(unit["n_survivors"] for unit in units.values())
    calls = {name.removeprefix("calls."): n for name, n in record.metrics.items() if name.startswith("calls.")}
    assert calls == found["calls"]
    assert sum(name.endswith("n_survivors") for name in record.metrics) <= MOST + 1
    best = [name for name in record.metrics if ".best.value" in name]
    with_best = sum(unit["best"] is not None and unit["best"]["value"] is not None for unit in units.values())
    assert len(best) == min(with_best, MOST) or len(units) > MOST


@pytest.mark.slow
def test_a_baseline_tells_what_its_calls_did(tmp_path: Path) -> None:
    study = hostile_baseline(tmp_path)
    record = record_of(tmp_path / "run")
    assert record.tags["quantray.kind"] == "alert_baseline"
    assert record.headline.startswith(f"{study.summary()['calls']['status_ok']:,} calls measured")
    assert any(name.startswith("everybody.") for name in record.metrics)
    assert {path.name for path in record.files} == set(study.files) - {"results.duckdb"}
