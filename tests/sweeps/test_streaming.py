"""A table that does not fit in memory has the bytes of one that does: any limit, workers and ranges, killed or not."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import ray

from quantray.config.plans import load_plan
from quantray.errors import Interrupted
from quantray.runner import cluster
from quantray.runner.local_ray import _descendants
from quantray.sweeps import tables
from quantray.sweeps.data.stored import NamedSessions
from quantray.sweeps.grid import points, together
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.study import sweep
from tests.builders.rays import own_ray

pytestmark = pytest.mark.slow

TABLE = [
    "+experiment=options_table", "data.synthetic.sessions=8", "study.name=table", "mirror.enabled=false",
    "constraints.min_trades=3", "oos.fraction=0.3",
]  # fmt: skip
#: 23,040 points, in six ranges.
SPACE = ["space.entry_window=['9:30-15:45']", "space.stretch_threshold=[.001]", "space.strikes_depth=[1]"]
TIMES = {"seconds", "run_dir", "settings"}  # and what runs are told apart by here


def bytes_of(run: Path) -> dict[str, Any]:
    """Digests of what a run wrote, and its summary without its clock."""
    files = [*sorted((run / "surface").iterdir()), run / "survivors.parquet", run / "trials.parquet"]
    summary = json.loads((run / "summary.json").read_text())
    said = {key: value for key, value in summary.items() if key not in TIMES}
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files} | {"summary": said}


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"data.cache={tmp_path_factory.mktemp('market')}"


@pytest.fixture(scope="module")
def held(market: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the table in memory came to; ranges as short as a year's."""
    folder = tmp_path_factory.mktemp("held")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(points, "AMOUNTS", 6 * 4096)
        run(folder, market, "data.memory_gb=1000")
    return bytes_of(folder)


def run(folder: Path, *more: str) -> None:
    plan = load_plan(*TABLE, *SPACE, f"run_dir={folder}", *more)
    assert isinstance(plan, Plan)
    sweep(plan)


@pytest.mark.parametrize(("workers", "stretch"), [(1, 10_000), (3, 2**21)])
def test_on_disk_as_in_memory(
    held: dict[str, Any], market: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int, stretch: int
) -> None:
    monkeypatch.setattr(points, "AMOUNTS", 6 * 4096)
    monkeypatch.setattr(together, "POINTS", stretch)
    run(tmp_path, market, "data.memory_gb=0", f"runner.workers={workers}")
    assert bytes_of(tmp_path) == held
    assert held["summary"]["n_survivors"] is not None


def commanded(pid: int) -> bytes:
    """How the system names a process; nothing where it has ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


SAMPLED = ["search=random", "search.n_trials=6", "search.batch=2", "report.surface_max_points=0"]


def found_by(run: Path) -> bytes:
    return (run / "trials.parquet").read_bytes()


ON_RAY = ["data.memory_gb=0", "runner=ray", "runner.address=auto"]


def test_a_ray_gets_blocks_of_sessions_and_loses_workers_to_the_same_bytes(
    held: dict[str, Any], market: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(points, "AMOUNTS", 6 * 4096)
    monkeypatch.setattr(tables, "BLOCK", 2)
    shared: list[Any] = []
    share = cluster.share
    monkeypatch.setattr(cluster, "share", lambda data: shared.append(data) or share(data))
    with own_ray():
        for workers, stretch in [(1, 2**21), (2, 10_000)]:
            monkeypatch.setattr(together, "POINTS", stretch)
            run(tmp_path / f"{workers}", market, *ON_RAY, f"runner.workers={workers}")
            assert bytes_of(tmp_path / f"{workers}") == held
        prices = [data for data in shared if isinstance(data, Slice) and len(data)]
        assert shared
        assert not prices  # in what every worker can see
        for runner in ("local", "ray"):
            run(tmp_path / runner, market, *ON_RAY, *SAMPLED, f"runner={runner}")
        assert found_by(tmp_path / "ray") == found_by(tmp_path / "local")
        (there,) = cluster._shared.values()
        assert isinstance(ray.get(there).sessions, NamedSessions)
        evaluated = points._evaluated

        def kill() -> None:
            deadline = time.monotonic() + 60
            while not killed and time.monotonic() < deadline:
                killed.extend([pid for pid in _descendants(os.getpid()) if b"ray::_task" in commanded(pid)][:1])
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

        def interrupted(*arguments: Any) -> Iterator[Any]:
            beside = threading.Thread(target=kill)
            beside.start()
            for number, part in enumerate(evaluated(*arguments)):
                yield part
                if number == 2:
                    beside.join()
                    raise KeyboardInterrupt

        killed: list[int] = []
        monkeypatch.setattr(points, "_evaluated", interrupted)
        with pytest.raises(Interrupted):
            run(tmp_path / "again", market, *ON_RAY)
        monkeypatch.setattr(points, "_evaluated", evaluated)
        run(tmp_path / "again", market, *ON_RAY)
    assert killed
    found = bytes_of(tmp_path / "again")
    found["summary"].pop("repeated", None)
    assert found == {**held, "summary": {k: v for k, v in held["summary"].items() if k != "repeated"}}


PROGRAM = """
import sys
from quantray.sweeps.grid import points
points.AMOUNTS = 6 * 4096
from tests.sweeps.test_streaming import run
from pathlib import Path
run(Path(sys.argv[1]), *sys.argv[2:])
"""


def test_killed_at_any_moment_it_goes_on_to_the_same_bytes(held: dict[str, Any], market: str, tmp_path: Path) -> None:
    """While the market is stored, and while parts are."""
    own = [f"data.cache={tmp_path / 'cache'}", "data.memory_gb=0", "runner.workers=2"]
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "run"), *own]
    moments = {
        "the market": lambda: [*(tmp_path / "cache").glob("sessions/.unfinished*/*.session")],
        "some parts": lambda: len([*(tmp_path / "run").glob(".quantray/**/part-*.parquet")]) > 1,
    }
    for what, reached in moments.items():
        process = subprocess.Popen(command, cwd=Path(__file__).parents[2], env=dict(os.environ))
        deadline = time.monotonic() + 120
        while not reached() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        assert process.poll() is None, what
        process.send_signal(signal.SIGKILL)
        process.wait()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").glob(".quantray/**/part-*.parquet")}
    assert len(before) > 1
    subprocess.run(command, cwd=Path(__file__).parents[2], env=dict(os.environ), check=True)
    changed = [path for path, when in before.items() if path.stat().st_mtime_ns != when]
    assert len(changed) <= 1  # what was computed is kept; the last one may have been written and not noted
    found = bytes_of(tmp_path / "run")
    for told in (found["summary"], held["summary"]):
        told.pop("repeated", None)  # ranges that were in work when it was killed
    assert found == held
    assert not [*tmp_path.glob("cache/sessions/.unfinished*")]
    assert not [*tmp_path.glob("run/.quantray/**/.unfinished*")]
