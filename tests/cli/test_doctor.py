"""The doctor checks what a sweep needs and names what is broken."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from quantray.cli import command as cli
from quantray.cli import doctor


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
def test_doctor_checks_what_a_sweep_needs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "data.synthetic.sessions=1"]) == 0
    said = capfd.readouterr().out
    for name in ("python", "packages", "shelf", "run_dir", "ledger", "data", "numba", "ray"):
        assert f"ok    {name}" in said
    assert not list(tmp_path.iterdir()), "looking leaves no trace"


@pytest.mark.slow
def test_doctor_names_what_is_broken(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ledger.db").write_text("this is no database")
    assert cli.main(["doctor", "run_dir=.", "data=parquet", "data.underlying=a.parquet", "data.options=b.csv"]) == 1
    said = capfd.readouterr().out
    assert "FAIL  ledger" in said
    assert "FAIL  data" in said
    assert "a.parquet" in said


@pytest.mark.slow
@pytest.mark.parametrize(("experiment", "asked"), [("v1_baseline", "30 policies"), ("alert_baseline", "no policy")])
def test_doctor_knows_every_kind_of_plan(experiment: str, asked: str, capfd: pytest.CaptureFixture[str]) -> None:
    small = ["data.synthetic.assets=4", "data.synthetic.calls=30", "data.synthetic.days=1", "data.cache=cache"]
    assert cli.main(["doctor", f"+experiment={experiment}", *small]) == 0
    said = capfd.readouterr().out
    assert asked in said
    assert "of 30 calls of 8 callers with an entry" in said


@pytest.mark.slow
def test_a_check_that_waits_holds_no_other_line(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    others_are_told = threading.Event()

    def waits(_: object) -> doctor.Found:
        return (doctor.OK if others_are_told.wait(20) else doctor.FAIL), "answers at last", ""

    def last(_: object) -> doctor.Found:
        others_are_told.set()
        return doctor.WARN, "known at once", "do better"

    monkeypatch.setattr(doctor, "CHECKS", {"ledger": waits, "data": last})
    assert cli.main(["doctor"]) == 0
    said = capfd.readouterr().out.splitlines()
    assert said[0].split() == [doctor.WARN, "data", "known", "at", "once"]
    assert [line.split()[:2] for line in said[-2:]] == [["ok", "ledger"], ["ready"]]
