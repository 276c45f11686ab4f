"""``quantray open`` without a terminal: callers as lines; what is no finished run is a sentence and exit 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.cli import command as cli
from tests.builders.finished_runs import NAMES, hostile_baseline


@pytest.mark.slow
def test_callers_are_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_dir = hostile_baseline(tmp_path).plan.run_dir
    before = sorted(path.name for path in run_dir.iterdir())
    assert cli.main(["open", str(run_dir)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[0] == "test"
    assert "60 of 60 calls measured" in lines[1]
    assert lines[4].split()[:4] == ["caller", "calls", "ath", "after"]
    assert len(lines) == 5 + len(NAMES)
    assert not {"\x1b", "\t", "\u202e"} & set(out)
    assert any(line.startswith("[red]bert[/red] ") for line in lines)
    assert sorted(path.name for path in run_dir.iterdir()) == before


def test_what_is_no_run_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for given, said in (
        (["open", str(tmp_path)], "holds no run"),
        (["open", str(tmp_path / "none")], "is not there"),
        (["open"], "quantray open needs RUN"),
        (["open", "a", "b"], "unexpected 'b'"),
        (["opn", "a"], "did you mean 'open'?"),
    ):
        assert cli.main(given) == 2
        err = capsys.readouterr().err
        assert said in err
        assert err.count("\n") == 1
