"""Killed at any point, a run goes on where it was: nothing that was noted is done again, and the bytes are the same."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from quantray.errors import LedgerError
from quantray.settings import OutOfSample
from tests.builders.call_plans import bytes_of, finished, market, shown

ROOT = Path(__file__).parents[3]
AHEAD = 3  # rows that two threads may have begun and nobody noted


def start(folder: Path, log: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.builders.killed", str(folder), str(log), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def lines(log: Path) -> Counter[str]:
    return Counter(log.read_text().splitlines()) if log.exists() else Counter()


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], Counter[str]]:
    """Files and work of a run that nobody stopped."""
    folder = tmp_path_factory.mktemp("straight")
    done = start(folder, folder / "log")
    assert done.returncode == 0, done.stderr
    return bytes_of(folder / "run"), lines(folder / "log")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stage", "row"),
    [("first touch", 0), ("first touch", 2), ("scores", 1), ("scores", 5), ("ranking", 1), ("winners", 2)],
)
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(
    tmp_path: Path, straight: tuple[dict[str, str], Counter[str]], stage: str, row: int
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    killed = start(tmp_path, first, stage, row)
    assert killed.returncode == -signal.SIGKILL
    assert killed.stdout.splitlines()[-1] == f"{stage} {row}"
    done = start(tmp_path, second)
    assert done.returncode == 0, done.stderr
    expected, work = straight
    assert bytes_of(tmp_path / "run") == expected
    again = lines(first) & lines(second)
    assert again.total() <= AHEAD
    assert set(lines(first)) | set(lines(second)) == set(work)
    assert max(lines(second).values(), default=1) == 1


@pytest.mark.slow
def test_ctrl_c_says_how_far_it_came(tmp_path: Path, straight: tuple[dict[str, str], Counter[str]]) -> None:
    stopped = start(tmp_path, tmp_path / "log", "scores", 3, int(signal.SIGINT))
    assert stopped.returncode == 130, stopped.stderr
    assert "stopped in scores after 3 of" in stopped.stdout
    assert "the same command goes on there" in stopped.stdout
    assert "Traceback" not in stopped.stderr
    assert start(tmp_path, tmp_path / "log2").returncode == 0
    assert bytes_of(tmp_path / "run") == straight[0]


@pytest.mark.slow
def test_a_file_that_was_cut_is_made_again(tmp_path: Path) -> None:
    data = market(tmp_path)
    first = finished(data, tmp_path / "run")
    before = bytes_of(tmp_path / "run")
    pieces = tmp_path / "run" / ".quantray"
    cut = next(pieces.glob("*/*/scores/units/*.npy"))
    cut.write_bytes(cut.read_bytes()[:100])
    shutil.rmtree(next(pieces.glob("*/*/tables/*/bucket-00000")))
    second = finished(data, tmp_path / "run")
    assert second.reused > 0
    assert bytes_of(tmp_path / "run") == before
    assert shown(second) == shown(first)


@pytest.mark.slow
def test_another_plan_of_the_same_study_is_refused_and_named(tmp_path: Path) -> None:
    data = market(tmp_path)
    finished(data, tmp_path / "run")
    with pytest.raises(LedgerError, match=r"oos\.fraction: 0\.3 -> 0\.5"):
        finished(data, tmp_path / "run", oos=OutOfSample(0.5))
    with pytest.raises(LedgerError, match=r"data\.print_filter: \"report\" -> \"clip\""):
        finished(replace(data, print_filter="clip"), tmp_path / "run")


@pytest.mark.slow
def test_a_fresh_start_leaves_nothing_of_the_plan_before(tmp_path: Path) -> None:
    data = market(tmp_path)
    finished(data, tmp_path / "run", mode="both", filter_collapsed=True)
    files = set(bytes_of(tmp_path / "run"))
    again = finished(data, tmp_path / "run", fresh=True, oos=OutOfSample(0.5))
    assert again.reused == 0
    assert set(bytes_of(tmp_path / "run")) < files
    assert len({path.parts[-3] for path in (tmp_path / "run" / ".quantray").glob("*/*/scores/*")}) == 1
