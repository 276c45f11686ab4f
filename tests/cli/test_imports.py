"""The command that imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.cli import command
from quantray.cli.imports import ranges
from tests.builders.imported import CSV, table


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.csv").write_text(CSV)


def test_columns_may_be_told_and_wrong_names_are_answered(capsys: pytest.CaptureFixture[str]) -> None:
    Path("k.csv").write_text("Kanal,Erfolg %\nA,50\n")
    assert command.main(["import-results", "k.csv", "--map", "caller=Kanal", "--map", "win_rate=Erfolg %"]) == 0
    ((caller, won),) = [(row["caller"], row["win_rate"]) for row in table()]
    assert (caller, won) == ("A", 0.5)
    capsys.readouterr()
    for told, answer in (
        ("callr=Kanal", "did you mean 'caller'"),
        ("caller=Kanl", "did you mean 'Kanal'"),
        ("x", "OURS"),
    ):
        assert command.main(["import-results", "k.csv", "--map", told]) == 2
        assert answer in capsys.readouterr().err


def test_ranges_of_rows() -> None:
    assert ranges([9, 3, 4, 5]) == "3-5, 9"
