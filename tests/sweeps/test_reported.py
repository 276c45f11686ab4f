"""The report of a stored study: finished, stopped, and with data that are not what they were."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from quantray.errors import Interrupted
from quantray.ledger.addresses import address
from quantray.sweeps.plan import Plan
from quantray.sweeps.reported import report_study
from quantray.sweeps.seal import standing
from quantray.sweeps.study import sweep
from tests.builders.stopped_sweeps import stopped
from tests.builders.sweep_runs import plan_of


def written(plan: Plan, out: Path | None = None) -> tuple[dict[str, object], str]:
    _, sentence = report_study(plan, address(plan.storage, plan.run_dir), out or plan.run_dir, lambda _: None)
    return json.loads((out or plan.run_dir).joinpath("summary.json").read_text()), sentence


@pytest.mark.slow
def test_a_finished_study_is_reported_byte_for_byte(tmp_path: Path) -> None:
    """And the same request still has nothing to do. Without its data the report of the run stays."""
    plan = plan_of(tmp_path / "run")
    study = sweep(plan, say=lambda _: None)
    before = {name: path.read_bytes() for name, path in study.files.items() if path.is_file()}
    _, sentence = written(plan)
    assert {name: (plan.run_dir / name).read_bytes() for name in before} == before
    assert str(study.verdict.word) in sentence
    assert standing(plan) is not None
    other = replace(plan, data=replace(plan.data, synthetic=replace(plan.data.synthetic, seed=99)))
    assert "stays as it was written" in written(other)[1]
    assert (plan.run_dir / "report.html").read_bytes() == before["report.html"]
    (plan.run_dir / "report.html").unlink()
    _, sentence = written(other)
    page = (plan.run_dir / "report.html").read_text()
    assert study.verdict.headline.split(":")[0] in page
    assert "nothing is simulated for this page: data:" in page
    assert "as it is stored" in page
    del before["report.html"]  # everything else holds more than could be written without the data
    assert {name: (plan.run_dir / name).read_bytes() for name in before} == before


@pytest.mark.slow
def test_a_stopped_study_is_reported_at_once_and_not_judged(tmp_path: Path) -> None:
    """Nothing of the held-out part is looked at, and the study that goes on comes to the same trials."""
    plan = plan_of(tmp_path / "run", "search.n_trials=600", "search=random")
    error = stopped(plan, after=8)
    assert isinstance(error, Interrupted)
    assert error.report == plan.run_dir / "report.html"
    page = error.report.read_text()
    assert "Not judged" in page
    assert "of 600 trials so far" in page
    for _ in range(2):  # as it was stopped, and as it is written later
        told = json.loads((plan.run_dir / "summary.json").read_text())
        assert told["verdict"]["word"] == "not judged"
        assert told["verdict"]["checks"] == []
        assert (told["pick"], told["n_survivors"], told["best"]["oos"]) == (None, 0, None)
        assert told["sessions"]["out_of_sample"] == []
        assert 8 <= told["n_completed"] < 600
        assert "Incomplete" in written(plan)[1]
    sweep(plan, say=lambda _: None)
    whole = plan_of(tmp_path / "straight", "search.n_trials=600", "search=random")
    sweep(whole, say=lambda _: None)
    trials = [(p.run_dir / "trials.parquet").read_bytes() for p in (plan, whole)]
    assert trials[0] == trials[1]


@pytest.mark.slow
def test_what_was_never_judged_is_judged_once_its_search_has_ended(tmp_path: Path) -> None:
    """A run that was killed before it could judge; a longer one that was stopped says what was judged before."""
    plan = plan_of(tmp_path / "run")
    sweep(plan, say=lambda _: None)
    longer = replace(plan, search=replace(plan.search, n_trials=300))
    assert stopped(longer, after=60) is not None
    told, _ = written(longer)
    assert told["verdict"]["word"] == "not judged"  # type: ignore[index]
    assert "the study was judged" in " ".join(told["notes"])  # type: ignore[arg-type]
    enough = replace(plan, search=replace(plan.search, n_trials=50))
    told, _ = written(enough)
    assert told["verdict"]["word"] != "not judged"  # type: ignore[index]
