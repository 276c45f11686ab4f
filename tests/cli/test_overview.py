"""After -m: a table and a page of all jobs, where they belong and never over what is not ours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from quantray.cli import run
from quantray.cli.overview import folder_of, varied
from quantray.ledger.reader import open_reader
from tests.builders.sweep_plans import SMALL
from tests.builders.sweep_runs import plan_of


def test_settings_in_which_jobs_differ() -> None:
    jobs = [{"seed": 0, "search": {"kind": "tpe", "n_trials": 3}}, {"seed": 1, "search": {"kind": "tpe"}, "new": [1]}]
    assert varied(jobs) == [
        {"seed": "0", "search.n_trials": "3", "new": "–"}, {"seed": "1", "search.n_trials": "–", "new": "[1]"},
    ]  # fmt: skip


def test_the_folder_in_common(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(tmp_path / "all" / "a")
    beside = replace(plan, run_dir=tmp_path / "all" / "b")
    assert folder_of([plan, beside]) == tmp_path / "all"
    assert folder_of([plan, replace(plan, run_dir=tmp_path / "b")]) is None
    monkeypatch.chdir(tmp_path / "all" if (tmp_path / "all").is_dir() else tmp_path)
    (tmp_path / "all").mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / "all")
    assert folder_of([plan, beside]) is None  # the working directory is a user's own


@pytest.mark.slow
def test_failed_jobs_stand_in_the_table_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ["-m", *SMALL, "run_dir=many", "seed=0,1"]
    (tmp_path / "many").mkdir()
    (tmp_path / "many" / "overview.html").write_text("mine")
    assert run.main(lines) == 2
    assert "overview.html" in capsys.readouterr().err
    assert [p.name for p in (tmp_path / "many").iterdir()] == ["overview.html"], "nothing was begun"
    (tmp_path / "many" / "overview.html").unlink()
    assert run.main(lines) == 0
    out = capsys.readouterr().out
    assert "2 studies: 2 done" in out
    assert "seed=1" in out
    page = (tmp_path / "many" / "overview.html").read_text()
    ledgers = sorted((tmp_path / "many").glob("*/ledger.db"))
    assert len(ledgers) == 2
    for ledger in ledgers:
        with open_reader(f"sqlite:///{ledger}") as study:
            assert f'href="{study.name}/report.html"' in page
