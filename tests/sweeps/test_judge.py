"""What cannot be judged is said."""

from __future__ import annotations

import json

import pytest

from quantray.sweeps.study import sweep
from tests.builders.sweep_runs import plan_of

pytestmark = pytest.mark.slow


def test_nobody_completes(tmp_path):
    study = sweep(plan_of(tmp_path, "constraints.min_trades=100000", "search.n_trials=8", "search.max_attempts=24"))
    assert study.best is None
    assert study.results.counts.pruned == 24
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["best"] is None
    assert summary["n_completed"] == 0
