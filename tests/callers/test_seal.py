"""A run about callers that is carried out is answered without doing it again, and opened again; only then."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import quantray as qr
from quantray.callers.baseline_study import BaselineStudy, baseline
from quantray.callers.seal import standing
from quantray.callers.study import CallerStudy, optimise
from quantray.settings import Runner
from tests.builders.baselines import plan_on as baseline_on
from tests.builders.call_plans import market, plan_on

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def test_policies_stand_until_anything_of_them_changes(tmp_path: Path) -> None:
    data = market(tmp_path)
    plan = plan_on(data, tmp_path / "run")
    assert standing(plan) is None
    study = optimise(plan, say=pytest.fail)
    found = standing(plan)
    assert found is not None
    assert set(found.files) == set(study.files)
    assert standing(replace(plan, runner=Runner("local", 1))) is not None
    for change in (
        {"seed": 1},
        {"fresh": True},
        {"policies": plan.policies[:3]},
        {"study": "other"},
        {"stress": False},
    ):
        assert standing(replace(plan, **change)) is None, change
    again = qr.load(tmp_path / "run")
    assert isinstance(again, CallerStudy)
    assert again._repr_html_() == study._repr_html_()
    for frame in ("frame", "survivors", "trades", "table"):
        assert getattr(again, frame)().equals(getattr(study, frame)()), frame
    _breaks(lambda: standing(plan) is not None, study.files["summary.json"])
    assert data.duckdb is not None
    _breaks(lambda: standing(plan) is not None, Path(data.duckdb), mended=False)


def test_a_baseline_stands_and_is_opened_again(tmp_path: Path) -> None:
    plan = baseline_on(market(tmp_path), tmp_path / "run")
    study = baseline(plan, say=pytest.fail)
    assert standing(plan) is not None
    again = qr.load(tmp_path / "run")
    assert isinstance(again, BaselineStudy)
    assert again._repr_html_() == study._repr_html_()
    assert again.alerts().equals(study.alerts())
    assert again.leaderboard().equals(study.leaderboard())
    call = study.alerts()["call_id"].iloc[0]
    assert again.milestones(call) == study.milestones(call)
    _breaks(lambda: standing(plan) is not None, study.files["report.html"])


def _breaks(stands: Callable[[], bool], path: Path, mended: bool = True) -> None:
    """Whether a file that is touched is noticed; ``mended``: and stands when its time is put back."""
    at = path.stat()
    assert stands()
    os.utime(path, ns=(at.st_atime_ns, at.st_mtime_ns + 1))
    assert not stands()
    os.utime(path, ns=(at.st_atime_ns, at.st_mtime_ns))
    assert stands() is mended


def test_nothing_to_do_is_said_without_reading_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    line = ["+experiment=alert_baseline", "runner=local", "data.synthetic.assets=4", "data.synthetic.calls=30"]
    qr.baseline(*line, progress=False)
    command = [sys.executable, "-X", "importtime", "-m", "quantray.run", *line]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    again = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300)
    assert again.returncode == 0, again.stderr[-2000:]
    assert ": nothing to do. " in again.stdout
    assert again.stdout.splitlines()[-1].endswith("report.html")
    loaded = {line.rpartition("|")[2].strip() for line in again.stderr.splitlines() if line.startswith("import time")}
    assert not loaded & {"ray", "pandas", "duckdb", "optuna", "numba", "pyarrow"}
