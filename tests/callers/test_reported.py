"""The report of a stored study about callers: finished, stopped in the middle, and after it went on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from quantray import interrupts
from quantray.callers.baseline import BaselineProgress
from quantray.callers.baseline_study import baseline
from quantray.callers.progress import Progress
from quantray.callers.reported import report_baseline, report_policies
from quantray.callers.study import optimise
from quantray.errors import Interrupted, LedgerError
from quantray.ledger.addresses import address
from tests.builders import baselines, call_plans
from tests.builders.call_plans import market


def _quiet(sentence: str) -> None:
    """Nobody listens."""


def _stop_at(stage: str, done: int) -> Any:
    def told(event: Progress | BaselineProgress) -> None:
        if event.stage == stage and event.done == done:
            raise KeyboardInterrupt

    return told


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupts, "PATIENCE_S", 60.0)


@pytest.mark.slow
def test_a_baseline_that_was_stopped_shows_what_is_measured(tmp_path: Path) -> None:
    (tmp_path / "market").mkdir()
    plan = baselines.plan_on(market(tmp_path / "market", bucket_rows=300), tmp_path / "run")
    url = address(plan.storage, plan.run_dir)
    with pytest.raises(Interrupted) as stopped:
        baseline(plan, progress=_stop_at("first touch", 2), say=_quiet)
    assert stopped.value.report == plan.run_dir / "report.html"
    page = stopped.value.report.read_text()
    assert "Incomplete:" in page
    assert "not measured yet" in page
    assert "nobody works on it" in report_baseline(plan, url, plan.run_dir, _quiet)[1]
    study = baseline(plan, say=_quiet)
    straight = baselines.finished(plan.data, tmp_path / "straight")
    assert baselines.bytes_of(plan.run_dir) == baselines.bytes_of(straight.plan.run_dir)
    files, sentence = report_baseline(plan, url, tmp_path / "elsewhere", _quiet)
    n = int(study.results.alerts.done.sum())
    assert sentence == f"{n} calls measured"
    assert baselines.bytes_of(tmp_path / "elsewhere") == baselines.bytes_of(plan.run_dir)
    assert "Incomplete" not in files["report.html"].read_text()


@pytest.mark.slow
def test_policies_that_were_stopped_are_not_judged(tmp_path: Path) -> None:
    (tmp_path / "market").mkdir()
    plan = call_plans.plan_on(market(tmp_path / "market"), tmp_path / "run")
    url = address(plan.storage, plan.run_dir)
    for stage, done, told in (("scores", 0, "no caller is ranked yet"), ("survivors", 0, "ranked so far")):
        with pytest.raises(Interrupted) as stopped:
            optimise(plan, progress=_stop_at(stage, done), say=_quiet)
        assert stopped.value.report is not None
        page = stopped.value.report.read_text()
        assert told in page
        assert "Not judged" in page
        assert told in report_policies(plan, url, plan.run_dir, _quiet)[1]
    study = optimise(plan, say=_quiet)
    before = call_plans.bytes_of(plan.run_dir)
    files, sentence = report_policies(plan, url, plan.run_dir, _quiet)
    assert call_plans.bytes_of(plan.run_dir) == before
    assert sentence == f"verdicts: {study.results.ended().verdict}"
    assert "Not judged" not in files["report.html"].read_text()


def test_a_study_that_is_not_there_is_no_report(tmp_path: Path) -> None:
    plan = call_plans.plan_on(market(tmp_path), tmp_path / "run")
    with pytest.raises(LedgerError, match="does not exist"):
        report_policies(plan, address(plan.storage, plan.run_dir), plan.run_dir, _quiet)
    assert not (plan.run_dir / "report.html").exists()
