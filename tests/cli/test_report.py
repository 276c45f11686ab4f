"""``quantray study report``: from anywhere, to anywhere, and never over what is not ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.cli import command as cli
from quantray.cli import run
from tests.builders.sweep_plans import SMALL


@pytest.mark.slow
def test_the_report_of_a_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home, away = tmp_path / "home", tmp_path / "away"
    home.mkdir()
    away.mkdir()
    monkeypatch.chdir(home)
    assert run.main([*SMALL, "study.name=small"]) == 0
    before = Path("outputs/small/report.html").read_bytes()
    monkeypatch.chdir(away)
    capsys.readouterr()
    assert cli.main(["study", "report", "smal", "--where", f"{home}/outputs"]) == 2
    assert "did you mean 'small'?" in capsys.readouterr().err
    assert cli.main(["study", "report", "small", "--where", f"{home}/outputs"]) == 0
    assert str(home / "outputs/small/report.html") in capsys.readouterr().out
    assert (home / "outputs/small/report.html").read_bytes() == before
    assert cli.main(["study", "report", f"{home}/outputs/small", "--out", "here"]) == 0
    assert capsys.readouterr().out.endswith("  here/report.html\n")
    assert (away / "here/report.html").read_bytes() == before
    (away / "mine").mkdir()
    (away / "mine" / "report.html").write_text("mine")
    assert cli.main(["study", "report", f"{home}/outputs/small", "--out", "mine"]) == 2
    assert "which quantray did not write there" in capsys.readouterr().err
    assert (away / "mine" / "report.html").read_text() == "mine"
