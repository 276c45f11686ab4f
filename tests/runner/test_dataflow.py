"""Rows in order on threads and on actors of Ray: errors in their place, few ahead, through killed workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from quantray.errors import DataError
from quantray.runner.dataflow import flow
from quantray.settings import Runner
from tests.builders.rays import own_ray

ROOT = Path(__file__).parents[2]
LOCAL, RAY = Runner("local", 2), Runner("ray", 2)


def squarer(pause: float = 0.01) -> Callable[[int], int]:
    def square(row: int) -> int:
        time.sleep(pause * (row % 3))
        return row * row

    return square


def failing() -> Callable[[int], int]:
    def work(row: int) -> int:
        if row == 3:
            raise DataError("row three is wrong; mend it")
        return row

    return work


def unable() -> Callable[[int], int]:
    raise DataError("this node sees nothing; share the folder")


def once_killed(folder: Path) -> Callable[[int], int]:
    """The worker that gets row 2 first is killed in the middle of it."""

    def work(row: int) -> int:
        if row == 2 and not (folder / "killed").exists():
            (folder / "killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return row

    return work


def counting(folder: Path) -> Callable[[int], int]:
    """Counts in ``folder`` how often it was made and which rows it began."""
    (folder / f"made-{os.getpid()}-{time.monotonic_ns()}").touch()

    def work(row: int) -> int:
        (folder / f"row-{row}").touch()
        return row

    return work


@pytest.fixture(scope="module")
def _ray() -> Iterator[None]:
    with own_ray():
        yield


@pytest.mark.parametrize("workers", [1, 2, 4, None])
def test_threads_give_results_in_the_order_of_the_rows(workers: int | None) -> None:
    assert list(flow(Runner("local", workers), range(20), squarer, name="squares")) == [(i, i * i) for i in range(20)]


def test_no_rows_need_no_worker() -> None:
    assert list(flow(RAY, [], unable, name="nothing")) == []


def test_threads_need_no_ray(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom quantray.settings import Runner\nfrom quantray.runner.dataflow import flow\n"
        "list(flow(Runner('local', 2), [1, 2], lambda: abs, name='x'))\nassert 'ray' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.slow
def test_threads_share_one_worker_and_stay_close_to_the_reader(tmp_path: Path) -> None:
    results = flow(LOCAL, range(100), partial(counting, tmp_path), name="rows")
    next(results)
    time.sleep(0.3)
    assert len(list(tmp_path.glob("row-*"))) <= 4
    assert len(list(tmp_path.glob("made-*"))) == 1
    results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("runner", [LOCAL, pytest.param(RAY, marks=[pytest.mark.slow])], ids=["local", "ray"])
def test_an_error_is_raised_in_its_place(runner: Runner, request: pytest.FixtureRequest) -> None:
    if runner is RAY:
        request.getfixturevalue("_ray")
    results = flow(runner, range(9), failing, name="rows")
    assert [next(results) for _ in range(3)] == [(0, 0), (1, 1), (2, 2)]
    with pytest.raises(DataError, match="row three is wrong"):
        next(results)


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
def test_actors_give_results_in_the_order_of_the_rows() -> None:
    for runner in (Runner("ray", 1), RAY):
        assert list(flow(runner, range(20), squarer, name="squares")) == [(i, i * i) for i in range(20)]


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
def test_a_worker_that_cannot_begin_says_why() -> None:
    with pytest.raises(DataError, match="this node sees nothing"):
        list(flow(RAY, range(4), unable, name="rows"))


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
def test_the_rows_of_a_killed_worker_are_done_again(tmp_path: Path) -> None:
    found = list(flow(RAY, range(6), partial(once_killed, tmp_path), name="rows"))
    assert (tmp_path / "killed").exists()
    assert found == [(i, i) for i in range(6)]


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
def test_nothing_is_said_and_the_users_context_is_left_alone(capfd: pytest.CaptureFixture[str]) -> None:
    import ray

    before = ray.data.DataContext.get_current().execution_options.preserve_order
    list(flow(RAY, range(2), squarer, name="squares"))
    assert ray.data.DataContext.get_current().execution_options.preserve_order == before
    out, err = capfd.readouterr()
    assert out == ""
    assert "Starting execution" not in err


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["local", "ray"])
def test_ctrl_c_ends_it_at_once(kind: str) -> None:
    """In a process of its own, while every worker is in the middle of a long row."""
    code = (
        "from functools import partial\nfrom quantray.settings import Runner\n"
        "from quantray.runner.dataflow import flow\n"
        "from tests.runner.test_dataflow import squarer\n"
        f"rows = flow(Runner({kind!r}, 2), [0, 3, 1, 2, 4], partial(squarer, 60), name='rows')\n"
        "try:\n    for row in rows: print(row, flush=True)\nexcept KeyboardInterrupt: print('stopped', flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "(0, 0)\n"
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert "stopped\n" in out
    assert "(1, 1)" not in out
    assert process.returncode == 0
