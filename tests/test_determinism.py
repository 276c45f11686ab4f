"""The same trials table, byte for byte: 1, 2 and 4 workers, threads and Ray, restarted or not; its hash everywhere."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import time
from collections.abc import Iterator

import pytest

from tests.builders.clusters import cluster
from tests.builders.desks import SMALL, Desk
from tests.builders.kills import SEARCHES

pytestmark = pytest.mark.slow


def hashes(desk: Desk, run: str) -> set[str]:
    """What the file, the summary, the report and ``quantray study show`` say."""
    folder = desk.folder / run
    shown = desk.here("quantray", "study", "show", "--where", run)
    page = (folder / "report.html").read_text()
    found = {hashlib.sha256((folder / "trials.parquet").read_bytes()).hexdigest()}
    found.add(json.loads((folder / "summary.json").read_text())["table_sha256"])
    found.update(re.findall(r"SHA-256</span><code>([0-9a-f]{64})</code>", page))
    found.update(re.findall(r"\b[0-9a-f]{64}\b", shown))
    assert page.count("trials.parquet, SHA-256") == shown.count("trials.parquet, SHA-256") == 1
    return found


def survivors(desk: Desk, run: str) -> str:
    return hashlib.sha256((desk.folder / run / "survivors.parquet").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def ray_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, str]]:
    """A desk, and the address of two nodes of a core each that count their calls there."""
    desk = Desk(tmp_path_factory.mktemp("determinism") / "desk", pause=0.002)
    with cluster(desk, 2) as made:
        yield desk, f"runner.address={made.address}"
        import ray

        ray.shutdown()  # before its cluster goes: Ray ends a process whose cluster is away


@pytest.mark.parametrize("search", SEARCHES)
def test_workers_runners_and_restarts_change_no_byte(ray_desk: tuple[Desk, str], search: str) -> None:
    desk, address = ray_desk
    plain = ["quantray.run", *SMALL, *SEARCHES[search], "search.in_flight=4"]
    found = set()
    for workers in (1, 2, 4):
        run = f"{search}/local{workers}"
        desk.here(*plain, "runner=local", f"runner.workers={workers}", f"run_dir={run}")
        found |= hashes(desk, run)
    for workers in (1, 2):
        run = f"{search}/ray{workers}"
        desk.here(*plain, "runner=ray", address, f"runner.workers={workers}", f"run_dir={run}")
        found |= hashes(desk, run)
    process = desk.start(*plain, "runner=ray", address, "runner.workers=2", f"run_dir={search}/restarted")
    deadline = time.monotonic() + 120
    before = desk.calls.total()
    while desk.calls.total() < before + 100 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    desk.here(*plain, "runner=local", "runner.workers=4", f"run_dir={search}/restarted")
    found |= hashes(desk, f"{search}/restarted")
    assert len(found) == 1
    runs = [*(f"local{n}" for n in (1, 2, 4)), *(f"ray{n}" for n in (1, 2)), "restarted"]
    assert len({survivors(desk, f"{search}/{run}") for run in runs}) == 1
