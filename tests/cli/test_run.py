"""The command line: exit codes, one sentence for an error, nothing written by a refused request."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from quantray.cli import command as cli
from quantray.cli import run
from quantray.sweeps.report.live import DOING
from tests.builders.sweep_plans import SMALL


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def process(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *args], capture_output=True, text=True, cwd=cwd, check=False)


@pytest.mark.parametrize("main", [run.main, lambda args: cli.main(["run", *args])], ids=["quantray.run", "quantray"])
def test_help_lists_groups_and_exit_codes(main: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    said = capsys.readouterr().out
    assert "+experiment=options_sweep" in said
    assert "search=exhaustive|qmc|random|rustuna|tpe" in said
    assert "130 interrupted" in said


@pytest.mark.slow
def test_cfg_job_prints_the_resolved_configuration(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run.main(["+experiment=options_sweep", "seed=3", "--cfg", "job"]) == 0
    from omegaconf import OmegaConf

    cfg = OmegaConf.create(capsys.readouterr().out)
    assert (cfg.seed, cfg.search.kind, cfg.runner.kind) == (3, "tpe", "ray")
    assert cfg.study.name == "options_sweep-seed_3"
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_cfg_job_of_a_multirun_prints_every_job(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["-m", "seed=1,2", "--cfg", "job"]) == 0
    assert capsys.readouterr().out.count("objective:") == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "args",
    [
        ["serch.n_trials=3"],
        ["search.n_trial=3"],
        ["--cfg", "job", "search.n_trial=3"],
        ["-m", "search.n_trials=1,none"],
        ["data=parquet", "data.underlying=missing.parquet", "data.options=missing.parquet"],
        ["data.synthetic.sessions=2"],
        ["run_dir=file/inside"],
    ],
    ids=" ".join,
)
def test_a_refused_request_is_one_sentence_and_writes_nothing(
    args: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("not a directory")
    assert run.main(args) == 2
    out, err = capsys.readouterr()
    refused = [line for line in err.splitlines() if not line.endswith(("preparing", DOING["data"]))]
    assert out == ""
    assert len(refused) == 1
    assert refused[0].startswith("error: ")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_unknown_option_is_a_user_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--mutirun"]) == 2
    assert capsys.readouterr().err == "error: unknown flag '--mutirun'; did you mean '--multirun'?\n"


@pytest.mark.slow
def test_a_small_sweep_ends_with_its_files(tmp_path: Path) -> None:
    done = process("quantray", "run", *SMALL, "study.name=small", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "outputs" / "small"
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["study"], summary["n_completed"], summary["n_failed"]) == ("small", 4, 0)
    assert {"report.html", "trials.parquet", "top_trials.csv", "history.png", "ledger.db"} <= set(os.listdir(folder))
    assert [path.name for path in tmp_path.iterdir()] == ["outputs"], "nothing else is left in the working directory"
    assert "outputs/small/report.html" in done.stdout


@pytest.mark.slow
def test_a_multirun_goes_on_after_a_job_that_cannot_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main([*SMALL, "-m", "oos.fraction=0.5,0", "run_dir=runs"]) == 2
    assert "job 2 of 2" in capsys.readouterr().err
    assert (tmp_path / "runs" / "overview.html").is_file()
    (report,) = (tmp_path / "runs").glob("*/report.html")  # the job that could not run left nothing
    assert str(report.parent.name) in (tmp_path / "runs" / "overview.html").read_text()


def interrupted(args: Sequence[str], cwd: Path) -> tuple[int, str]:
    """Exit code and messages of a run that gets Ctrl-C once its ledger has trials."""
    command = [sys.executable, "-m", "quantray.run", *args]
    ours = subprocess.Popen(command, cwd=cwd, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    ledger = cwd / "outputs" / "stopped" / "ledger.db"
    until = time.monotonic() + 120
    while time.monotonic() < until and ours.poll() is None and not stored(ledger):
        time.sleep(0.1)
    ours.send_signal(signal.SIGINT)
    _, said = ours.communicate(timeout=120)
    return ours.returncode, said


def stored(ledger: Path) -> int:
    from quantray.errors import LedgerError
    from quantray.sweeps.report.studies.stored import show_study

    try:
        return show_study(ledger).counts.attempts if ledger.exists() else 0
    except LedgerError:
        return 0  # not created yet


@pytest.mark.slow
@pytest.mark.parametrize("runner", ["local", "ray"])
def test_ctrl_c_says_how_to_go_on(runner: str, tmp_path: Path) -> None:
    args = [*SMALL, "space.strikes_depth=[1,2]", "study.name=stopped", "search.n_trials=100000", f"runner={runner}"]
    code, said = interrupted([*args, "runner.workers=1"], tmp_path)
    assert code == 130, said
    assert "Traceback" not in said
    assert "go on with: python -m quantray.run" in said
    before = stored(tmp_path / "outputs" / "stopped" / "ledger.db")
    assert before > 0
    again = [*args[:-2], f"search.n_trials={before + 4}", "runner=local"]
    assert process("quantray.run", *again, cwd=tmp_path).returncode == 0
    summary = json.loads((tmp_path / "outputs" / "stopped" / "summary.json").read_text())
    assert summary["n_completed"] >= before
