"""``quantray study``: what is stored is listed, shown, exported, plotted and deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.cli import command as cli
from quantray.cli import run
from tests.builders.sweep_plans import SMALL


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
def test_the_study_tools(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = "a_study_with_a_name_that_is_rather_long"
    assert run.main([*SMALL, "study.name=small"]) == 0
    assert run.main([*SMALL, f"study.name={long}"]) == 0
    capsys.readouterr()

    def quantray(*args: str) -> str:
        assert cli.main(["study", *args]) == 0
        return capsys.readouterr().out

    assert {"small", long} <= set(quantray("list").split())
    assert "win_rate" in quantray("show", "small")
    assert "3 trials" in quantray("export", "small", "--top", "3", "--out", "best.csv")
    assert len((tmp_path / "best.csv").read_text().splitlines()) == 4
    for place in ("outputs/small", "outputs/small/ledger.db"):
        shown = quantray("show", place)
        assert shown == quantray("show", "small")
        assert quantray("list", place).split()[:1] == ["study"]
    assert not [line for line in shown.splitlines() if line != line.rstrip()]
    assert cli.main(["study", "delete", "outputs/small"]) == 2
    assert "give quantray study delete NAME --where outputs/small" in capsys.readouterr().err
    assert "history.png" in quantray("plot", "--where", "outputs/small", "--out", "pictures")
    assert cli.main(["study", "delete", "small"]) == 2
    assert "--yes" in capsys.readouterr().err
    assert "deleting" in quantray("delete", "small", "--yes")
    assert cli.main(["study", "show", "small"]) == 2


def test_a_wrong_place_is_a_user_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["study", "list", "--where", "nowhere"]) == 2
    assert capsys.readouterr().err.startswith("error: nowhere does not exist")
