"""Ray workers and nodes that die, come and go, or have other code: the same table, or a sentence about the node."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders.clusters import at_work, cluster, node, other_code, other_package, workers
from tests.builders.desks import ROOT, SMALL, Desk
from tests.builders.kills import SEARCHES

pytestmark = pytest.mark.slow


def command(search: str, run: str, *more: str) -> list[str]:
    return ["quantray.run", *SMALL, *SEARCHES[search], "search.in_flight=3", f"run_dir={run}", *more]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "desk", pause=0.01)


@pytest.mark.parametrize("search", ["tpe", "exhaustive"])
def test_a_worker_that_is_killed_is_replaced_and_counted(desk: Desk, search: str) -> None:
    desk.here(*command(search, "whole", "runner=local"))
    whole = desk.calls
    desk.log.unlink()
    process = desk.start(*command(search, "out", "runner=ray", "runner.workers=2"))
    at_work(desk, process, 60)
    seen = desk.log.stat().st_size
    while desk.log.stat().st_size == seen:  # until one begins a candidate: between two batches nothing would be lost
        time.sleep(0.001)
    os.kill(workers(desk)[-1], signal.SIGKILL)
    _, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    again = desk.calls - whole
    assert again
    assert desk.table("out") == desk.table("whole")
    digests = [t.digest for t in desk.trials("out")]
    assert len(set(digests)) == len(digests)
    if search == "tpe":  # a table's ranges are Ray's own tasks, which it gives to another worker without a word
        reported = json.loads((desk.folder / "out" / "summary.json").read_text())["repeated"]
        assert reported["driver"] == 0
        assert len(again) <= reported["worker"] <= 16


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Any]]:
    """A cluster of three nodes, and the desk whose calls they count; a test leaves as many as it found."""
    desk = Desk(tmp_path_factory.mktemp("nodes") / "desk", pause=0.01)
    with cluster(desk, 3) as made:
        yield desk, made


@pytest.mark.parametrize("search", ["random", "exhaustive"])
def test_three_nodes_one_removed_and_one_added(nodes: tuple[Desk, Any], search: str) -> None:
    desk, made = nodes
    desk.log.unlink(missing_ok=True)
    desk.here(*command(search, f"{search}/whole", "runner=local"))
    whole = desk.calls
    desk.log.unlink()
    process = desk.start(*command(search, f"{search}/out", "runner=ray", f"runner.address={made.address}"))
    at_work(desk, process, 60)
    before = set(workers(desk))
    made.remove_node(next(iter(made.worker_nodes)), allow_graceful=False)
    made.add_node(**node(desk))
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert set(workers(desk)) - before
    assert desk.table(f"{search}/out") == desk.table(f"{search}/whole")
    assert set(desk.calls) == set(whole)
    digests = [t.digest for t in desk.trials(f"{search}/out")]
    assert len(set(digests)) == len(digests)


def test_a_node_with_another_package_or_code_is_named_before_it_works(nodes: tuple[Desk, Any], tmp_path: Path) -> None:
    desk, made = nodes
    desk.log.unlink(missing_ok=True)
    numba = f"{other_package(tmp_path / 'packages', 'numba', '0.1.0')}{os.pathsep}{ROOT}"
    code = str(other_code(tmp_path / "code"))
    for path, what in ((numba, r"numba 0.1.0 instead of"), (code, r"quantray's code")):
        other = made.add_node(**node(desk, PYTHONPATH=path))
        said = desk.run(*command("random", "other", "runner=ray", f"runner.address={made.address}"), code=2)
        made.remove_node(other)
        assert "has other code or packages than the driver" in said
        assert what in said
        assert "error: node " in said
        assert not desk.calls
