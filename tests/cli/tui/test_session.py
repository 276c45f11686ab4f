"""``--tui`` where it cannot be had: what to install, what to leave out, and lines where there is no terminal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from quantray.cli import command as cli
from quantray.cli.tui import session
from tests.builders.finished_runs import hostile_market

RUN = ["--duckdb", "market.duckdb", "--horizon", "1h", "--runner", "local", "--out-dir", "out", "data.cache=cache"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    hostile_market(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("missing", ["textual", "textual_plotext"])
@pytest.mark.parametrize("verb", [["baseline"], ["v1-baseline"], ["caller-policies"], ["open"]], ids=" ".join)
def test_without_the_extra_it_says_what_to_install(
    verb: list[str], missing: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(session, "find_spec", lambda name: None if name == missing else object())
    given = ["out"] if verb == ["open"] else ["--tui", "--duckdb", "market.duckdb", "--out-dir", "out"]
    assert cli.main([*verb, *given]) == 2
    out, err = capsys.readouterr()
    asked = "quantray open" if verb == ["open"] else "--tui"
    package = missing.replace("_", "-")
    assert err == f"error: {asked} needs {package}, which is not installed; pip install 'quantray[tui]'\n"
    assert out == ""
    assert os.listdir(folder) == ["market.duckdb"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["run", "--tui", "+experiment=options_sweep"], "--tui is for experiments about callers, and this is a sweep"),
        (["run", "--tui", "-m", "+experiment=alert_baseline", "seed=1,2"], "--multirun asks for several"),
        (["baseline", "--tui", "--chain", "solan"], "no chain"),
        (["baseline", "--tuii"], "did you mean '--tui'?"),
        (["baseline", "--tui=yes"], "takes no value"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused(
    given: list[str], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if "--chain" in given:
        given, said = [*given, *RUN], "chain"
    assert cli.main(given) == 2
    assert said in capsys.readouterr().err
    assert set(os.listdir(folder)) <= {"market.duckdb", "cache"}


@pytest.mark.slow
def test_without_a_terminal_there_are_the_lines_of_a_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["baseline", "--tui", *RUN]) == 0
    with_flag = capsys.readouterr()
    assert "first touch" in with_flag.err
    assert "60 of 60 calls measured" in with_flag.out
    assert "\x1b" not in with_flag.out + with_flag.err
    assert cli.main(["baseline", *RUN, "fresh=true"]) == 0
    without = capsys.readouterr().out.splitlines()
    assert [line for line in without if "measured, in" not in line] == [
        line for line in with_flag.out.splitlines() if "measured, in" not in line
    ]
