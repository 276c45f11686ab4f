"""A request that is carried out is answered without doing it again, and only then."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from quantray import load_sweep
from quantray.sweeps.seal import standing
from quantray.sweeps.study import sweep
from tests.sweeps.test_study import plan_of

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def test_a_finished_study_stands_until_anything_of_it_changes(tmp_path: Path) -> None:
    def asked(*more: str):
        return plan_of(tmp_path / "run", "search=random", "search.n_trials=8", *more)

    assert standing(asked()) is None
    sweep(asked("search.timeout_s=600"))  # it may have gone on
    assert standing(asked("search.timeout_s=600")) is None
    study = sweep(asked())
    found = standing(asked())
    assert found is not None
    assert found.counts == study.results.counts
    assert set(found.files) == set(study.files)
    assert standing(asked("runner.workers=1")) is not None
    for change in (
        "search.n_trials=9", "fresh=true", "report.top=3", "seed=1", "fees=dear", "oos.fraction=0.1",
        "data.synthetic.seed=5", "search.timeout_s=9", "storage=memory", "study.name=another",
    ):  # fmt: skip
        assert standing(asked(change)) is None, change
    kept = tmp_path / "kept.json"
    shutil.copy2(study.files["summary.json"], kept)
    for touch in (lambda p: p.unlink(), lambda p: p.write_text("{}"), lambda p: os.utime(p, (1, 1))):
        touch(study.files["summary.json"])
        assert standing(asked()) is None
        shutil.copy2(kept, study.files["summary.json"])
        assert standing(asked()) is not None
    (tmp_path / "run" / "ledger.db").write_text("no database")
    assert standing(asked()) is None


def test_nothing_to_do_is_said_without_reading_data_or_starting_ray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    line = ["search=random", "search.n_trials=8", "data.synthetic.sessions=5", "mirror.enabled=false"]
    sweep(load_sweep("+experiment=options_sweep", "runner=local", *line))
    command = [sys.executable, "-X", "importtime", "-m", "quantray.run", "+experiment=options_sweep", *line]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    again = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300)
    assert again.returncode == 0, again.stderr[-2000:]
    assert "options_sweep-random-synthetic.sessions_5: nothing to do. 8 completed" in again.stdout
    assert "outputs/options_sweep-random-synthetic.sessions_5/report.html" in again.stdout.splitlines()[-1]
    loaded = {line.rpartition("|")[2].strip() for line in again.stderr.splitlines() if line.startswith("import time")}
    assert not loaded & {"ray", "pandas", "duckdb", "optuna", "numba", "pyarrow"}
